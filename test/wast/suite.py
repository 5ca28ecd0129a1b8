#!/usr/bin/env python3
"""Runs the specification's suite (../shared/testsuite) and prints a table by folder.

usage: suite.py [--stint PATH] [--failures N] [FOLDER...]

A FOLDER is relative to the suite and means the scripts right in it; without one, all are run. With
--failures the first N failures of each script are shown. Exits with 1 if a directive failed.
"""

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUITE = HERE.parent.parent.parent / "shared/testsuite"
OPTIONS = HERE / "options"
LIMIT_SECONDS = 500


@dataclass
class Outcome:
    """Of one script or of several."""
    files: int = 0
    complete: int = 0  # files in which everything passed
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list = field(default_factory=list)

    def add(self, other):
        for name in ("files", "complete", "passed", "failed", "skipped", "failures"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def features_off(path):
    """What the table of options switches off for a script, as a tuple of features."""
    off = []
    for line in OPTIONS.read_text().splitlines():
        glob, *options = line.partition("#")[0].split() or [""]
        if glob and path.match(glob):
            off += [key.removesuffix("=n") for word in options if not word.startswith("-")
                    for key in word.split(",") if key.endswith("=n")]
    return tuple(off)


def run_script(stint, path, options=()):
    """Runs one script in a process of its own."""
    done = subprocess.run([stint, "wast", "--options", OPTIONS, *options, path], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT_SECONDS)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    try:
        passed, failed, skipped = (int(part.split()[0]) for part in lines[-1].split(","))
    except (IndexError, ValueError):
        lines.append(f"{path}: exit status {done.returncode} without a count")
        passed, failed, skipped = 0, 1, 0
    return Outcome(1, done.returncode == 0, passed, failed, skipped, lines[:-1])


def scripts(folders=(), suite=SUITE):
    """Folders by their names, each with its scripts."""
    found = {}
    for path in sorted(suite.rglob("*.wast")):
        name = str(path.parent.relative_to(suite))
        if not folders or name in folders:
            found.setdefault(name, []).append(path)
    return found


def run(stint, folders=(), options=(), suite=SUITE):
    """Outcomes by folder."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {name: [pool.submit(run_script, stint, path, options) for path in paths]
                for name, paths in scripts(folders, suite).items()}
        sums = {name: Outcome() for name in jobs}
        for name, futures in jobs.items():
            for future in futures:
                sums[name].add(future.result())
    return sums


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stint", default="build/stint")
    parser.add_argument("--failures", type=int, default=0)
    parser.add_argument("folders", nargs="*")
    args = parser.parse_args()
    if not SUITE.is_dir():
        sys.exit(f"suite.py: the suite is not at {SUITE}")
    total = Outcome()
    print(f"{'folder':30} {'files':>6} {'whole':>6} {'passed':>7} {'failed':>7} {'skipped':>8}")
    for name, outcome in [*run(args.stint, args.folders).items(), ("all", total)]:
        print(f"{name:30} {outcome.files:6} {outcome.complete:6} {outcome.passed:7} "
              f"{outcome.failed:7} {outcome.skipped:8}")
        if outcome is not total:
            total.add(outcome)
            for line in outcome.failures[:args.failures]:
                print("   ", line)
    sys.exit(1 if total.failed or total.skipped or not total.files else 0)


if __name__ == "__main__":
    main()
