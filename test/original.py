#!/usr/bin/env python3
"""Runs programs of test/api with libwasmtime in the place of libstint.so: what they expect of both
is then said by the original, too.

usage: original.py [--build DIR] [--oracle LIBRARY] [NAME ...]

The library is --oracle, or STINT_ORACLE, or the one of the wheel `wasmtime` where Python finds it.
Without names all programs run that are known to pass.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "test" / "fuzz"))
import diff  # noqa: E402

PASSING = ("abi", "async", "config", "references", "store")


def main():
    ap = argparse.ArgumentParser(usage=__doc__)
    ap.add_argument("--build", default=str(ROOT / "build"))
    ap.add_argument("--oracle", default=None)
    ap.add_argument("names", nargs="*")
    args = ap.parse_args()
    oracle = args.oracle or diff.default_oracle()
    if not oracle:
        sys.exit("original.py: no oracle: pip install wasmtime==50.0.1, or --oracle PATH")
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        # By the name that the programs were linked with.
        for library in Path(args.build).glob("libstint.so*"):
            os.symlink(os.path.abspath(oracle), os.path.join(folder, library.name))
        env = dict(os.environ, LD_LIBRARY_PATH=folder)
        for name in args.names or PASSING:
            done = subprocess.run([Path(args.build) / "test" / "api" / name], env=env, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            print(done.stdout, end="")
            print(f"{name}: {'passed' if done.returncode == 0 else 'FAILED'}")
            bad += done.returncode != 0
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
