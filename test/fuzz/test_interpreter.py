"""Compiled code and the reference interpreter say the same: results, traps and where they are,
fuel, globals and memories. What compiled code does not have yet is refused by name, and counted."""

import sys
import tempfile

from testkit import BUILD, ROOT, expect, main, test

sys.path.insert(0, str(ROOT / "test" / "fuzz"))
import diff  # noqa: E402
import generate  # noqa: E402

LIB = BUILD / "libstint.so"
SEEDS = 20  # of each family


def agree(modules, seeds, options=diff.CLOSE_OPTIONS):
    findings, counts = diff.compare(diff.compiled_and_interpreted(LIB, options), modules, seeds)
    expect(findings == 0, f"{findings} modules differ")
    expect(counts["cut short"] == 0, f"{counts['cut short']} modules were not run to their end")
    return counts


@test
def the_generator_knows_the_operators():
    expect(len(generate.USABLE) > 300, f"only {len(generate.USABLE)} rows were understood")


def each_operator(blurs, options):
    with tempfile.TemporaryDirectory() as folder:
        counts = agree(diff.OperatorModules(folder, blurs), range(len(generate.USABLE)), options)
    expect(counts["ran"] >= 140, f"few operators were compared: {dict(counts)}")


@test
def each_operator_alone():
    each_operator(True, diff.COUNTING)


@test
def each_operator_alone_with_canonical_nans():
    each_operator(False, diff.CLOSE_OPTIONS)


@test
def generated_modules():
    with tempfile.TemporaryDirectory() as folder:
        counts = agree(diff.Modules(folder, None, False), range(SEEDS * len(diff.FAMILIES)))
    expect(counts["ran"] >= 2 * SEEDS, f"few modules were compared: {dict(counts)}")


main()
