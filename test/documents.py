"""Documents whose examples are run, so that they do not lie.

A block ```console is typed into one shell for each command, all in one folder, and prints what it
says. A line `$ command` goes on in lines `> more`. What follows is the output of both streams;
three dots stand for any text in a line, and a last line `[N]` for exit status N.

Any other block with a language begins with a comment that is the name of a file and nothing else;
the block is written to that file, whole. A block ```text is only read.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from testkit import BUILD, ROOT, Skip, output

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
ANY_TEXT = re.compile(r"(?<!\.)\.\.\.(?!\.)")
FILE_NAME = re.compile(r"(?://|/\*|#|;;) ([\w./-]+)(?: \*/)?\n")


@dataclass
class Step:
    command: list
    want: list = field(default_factory=list)

    def script(self):
        return "\n".join(self.command)


@dataclass
class File:
    name: str
    text: str


class Wrong(Exception):
    pass


def console_steps(block):
    steps = []
    for line in block.splitlines():
        if line.startswith("$ "):
            steps.append(Step([line[2:]]))
        elif line.startswith("> ") or line == ">":
            steps[-1].command.append(line[2:])
        else:
            steps[-1].want.append(line)
    return steps


def steps_of(text):
    """Steps and files of a document, in its order."""
    steps = []
    for language, block in BLOCK.findall(text):
        if language == "console":
            steps += console_steps(block)
        elif language != "text":
            named = FILE_NAME.match(block)
            if not named:
                raise Wrong(f"a block of {language} does not begin with a file's name:\n{block}")
            steps.append(File(named[1], block))
    return steps


def fits(want, got):
    pattern = "\n".join(".*".join(map(re.escape, ANY_TEXT.split(line))) for line in want)
    return re.fullmatch(pattern, got) is not None


def installed(folder, target="install"):
    """Installs below a folder; the environment in which that is found, as the guide sets it up."""
    top = Path(folder) / "installed"
    output("make", "-s", target, f"BUILD={BUILD}", f"PREFIX={top}", cwd=ROOT)
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("STINT", "WASMTIME", "MAKE")) and k != "MFLAGS"}
    env.update(PATH=f"{top}/bin:{env['PATH']}", HOME=str(folder),
               PKG_CONFIG_PATH=f"{top}/lib/pkgconfig", LD_LIBRARY_PATH=f"{top}/lib",
               CMAKE_PREFIX_PATH=str(top))
    return env


def run_steps(steps, folder, env):
    """Writes the files and types the commands in a folder; what differs from the text, or ""."""
    for step in steps:
        if isinstance(step, File):
            path = Path(folder) / step.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text)
            continue
        done = subprocess.run(["bash", "-c", step.script()], cwd=folder, env=env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=300)
        got = done.stdout.decode("utf-8", "replace")
        got = got + f"[{done.returncode}]" if done.returncode else got.removesuffix("\n")
        if not fits(step.want, got):
            want = "\n".join(step.want)
            return f"$ {step.script()}\n-- want\n{want}\n-- got\n{got}"
    return ""


def need_tools(*tools):
    for tool in tools:
        if not shutil.which(tool):
            raise Skip(f"needs {tool}")
