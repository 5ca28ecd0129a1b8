"""docs/embedding.md does not lie: its programs are taken out of it, built and run, section by
section, in the folder of one reader who begins at the top."""

import functools
import os
import re
import tempfile
import zipfile
from pathlib import Path

import wheel
from documents import File, installed, need_tools, run_steps, steps_of
from testkit import BUILD, ROOT, expect, main, skip, test

GUIDE = (ROOT / "docs/embedding.md").read_text()


def sections():
    """(title, text) of each section that has something to run."""
    parts = re.split(r"^## (.*)\n", GUIDE, flags=re.M)
    return [(title, text) for title, text in zip(parts[1::2], parts[2::2]) if "```" in text]


NEEDS = {"C++": ["c++"], "Go": ["go"], "WASI": ["clang", "wasm-ld"], "Installing and linking":
         ["cmake", "pkg-config"], "Python": ["clang", "wasm-ld"]}


@functools.cache
def reader():
    """A folder, which goes at the end, and an environment with Stint installed."""
    folder = tempfile.TemporaryDirectory(prefix="stint-test-")
    env = installed(folder.name)
    # Go keeps what it compiled of its library from run to run, and fetches nothing.
    env.update(GOCACHE=str(BUILD / "go-cache"), GOPROXY="off", GOTOOLCHAIN="local", GO111MODULE="")
    return folder, env


def offer_wheel(folder, env):
    """Lets pip find the wheel that is here already, instead of asking the network for it."""
    package = wheel.get(BUILD)
    if isinstance(package, str):
        skip(package)
    offers = Path(folder) / "offers"
    offers.mkdir()
    name = f"wasmtime-{wheel.VERSION}-py3-none-manylinux1_x86_64.whl"
    with zipfile.ZipFile(offers / name, "w") as archive:
        for part in ("wasmtime", f"wasmtime-{wheel.VERSION}.dist-info"):
            for path in sorted((package / part).rglob("*")):
                if path.is_file() and path.suffix != ".pyc":
                    archive.write(path, path.relative_to(package))
    env.update(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(offers), PIP_DISABLE_PIP_VERSION_CHECK="1",
               PIP_ROOT_USER_ACTION="ignore")


def run_section(title, text):
    need_tools("cc", *NEEDS.get(title, []))
    folder, env = reader()
    if title == "Python":
        offer_wheel(folder.name, env)
    difference = run_steps(steps_of(text), folder.name, env)
    expect(not difference, difference)


def add(title, text):
    def run():
        run_section(title, text)
    run.__name__ = title.lower().replace(" ", "_")
    test(run)


for one in sections():
    add(*one)


@test
def programs_of_the_guide_fit_the_page():
    for step in steps_of(GUIDE):
        if isinstance(step, File):
            wide = [line for line in step.text.split("\n") if len(line) > 100]
            expect(not wide, f"{step.name}: {wide}")


main()
