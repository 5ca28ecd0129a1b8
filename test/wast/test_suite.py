#!/usr/bin/env python3
"""The specification's suite, run by `stint wast` in every mode: compiled and interpreted.

Every directive of every script passes. Needs ../shared.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))
import suite
from testkit import SHARED, STINT, expect, main, skip, test

# Directives by folder, as ../shared/testsuite/count.py counts them.
FOLDERS = {
    "core": 21232,
    "core/bulk-memory": 7485,
    "core/exceptions": 105,
    "core/gc": 784,
    "core/memory64": 8708,
    "core/multi-memory": 912,
    "core/relaxed-simd": 77,
    "core/simd": 25990,
    "custom": 28,
    "legacy/exceptions": 96,
    "proposals/custom-page-sizes": 207,
    "proposals/threads": 619,
    "proposals/wide-arithmetic": 109,
}


def run(*options):
    if not SHARED:
        skip("no ../shared")
    wrong = []
    outcomes = suite.run(STINT, (), options, SHARED / "testsuite")
    expect(outcomes.keys() == FOLDERS.keys(), f"the suite has folders {list(outcomes)}")
    for name, outcome in outcomes.items():
        if outcome.passed != FOLDERS[name] or outcome.failed or outcome.skipped:
            wrong += [f"{name}: {outcome.passed} passed, {outcome.failed} failed, "
                      f"{outcome.skipped} skipped of {FOLDERS[name]}", *outcome.failures[:20]]
    expect(not wrong, "\n".join(wrong))


@test
def compiled():
    run()


@test
def compiled_without_effort():
    run("-O", "opt-level=0")


@test
def compiled_with_little_effort():
    run("-O", "opt-level=1")


@test
def compiled_for_gs():
    if "fsgsbase" not in Path("/proc/cpuinfo").read_text():
        skip("this CPU or kernel has no FSGSBASE")
    run("-O", "gs=y")


@test
def compiled_with_explicit_bounds():
    run("-O", "explicit-bounds=y")


@test
def compiled_without_signals():
    run("-O", "signals-based-traps=n")


@test
def compiled_without_avx_512():
    run("-C", "cpu=baseline")


@test
def compiled_without_avx():
    run("-C", "cpu=sse3+ssse3+sse4.1+sse4.2+popcnt")


@test
def compiled_for_the_oldest_cpu():
    run("-C", "cpu=none")


@test
def compiled_and_collected_at_every_allocation():
    run("-D", "gc-stress=y")


@test
def interpreted():
    run("-C", "compiler=interpreter")


main()
