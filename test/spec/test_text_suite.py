#!/usr/bin/env python3
"""The modules of the specification's scripts, read by the parser of the text format.

Those in text must parse, or be refused with the words of the script; what they become must be valid
or not as the script says. `stint-dev wat-suite` takes the scripts apart by itself. Needs the suite
in ../shared/testsuite.
"""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "wast"))
import suite
from testkit import BUILD, SHARED, expect, main, skip, test

SUITE = SHARED / "testsuite" if SHARED else None

# Modules in the 275 files of 2026-07-23; fewer would mean that some were not looked at.
MODULES = 7701


@test
def every_module_of_the_suite():
    if not SUITE:
        skip("no ../shared")
    by_features, judged = {}, 0
    for path in sorted(SUITE.rglob("*.wast")):
        by_features.setdefault(suite.features_off(path), []).append(str(path))
    for off, paths in by_features.items():
        options = [word for key in off for word in ("--off", key)]
        done = subprocess.run([BUILD / "stint-dev", "wat-suite", *options, *paths],
                              capture_output=True, text=True, errors="replace", check=False)
        expect(done.returncode == 0, done.stdout + done.stderr)
        judged += int(done.stdout.splitlines()[-1].split()[0])
    expect(judged >= MODULES, f"{judged} modules were judged, expected {MODULES}")


main()
