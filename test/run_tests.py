#!/usr/bin/env python3
"""Runs Stint's tests, all of them or those whose name contains a pattern.

A test is a file that is dropped in; nothing is registered:

  test/unit/*.c test/wasi/*.c   a C program each, linked with the internal objects
  test/api/*.c                  a C program each, linked with libstint.so
  test/file/**                  golden files, run by `stint-dev filetest`
  test/cli/*.t                  command lines with what they print; the format is in cli_tests.py
  test/*/test_*.py              Python scripts

Programs and scripts print what failed, `skipped: NAME: reason` for what they left out, and close
with `N passed, N failed, N skipped`. So does this one, and fails when anything failed or nothing
ran at all.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import cli_tests

ROOT = Path(__file__).resolve().parent.parent
TEST = ROOT / "test"
KINDS = ("unit", "wasi", "api", "file", "cli", "py")
C_KINDS = ("unit", "wasi", "api")
LIMIT_SECONDS = 600
FILES_AT_ONCE = 25
COUNTS = re.compile(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?")
SKIPPED = re.compile(r"skipped:? (.*: .*)")


@dataclass
class Result:
    """What came of one job; `failures` is text to print."""
    passed: int = 0
    failures: list = field(default_factory=list)
    failed: int = 0
    skipped: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    def fail(self, name, text=""):
        self.failed += 1
        self.failures.append(f"FAILED {name}\n" + text.rstrip("\n"))


@dataclass
class Job:
    """A unit of parallel work: `run` returns a Result."""
    name: str
    run: object


class Build:
    """One build folder, the kinds of tests to run on it and the environment they get."""

    def __init__(self, spec, several):
        path, _, kinds = spec.partition(":")
        self.dir = (Path.cwd() / path).resolve()
        self.kinds = kinds.split(",") if kinds else list(KINDS)
        for kind in self.kinds:
            if kind not in KINDS:
                sys.exit(f"run_tests.py: no kind of test {kind!r}; there are {', '.join(KINDS)}")
        self.prefix = f"{self.dir.name}/" if several else ""

    def env(self):
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(("STINT", "WASMTIME")) or k == "STINT_ORACLE"}
        env.update(LC_ALL="C.UTF-8", STINT=str(self.dir / "stint"), BUILD=str(self.dir),
                   ROOT=str(ROOT), DATA=str(TEST / "data"), PYTHONPATH=str(TEST))
        env.pop("SHARED", None)
        if (ROOT.parent / "shared").is_dir():
            env["SHARED"] = str(ROOT.parent / "shared")
        return env


def run(command, env, cwd=ROOT):
    """Runs a command to its end or the time limit: (exit status, output of both streams)."""
    try:
        done = subprocess.run(command, env=env, cwd=cwd, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=LIMIT_SECONDS)
        return done.returncode, done.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as late:
        return None, (late.stdout or b"").decode("utf-8", "replace")
    except OSError as error:
        return None, str(error)


def how_it_ended(status):
    if status is None:
        return f"did not end within {LIMIT_SECONDS} seconds, or did not start"
    return f"killed by signal {-status}" if status < 0 else f"exit status {status}"


def count_output(name, status, output, prefix=""):
    """The Result of a program that prints its own counts in its last line."""
    result = Result()
    lines = output.rstrip("\n").split("\n")
    counts = COUNTS.fullmatch(lines[-1].strip())
    if not counts:
        result.fail(name, f"{output}\n{how_it_ended(status)}, without a last line of counts")
        return result
    result.passed, result.failed = int(counts[1]), int(counts[2])
    skipped = [prefix + found[1] for line in lines if (found := SKIPPED.match(line))]
    if len(skipped) != int(counts[3] or 0):
        result.fail(name, f"{counts[3] or 0} skipped, but {len(skipped)} named as skipped")
    result.skipped = skipped
    if result.failed:
        result.failures.append(f"FAILED {name}\n" + "\n".join(lines[:-1]))
    elif status != 0:
        result.fail(name, f"{output}\n{how_it_ended(status)}, but no test failed")
    elif not result.passed and not result.skipped:
        result.fail(name, "ran no test")
    return result


# ---- the kinds -----------------------------------------------------------------------------------

def c_jobs(build, kind, bless):
    for source in sorted((TEST / kind).glob("*.c")):
        name = f"{build.prefix}{kind}/{source.stem}"
        program = build.dir / "test" / kind / source.stem

        def job(name=name, program=program):
            if not program.exists():
                result = Result()
                result.fail(name, f"{program} was not built")
                return result
            return count_output(name, *run([str(program)], build.env()), prefix=f"{name}: ")
        yield Job(name, job)


def py_jobs(build, kind, bless):
    for script in sorted(TEST.glob("*/test_*.py")):
        name = f"{build.prefix}{script.parent.name}/{script.stem}"

        def job(name=name, script=script):
            command = [sys.executable, "-B", str(script)]
            return count_output(name, *run(command, build.env()), prefix=f"{name}: ")
        yield Job(name, job)


def filetest(build, names, bless):
    """Golden files in one process; where it crashes, one process each, to name the culprit."""
    command = [str(build.dir / "stint-dev"), "filetest"] + (["--bless"] if bless else [])
    status, output = run(command + names, build.env())
    label = build.prefix + (names[0] if len(names) == 1 else f"filetest {names[0]} ...")
    ended_well = COUNTS.fullmatch(output.rstrip("\n").split("\n")[-1].strip())
    if ended_well or len(names) == 1:
        return count_output(label, status, output)
    total = Result()
    for name in names:
        one = filetest(build, [name], bless)
        total.passed += one.passed
        total.failed += one.failed
        total.failures += one.failures
        total.skipped += one.skipped
    return total


def file_jobs(build, kind, bless, patterns):
    files = [str(path.relative_to(ROOT)) for path in sorted((TEST / "file").rglob("*"))
             if path.is_file() and path.suffix != ".md"]
    files = [name for name in files if wanted(name[len("test/"):], patterns)]
    for at in range(0, len(files), FILES_AT_ONCE):
        some = files[at:at + FILES_AT_ONCE]
        yield Job("", lambda some=some: filetest(build, some, bless))


def cli_jobs(build, kind, bless, patterns):
    for path in sorted((TEST / "cli").glob("*.t")):
        yield Job("", lambda path=path: cli_file(build, path, bless, patterns))


def cli_file(build, path, bless, patterns):
    result = Result()
    try:
        script = cli_tests.Script(path)
    except cli_tests.FormatError as error:
        result.fail(f"{build.prefix}cli/{path.stem}", str(error))
        return result
    for case in script.cases:
        name = f"cli/{path.stem}: {case.name}"
        if not wanted(name, patterns):
            continue
        name = build.prefix + name
        outcome = script.run(case, build.env())
        if outcome.skip:
            result.skipped.append(f"{name}: {outcome.skip}")
        elif not outcome.differences:
            result.passed += 1
        elif bless and outcome.can_bless:
            script.bless(case, outcome)
            result.passed += 1
            result.notes.append(f"blessed {name}\n{outcome.differences}")
        else:
            result.fail(name, outcome.differences)
    if bless:
        script.save()
    return result


# ---- all of them ---------------------------------------------------------------------------------

def wanted(name, patterns):
    return not patterns or any(pattern in name for pattern in patterns)


def find_jobs(build, patterns, bless):
    for kind in build.kinds:
        if kind == "file":
            yield from file_jobs(build, kind, bless, patterns)
        elif kind == "cli":
            yield from cli_jobs(build, kind, bless, patterns)
        elif not bless:
            found = py_jobs(build, kind, bless) if kind == "py" else c_jobs(build, kind, bless)
            yield from (job for job in found if wanted(job.name, patterns))


def timed(job):
    start = time.monotonic()
    try:
        result = job.run()
    except Exception as error:  # a fault of this script is a failed test, not a lost one
        result = Result()
        result.fail(job.name or "a test", f"the test runner failed: {error!r}")
    return job, result, time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description="Runs Stint's tests.")
    parser.add_argument("--build", action="append", metavar="DIR[:KINDS]",
                        help=f"a build folder and which of {','.join(KINDS)} to run on it")
    parser.add_argument("--bless", action="store_true", help="rewrite expectations that differ")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--times", action="store_true", help="print what each job took")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN", help="part of a test's name")
    args = parser.parse_args()

    specs = args.build or ["build"]
    builds = [Build(spec, len(specs) > 1) for spec in specs]
    jobs = [job for build in builds for job in find_jobs(build, args.patterns, args.bless)]
    passed, failed, skipped = 0, 0, []
    with ThreadPoolExecutor(max_workers=max(1, args.jobs)) as pool:
        for job, result, seconds in pool.map(timed, jobs):
            passed += result.passed
            failed += result.failed
            skipped += result.skipped
            for text in result.notes + result.failures:
                print(text, flush=True)
            if args.times:
                print(f"{seconds:7.2f} s  {job.name}", flush=True)
    for text in skipped:
        print(f"skipped: {text}")
    print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
    return 1 if failed or passed + len(skipped) == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
