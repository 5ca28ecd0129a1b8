#!/usr/bin/env python3
"""Compiles the large modules of the corpus with Stint and with Wasmtime: CPU time and peak memory.

usage: modules.py [--lib PATH] [--oracle PATH] [--write] [NAME...]

Each compilation is a process of its own, with as many threads as the library likes. Modules come
from the corpus cache (../shared/corpus/fetch). --write puts the table between the second pair of
markers of docs/PERFORMANCE.md.
"""

import argparse
import os
import subprocess
import sys
from ctypes import c_bool
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
for folder in "test/fuzz", "test":
    sys.path.insert(0, str(ROOT / folder))
from capi import Engine, Library, Store  # noqa: E402
from diff import default_oracle  # noqa: E402

CACHE = Path(os.environ.get("STINT_CORPUS") or os.path.expanduser("~/.cache/stint-corpus"))
NAMES = "starlingmonkey swc esbuild php ruby yosys ffmpeg python".split()
MARKERS = "<!-- modules -->\n", "<!-- end modules -->"


def compile_one(lib, path):
    library = Library(lib)
    features = [(f"wasm_{name}_set", c_bool(True)) for name in ("gc", "exceptions")]
    Store(Engine(library, features)).module(Path(path).read_bytes())


def measure(lib, path):
    """(seconds of CPU, peak in MB)"""
    process = subprocess.Popen([sys.executable, "-B", __file__, "--one", lib, str(path)])
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"modules.py: {lib} does not compile {path}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    if sys.argv[1:2] == ["--one"]:
        return compile_one(*sys.argv[2:4])
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--lib", default=str(ROOT / "build" / "libstint.so"))
    ap.add_argument("--oracle", default=default_oracle())
    ap.add_argument("--write", action="store_true")
    ap.add_argument("names", nargs="*")
    args = ap.parse_args()
    if not args.oracle:
        sys.exit("modules.py: no libwasmtime: pip install wasmtime==50.0.1, or --oracle PATH")
    lines = [("| module | MB | Wasmtime, s | Stint, s | ratio "
              "| Wasmtime, peak MB | Stint, peak MB |"), "|---|--:|--:|--:|--:|--:|--:|"]
    for name in args.names or NAMES:
        path = CACHE / "wasm" / (name + ".wasm")
        if not path.exists():
            sys.exit(f"modules.py: {path} is not there: ../shared/corpus/fetch {name}")
        (a, peak_a), (b, peak_b) = measure(args.oracle, path), measure(args.lib, path)
        size_mb = path.stat().st_size / 1e6
        lines.append(f"| {name} | {size_mb:.1f} | {a:.1f} | {b:.2f} | {b / a:.2f} "
                     f"| {peak_a:.0f} | {peak_b:.0f} |")
        print(lines[-1], file=sys.stderr, flush=True)
    text = "\n".join(lines)
    print(text)
    if args.write:
        path = ROOT / "docs" / "PERFORMANCE.md"
        before, rest = path.read_text().split(MARKERS[0], 1)
        path.write_text(before + MARKERS[0] + text + "\n" + MARKERS[1]
                        + rest.split(MARKERS[1], 1)[1])


if __name__ == "__main__":
    main()
