"""Every example builds against an installed Stint and prints what its README.md says."""

import functools
import os
import re
import shutil
import tempfile
from pathlib import Path

from documents import installed, need_tools, run_steps, steps_of
from testkit import ROOT, expect, main, test

EXAMPLES = ROOT / "examples"
TOOLS = ("make", "pkg-config", "clang", "wasm-ld", "sqlite3")
# What somebody built in the tree is not what is tested.
SOURCES = {".c", ".h", ".py", ".wat", ".md", ".sql", ".txt", ""}


@functools.cache
def tree():
    """One installed tree for all examples: its folder, which goes at the end, and environment."""
    folder = tempfile.TemporaryDirectory(prefix="stint-test-")
    return folder, installed(folder.name)


def run_example(name):
    need_tools(*TOOLS)
    folder, env = tree()
    here = Path(folder.name) / name
    here.mkdir()
    for file in (EXAMPLES / name).iterdir():
        if file.suffix in SOURCES and not os.access(file, os.X_OK):
            shutil.copy(file, here)
    steps = steps_of((here / "README.md").read_text())
    expect(steps, f"{name}/README.md shows how it runs")
    difference = run_steps(steps, here, env)
    expect(not difference, f"{name}: {difference}")


def add(name):
    def run():
        run_example(name)
    run.__name__ = f"{name}_prints_what_it_says"
    test(run)


for readme in sorted(EXAMPLES.glob("*/README.md")):
    add(readme.parent.name)


@test
def the_list_is_whole():
    listed = re.findall(r"^\| \[(\w+)\]\(", (EXAMPLES / "README.md").read_text(), re.M)
    there = [path.name for path in sorted(EXAMPLES.iterdir()) if path.is_dir()]
    expect(sorted(listed) == there, f"listed: {listed}, there: {there}")


main()
