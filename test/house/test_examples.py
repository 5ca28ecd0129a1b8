"""Every example builds against an installed Stint and prints what its README.md says."""

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


def run_example(name):
    need_tools(*TOOLS)
    with tempfile.TemporaryDirectory(prefix="stint-test-") as folder:
        here = Path(folder) / name
        here.mkdir()
        for file in (EXAMPLES / name).iterdir():
            if file.suffix in SOURCES and not os.access(file, os.X_OK):
                shutil.copy(file, here)
        steps = steps_of((here / "README.md").read_text())
        expect(steps, f"{name}/README.md shows how it runs")
        difference = run_steps(steps, here, installed(folder))
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
