#!/usr/bin/env python3
"""Vectors on CPUs of several ages: the suite's folders and a script of our own, with the
instructions that each has. test_suite.py runs the suite as this CPU has them."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))
import suite
from testkit import SHARED, STINT, expect, main, skip, test

# SSE2 alone; with byte shuffles; all legacy forms; VEX forms; and those up to AVX2.
CPUS = ("none", "sse3+ssse3", "sse3+ssse3+sse4.1+sse4.2", "sse3+ssse3+sse4.1+sse4.2+avx",
        "baseline")


def wast(*options):
    return subprocess.run([STINT, "wast", *options, HERE / "vectors.wast"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def knows(cpu):
    """Only what this CPU has can be asked for."""
    return "features of this CPU" not in wast("-C", f"cpu={cpu}").stdout


@test
def values_go_where_they_should():
    for cpu in filter(knows, CPUS + ("host",)):
        for others in ((), ("-O", "opt-level=0,explicit-bounds"), ("-O", "gs=y"),
                       ("-O", "signals-based-traps=n")):
            done = wast("-C", f"cpu={cpu}", *others)
            expect(done.returncode == 0, f"{cpu} {others}:\n{done.stdout}")


@test
def the_suite_on_older_cpus():
    if not SHARED:
        skip("no ../shared")
    for cpu in filter(knows, CPUS):
        outcomes = suite.run(STINT, ("core/simd", "core/relaxed-simd"), ("-C", f"cpu={cpu}"),
                             SHARED / "testsuite")
        for folder, outcome in outcomes.items():
            expect(outcome.passed and not outcome.failed and not outcome.skipped,
                   f"{cpu}, {folder}:\n" + "\n".join(outcome.failures[:20]))


main()
