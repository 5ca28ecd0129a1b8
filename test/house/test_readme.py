"""The README does not lie: its console blocks are typed into one shell and print what it says.

A line `$ command` goes on in lines `> more`. What follows is the output of both streams; `...`
stands for any text in a line, and a last line `[N]` for exit status N.
"""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field

from testkit import BUILD, ROOT, expect, main, skip, test


@dataclass
class Step:
    command: list
    want: list = field(default_factory=list)


def steps_of(text):
    steps = []
    for block in re.findall(r"^```console\n(.*?)^```", text, re.M | re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append(Step([line[2:]]))
            elif line.startswith("> ") or line == ">":
                steps[-1].command.append(line[2:])
            else:
                steps[-1].want.append(line)
    return steps


def fits(want, got):
    pattern = "\n".join(".*".join(map(re.escape, line.split("..."))) for line in want)
    return re.fullmatch(pattern, got) is not None


def run_steps(steps, folder):
    """What differs from the text, or nothing."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("STINT", "WASMTIME"))}
    top = os.path.join(folder, "installed")
    env.update(PATH=f"{BUILD}:{env['PATH']}", HOME=folder, PKG_CONFIG_PATH=f"{top}/lib/pkgconfig",
               LD_LIBRARY_PATH=f"{top}/lib")
    subprocess.run(["make", "-s", "install", f"BUILD={BUILD}", f"PREFIX={top}"], cwd=ROOT,
                   check=True)
    shutil.copy(ROOT / "examples/embed/embed.c", folder)
    for step in steps:
        script = "\n".join(step.command)
        done = subprocess.run(["bash", "-c", script], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        got = done.stdout.decode("utf-8", "replace")
        got = got + f"[{done.returncode}]" if done.returncode else got.removesuffix("\n")
        if not fits(step.want, got):
            want = "\n".join(step.want)
            return f"$ {script}\n-- want\n{want}\n-- got\n{got}"
    return ""


@test
def a_difference_is_noticed():
    expect(fits(["a...c", "d"], "abc\nd"), "dots")
    expect(not fits(["abc"], "abd"), "other text")
    expect(not fits(["abc"], "abc\nd"), "a line more")
    expect(not fits([], "abc"), "a line for nothing")


@test
def readme_examples_print_what_it_says():
    steps = steps_of((ROOT / "README.md").read_text())
    expect(len(steps) > 10, "there are examples")
    for tool in ("clang", "wasm-ld"):
        if not shutil.which(tool):
            skip(f"needs {tool}")
    with tempfile.TemporaryDirectory(prefix="stint-test-") as folder:
        difference = run_steps(steps, folder)
        expect(not difference, difference)


@test
def what_readme_names_exists():
    for page in ("README.md", "CONTRIBUTING.md", "SECURITY.md"):
        for name in re.findall(r"`([\w./-]+\.(?:md|h|c|py|r|def|sh))`", (ROOT / page).read_text()):
            if name.startswith("ROOM"):
                continue  # stands for any room
            places = [ROOT / name, ROOT / "include" / name, *ROOT.glob(f"rules/*/{name}")]
            expect(any(place.exists() for place in places), f"{page} names {name}")


main()
