"""The README does not lie: its console blocks print what it says (test/documents.py)."""

import re
import shutil
import tempfile

from documents import File, Step, Wrong, fits, installed, need_tools, run_steps, steps_of
from testkit import ROOT, expect, main, test


@test
def a_difference_is_noticed():
    expect(fits(["a...c", "d"], "abc\nd"), "dots")
    expect(not fits(["abc"], "abd"), "other text")
    expect(not fits(["....."], "a"), "more than three dots are dots")
    expect(not fits(["abc"], "abc\nd"), "a line more")
    expect(not fits([], "abc"), "a line for nothing")


@test
def a_document_is_taken_apart():
    steps = steps_of("```console\n$ a\n> b\nc\n```\n"
                     "```c\n/* x.c */\nint x;\n```\n```text\nno\n```\n")
    expect(steps == [Step(["a", "b"], ["c"]), File("x.c", "/* x.c */\nint x;\n")], steps)
    try:
        steps_of("```c\nint nameless;\n```\n")
    except Wrong:
        return
    expect(False, "a block that would not be tried is wrong")


@test
def readme_examples_print_what_it_says():
    steps = steps_of((ROOT / "README.md").read_text())
    expect(len(steps) > 10, "there are examples")
    need_tools("clang", "wasm-ld")
    with tempfile.TemporaryDirectory(prefix="stint-test-") as folder:
        shutil.copy(ROOT / "examples/embed/embed.c", folder)
        difference = run_steps(steps, folder, installed(folder))
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
