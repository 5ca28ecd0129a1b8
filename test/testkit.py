"""What a Python test script needs.

    from testkit import BUILD, expect, main, skip, test

    @test
    def adds_numbers():
        expect(1 + 1 == 2, "arithmetic")

    main()

A test is a function. It fails by raising, which expect() does, and is left out by skip().
"""

import os
import subprocess
import sys
import traceback
from pathlib import Path

ROOT = Path(os.environ.get("ROOT") or Path(__file__).resolve().parent.parent)
BUILD = Path(os.environ.get("BUILD") or ROOT / "build")
STINT = str(BUILD / "stint")
SHARED = Path(os.environ["SHARED"]) if "SHARED" in os.environ else None

_tests = []


class Failure(Exception):
    pass


class Skip(Exception):
    pass


def test(function):
    _tests.append(function)
    return function


def expect(holds, what):
    if not holds:
        raise Failure(str(what))


def skip(reason):
    raise Skip(reason)


def output(*command, **options):
    """Standard output of a command that must succeed."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **options)
    if done.returncode:
        raise Failure(f"{' '.join(map(str, command))}: exit status {done.returncode}\n"
                      + done.stdout.decode("utf-8", "replace")
                      + done.stderr.decode("utf-8", "replace"))
    return done.stdout.decode("utf-8", "replace")


def main():
    passed = failed = skipped = 0
    for function in _tests:
        name = function.__name__
        try:
            function()
            passed += 1
        except Skip as reason:
            skipped += 1
            print(f"skipped: {name}: {reason}")
        except Failure as failure:
            failed += 1
            print(f"{name}: {failure}")
        except Exception:
            failed += 1
            print(f"{name}:\n{traceback.format_exc()}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    sys.exit(1 if failed or not passed + skipped else 0)
