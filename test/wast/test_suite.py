#!/usr/bin/env python3
"""The specification's suite, run by `stint wast`: compiled, and by the interpreter.

`make wast` shows what does not pass yet and why. Needs ../shared.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))
import suite
from testkit import SHARED, STINT, expect, main, skip, test

# By folder: directives there are (../shared/testsuite/count.py), and how many of them at least pass
# compiled and interpreted. Where these are all, nothing may fail; where they are not, operators are
# missing, and nothing that passes today may fail.
FOLDERS = {
    "core": (21232, 21232, 21217),
    "core/bulk-memory": (7485, 7485, 7483),
    "core/exceptions": (105, 105, 26),
    "core/gc": (784, 784, 147),
    "core/memory64": (8708, 8708, 8706),
    "core/multi-memory": (912, 912, 912),
    "core/relaxed-simd": (77, 77, 77),
    "core/simd": (25990, 25990, 25990),
    "custom": (28, 28, 28),
    "legacy/exceptions": (96, 96, 19),
    "proposals/custom-page-sizes": (207, 207, 207),
    "proposals/threads": (619, 619, 619),
    "proposals/wide-arithmetic": (109, 109, 109),
}


def judge(options, column):
    if not SHARED:
        skip("no ../shared")
    wrong = []
    for name, outcome in suite.run(STINT, FOLDERS, options, SHARED / "testsuite").items():
        there, least = FOLDERS[name][0], FOLDERS[name][column]
        judged = outcome.passed + outcome.failed + outcome.skipped
        if judged != there or outcome.passed < least:
            wrong += [f"{name}: {outcome.passed} of {judged} directives pass, expected at least "
                      f"{least} of {there}", *outcome.failures[:20]]
    expect(not wrong, "\n".join(wrong))


@test
def compiled():
    judge((), 1)


@test
def interpreted():
    judge(("-C", "compiler=interpreter"), 2)


main()
