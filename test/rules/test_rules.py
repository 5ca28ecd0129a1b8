#!/usr/bin/env python3
"""Runs both sides of every rule (tools/rulecheck.py), and the wrong rules that it must catch."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
COUNTS = re.compile(r"(\d+) passed, (\d+) failed$")


def run(*arguments):
    """(passed, failed); prints what failed."""
    command = [sys.executable, "-B", str(ROOT / "tools" / "rulecheck.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    lines = done.stdout.strip().split("\n")
    counts = COUNTS.match(lines[-1])
    if not counts:
        print(f"rulecheck.py {' '.join(arguments)}: {done.stderr.strip()[-400:]}")
        return 0, 1
    if done.returncode:
        print("\n".join(lines[:-1]))
    return int(counts[1]), int(counts[2])


def main():
    results = [run(), run("--wrong", str(ROOT / "test" / "rules" / "wrong.r")), run("--c")]
    passed, failed = (sum(column) for column in zip(*results))
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
