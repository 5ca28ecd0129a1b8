#!/usr/bin/env python3
"""Measures Stint beside Wasmtime in one run and writes the tables of docs/PERFORMANCE.md.

usage: run.py [--lib PATH] [--oracle PATH] [--quick] [--write]

Builds ../shared/bench/abi_bench.c and the nine kernels (clang-19 with wasi-libc), then measures,
the libraries taking turns in processes of their own:
  execution   each kernel, CPU time of _start
  compiling   corpus modules on one thread, CPU time; artifact size
The oracle is libwasmtime of the PyPI wheel `wasmtime`: --oracle, or STINT_ORACLE, or where Python
finds the wheel. --write puts the tables between the markers of docs/PERFORMANCE.md.
"""

import argparse
import json
import math
import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "test" / "fuzz"))
sys.path.insert(0, str(ROOT / "test"))
from diff import default_oracle  # noqa: E402

CACHE = Path(os.environ.get("STINT_CORPUS") or os.path.expanduser("~/.cache/stint-corpus"))
KERNELS = "hashmap interp lz mandelbrot matmul nbody qsort sha256 sieve".split()
MODULES = "bzip2 cmark jq sqlite-shell".split()


def build(shared, out):
    out.mkdir(parents=True, exist_ok=True)
    bench = out / "abi_bench"
    subprocess.run(["cc", "-O2", "-std=c11", str(shared / "bench" / "abi_bench.c"),
                    "-o", str(bench), "-ldl", "-lpthread"], check=True)
    subprocess.run(["make", "-s", "-C", str(shared / "bench" / "kernels"), f"OUT={out / 'kernels'}",
                    "wasm"], check=True)
    return bench


def measure(bench, libs, what, path, options):
    command = [str(bench), "--lib", libs, "--what", what, "--clock", "cpu", "--json", *options,
               str(path)]
    done = subprocess.run(command, capture_output=True, text=True,
                          env={k: v for k, v in os.environ.items() if k != "RUST_BACKTRACE"})
    if done.returncode:
        print(done.stderr, file=sys.stderr)
    return parse(done.stdout)


def parse(text):
    """{(key, lib): median} of abi_bench's JSON, whatever its nesting."""
    found = {}

    def visit(node, key=None):
        if isinstance(node, dict):
            if "median" in node and "lib" in node:
                found[(node.get("key", key), node["lib"])] = node["median"]
            for name, value in node.items():
                visit(value, name)
        elif isinstance(node, list):
            for value in node:
                visit(value, key)

    try:
        visit(json.loads(text))
    except json.JSONDecodeError:
        for line in text.splitlines():
            try:
                visit(json.loads(line))
            except json.JSONDecodeError:
                continue
    return found


def geomean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else float("nan")


def table(title, unit, rows):
    lines = [f"| {title} | Wasmtime, {unit} | Stint, {unit} | ratio |", "|---|--:|--:|--:|"]
    for name, a, b in rows:
        lines.append(f"| {name} | {a:.1f} | {b:.1f} | {b / a:.2f} |")
    lines.append(f"| **geomean** | | | **{geomean([b / a for _, a, b in rows]):.2f}** |")
    return lines


def cpu_name():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--lib", default=str(ROOT / "build" / "libstint.so"))
    ap.add_argument("--oracle", default=None)
    ap.add_argument("--quick", action="store_true", default=bool(os.environ.get("QUICK")))
    ap.add_argument("--write", action="store_true")
    args = ap.parse_args()
    shared = ROOT.parent / "shared"
    oracle = args.oracle or default_oracle()
    if not shared.is_dir():
        sys.exit(f"run.py: the harness is not at {shared}")
    if not oracle:
        sys.exit("run.py: no libwasmtime: pip install wasmtime==50.0.1, or --oracle PATH")
    bench = build(shared, ROOT / "build" / "bench")
    turns = ["--rounds", "1", "--runs", "1"] if args.quick else ["--rounds", "3", "--runs", "3"]
    exec_rows, compile_rows, size_rows = [], [], []
    for name in KERNELS:
        found = measure(bench, f"wt={oracle},stint={args.lib}", "exec",
                        ROOT / "build" / "bench" / "kernels" / (name + ".wasm"), turns)
        a, b = found.get(("start_ms", "wt")), found.get(("start_ms", "stint"))
        if a and b:
            exec_rows.append((name, a, b))
            print(f"{name}: {b / a:.3f}", file=sys.stderr, flush=True)
    for name in MODULES:
        path = CACHE / "wasm" / (name + ".wasm")
        if not path.exists():
            print(f"{name}: not in the corpus cache ({path})", file=sys.stderr)
            continue
        found = measure(bench, f"wt={oracle}@single,stint={args.lib}@single", "compile", path,
                        ["--rounds", "1" if args.quick else "3"])
        a, b = found.get(("compile_ms", "wt")), found.get(("compile_ms", "stint"))
        if a and b:
            compile_rows.append((name, a, b))
            size_rows.append((name, found[("artifact_kb", "wt")], found[("artifact_kb", "stint")]))
            print(f"{name}: {b / a:.3f}", file=sys.stderr, flush=True)
    lines = [f"{cpu_name()}, {os.cpu_count()} CPUs, {platform.release()}; libwasmtime 50.0.1. "
             "CPU time, medians, the libraries taking turns.", ""]
    lines += table("execution", "ms", exec_rows) + [""]
    lines += table("compiling, one thread", "ms", compile_rows) + [""]
    lines += table("artifact", "KB", size_rows)
    text = "\n".join(lines)
    print(text)
    if args.write:
        path = ROOT / "docs" / "PERFORMANCE.md"
        before, rest = path.read_text().split("<!-- measured -->\n", 1)
        after = rest.split("<!-- end -->", 1)[1]
        path.write_text(f"{before}<!-- measured -->\n{text}\n<!-- end -->{after}")


if __name__ == "__main__":
    main()
