#!/usr/bin/env python3
"""What asynchronous calls cost with Stint and with Wasmtime: bench/async.c with either library.

usage: async.py [--lib PATH] [--oracle PATH] [--write]

The libraries take turns, five times; the least counts. --write puts the table between its markers
in docs/PERFORMANCE.md.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
for folder in "test/fuzz", "bench":
    sys.path.insert(0, str(ROOT / folder))
import tables  # noqa: E402
from diff import default_oracle  # noqa: E402

MARKERS = "<!-- async -->\n", "<!-- end async -->"
ROUNDS = 5


def build(folder, lib):
    """The program, which finds the library in the folder by the name it was linked with."""
    name = os.path.join(folder, "lib.so")
    os.symlink(os.path.abspath(lib), name)
    program = os.path.join(folder, "async")
    subprocess.run(["cc", "-std=gnu17", "-O2", "-Wall", "-Wextra", "-I", ROOT / "include",
                    ROOT / "bench" / "async.c", "-o", program, name, f"-Wl,-rpath,{folder}"],
                   check=True)
    # What is needed is named by the library itself.
    for line in subprocess.run(["readelf", "-d", program], check=True, text=True,
                               stdout=subprocess.PIPE).stdout.splitlines():
        wanted = line.rpartition("[")[2].rstrip("]")
        if "NEEDED" in line and not os.path.exists(os.path.join(folder, wanted)) \
                and not wanted.startswith(("libc.", "libm.")):
            os.symlink(os.path.abspath(lib), os.path.join(folder, wanted))
    return program


def run(program):
    out = subprocess.run([program], check=True, text=True, stdout=subprocess.PIPE).stdout
    return {name: float(ns) for name, ns in (line.split("\t") for line in out.splitlines())}


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--lib", default=str(ROOT / "build" / "libstint.so"))
    ap.add_argument("--oracle", default=default_oracle())
    ap.add_argument("--write", action="store_true")
    args = ap.parse_args()
    if not args.oracle:
        sys.exit("async.py: no libwasmtime: pip install wasmtime==50.0.1, or --oracle PATH")
    found = [{}, {}]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        programs = build(one, args.oracle), build(other, args.lib)
        for _ in range(ROUNDS):
            for best, program in zip(found, programs):
                for name, ns in run(program).items():
                    best[name] = min(ns, best.get(name, ns))
    rows = [(name, ns, found[1][name]) for name, ns in found[0].items()]
    text = "\n".join(tables.two("asynchronous calls", "ns", rows))
    print(text)
    if args.write:
        path = ROOT / "docs" / "PERFORMANCE.md"
        before, rest = path.read_text().split(MARKERS[0], 1)
        path.write_text(before + MARKERS[0] + text + "\n" + MARKERS[1]
                        + rest.split(MARKERS[1], 1)[1])


if __name__ == "__main__":
    main()
