"""libstint under the Python package `wasmtime`: what Python sees must not tell it from libwasmtime.

The cases of this folder run once with the package as it is and once with a copy of it that loads
libstint.so, and each has to show the same. test/wheel.py has the package.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import wheel
from testkit import BUILD, expect, main, skip, test

HERE = Path(__file__).resolve().parent
LIMIT_SECONDS = 300


def run(package, name):
    """What each case shows with this package: {name: words}; and how the run ended."""
    out = BUILD / f"{name}.json"
    env = dict(os.environ, PYTHONPATH=str(package), RUST_BACKTRACE="0")
    try:
        done = subprocess.run([sys.executable, "-B", str(HERE / "child.py"), str(out)], env=env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=LIMIT_SECONDS)
        end = f"exit status {done.returncode}\n" + done.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        end = f"did not end within {LIMIT_SECONDS} seconds"
    seen = {}
    for line in out.read_text().splitlines() if out.exists() else []:
        row = json.loads(line)
        seen[row.pop("name")] = row
    return seen, end


def compare(name, original, ours):
    def holds():
        expect(original.get(name), f"libwasmtime shows nothing: {original_end}")
        expect(ours.get(name), f"libstint shows nothing: {ours_end}")
        expect(original[name] == ours[name],
               f"\n    libwasmtime: {json.dumps(original[name])}"
               f"\n    libstint:    {json.dumps(ours[name])}")
    holds.__name__ = name
    test(holds)


package = wheel.get(BUILD)
if isinstance(package, str):
    @test
    def python_package():
        skip(package)
else:
    original, original_end = run(package, "original")
    ours, ours_end = run(wheel.with_libstint(package, BUILD), "ours")

    @test
    def both_runs_end_well():
        expect(original_end.startswith("exit status 0\n"), original_end)
        expect(ours_end.startswith("exit status 0\n"), ours_end)

    for name in original:
        compare(name, original, ours)

main()
