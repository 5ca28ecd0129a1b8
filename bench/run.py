#!/usr/bin/env python3
"""Measures Stint beside Wasmtime in one run and writes the tables of docs/PERFORMANCE.md.

usage: run.py [--lib PATH] [--oracle PATH] [--quick] [--program-rounds N] [--write]

Builds ../shared/bench/abi_bench.c and the nine kernels (clang-19 with wasi-libc), then measures,
the libraries taking turns in processes of their own:
  execution   each kernel, CPU time of _start
  compiling   corpus modules on one thread, CPU time; artifact size
  programs    the commands of the corpus with the arguments and input of their longest recorded run
              (bench/wasi_run.py), CPU time of compiling and of running; a run whose output is not
              the recorded one is an error
  objects     bench/gc: allocation and linked structures in the collected heap, at equal limits:
              CPU time and peak memory (bench/call_run.py)
  exceptions  bench/exceptions: throwing, and being ready for it
The oracle is libwasmtime of the PyPI wheel `wasmtime`: --oracle, or STINT_ORACLE, or where Python
finds the wheel. --write puts the tables between the markers of docs/PERFORMANCE.md.
"""

import argparse
import hashlib
import json
import math
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "test" / "fuzz"))
sys.path.insert(0, str(ROOT / "test"))
from corpus import CACHE, COMMANDS, inputs  # noqa: E402
from diff import default_oracle  # noqa: E402

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


# ---- programs -----------------------------------------------------------------------------------

def recorded(entry):
    """The longest recorded run of a program."""
    return max(entry["runs"], key=lambda run: run.get("wasmtime50_run_s", 0))


def located(corpus, spec):
    return str(CACHE / "data" / spec[5:] if spec.startswith("data:") else corpus / spec)


def run_once(corpus, lib, entry, folder):
    """(compile_ms, run_ms) of one run in a process of its own; its output is compared."""
    what, out = recorded(entry), Path(folder) / "stdout"
    dirs = {guest: located(corpus, host) for guest, host in what.get("dirs", {}).items()}
    if "outdir" in what:
        dirs[what["outdir"]] = folder
    spec = {"args": what["args"], "env": what.get("env", {}), "dirs": dirs, "stdout": str(out),
            "stdin": located(corpus, what["stdin"]) if "stdin" in what else "/dev/null"}
    done = subprocess.run([sys.executable, "-B", str(ROOT / "bench" / "wasi_run.py"), lib,
                           str(CACHE / "wasm" / (entry["name"] + ".wasm")), json.dumps(spec)],
                          capture_output=True, text=True, timeout=900)
    if done.returncode:
        raise RuntimeError(f"{entry['name']} with {lib}: {done.stderr[-500:]}")
    answer, text = json.loads(done.stdout), out.read_bytes()
    if "filter" in what:
        text = b"".join(line + b"\n" for line in text.split(b"\n")
                        if re.search(what["filter"].encode(), line))
    if answer["exit"] != what["exit"] or hashlib.sha256(text).hexdigest() != what["stdout_sha256"]:
        raise RuntimeError(f"{entry['name']} with {lib}: not the recorded output, "
                           f"exit status {answer['exit']}")
    return answer["compile_ms"], answer["run_ms"]


def measure_program(corpus, libs, entry, rounds):
    """[(compile_ms, run_ms)] by library: medians of alternating runs."""
    samples = [[] for _ in libs]
    for _ in range(rounds):
        for lib, taken in zip(libs, samples):
            with tempfile.TemporaryDirectory(prefix="stint-bench-") as folder:
                taken.append(run_once(corpus, lib, entry, folder))
    return [tuple(map(statistics.median, zip(*taken))) for taken in samples]


def measure_programs(shared, libs, rounds):
    """Rows of two tables, of compiling and of running, and the failures."""
    compiling, running, failures = [], [], 0
    corpus = shared / "corpus"
    for entry in inputs(corpus):
        name = entry["name"]
        if name not in COMMANDS:
            continue
        if not (CACHE / "wasm" / (name + ".wasm")).exists():
            print(f"{name}: not in the corpus cache; test/corpus.py fetches it", file=sys.stderr)
            continue
        try:
            a, b = measure_program(corpus, libs, entry, rounds)
        except (RuntimeError, subprocess.TimeoutExpired) as problem:
            failures += 1
            print(problem, file=sys.stderr)
            continue
        compiling.append((name, a[0], b[0]))
        running.append((f"{name} {recorded(entry)['name']}", a[1], b[1]))
        print(f"{name}: compiling {b[0] / a[0]:.3f}, running {b[1] / a[1]:.3f}", file=sys.stderr,
              flush=True)
    return compiling, running, failures


# ---- calls of text modules ----------------------------------------------------------------------

# Name: text module, function, its argument, limit of memory in bytes for both libraries.
OBJECTS = {
    "trees": ("gc/trees", "run", 19, 256 << 20),
    "queue": ("gc/queue", "run", 200000, 128 << 20),
}
EXCEPTIONS = {
    "20000 throws across 1 frame": ("exceptions/throw", "run", 1, 64 << 20),
    "20000 throws across 10 frames": ("exceptions/throw", "run", 10, 64 << 20),
    "20000 throws across 100 frames": ("exceptions/throw", "run", 100, 64 << 20),
    "100 million turns that never throw": ("exceptions/throw", "quiet", 100_000_000, 64 << 20),
}


def call_once(lib, path, function, argument, limit):
    done = subprocess.run([sys.executable, "-B", str(ROOT / "bench" / "call_run.py"), lib,
                           str(path), function, str(argument), str(limit)],
                          capture_output=True, text=True, timeout=900)
    if done.returncode:
        raise RuntimeError(f"{path.name} with {lib}: {done.stderr[-500:]}")
    return json.loads(done.stdout)


def measure_calls(stint, libs, cases, rounds):
    """Rows of two tables, of time and of peak memory."""
    times, peaks = [], []
    for name, (source, function, argument, limit) in cases.items():
        wasm = ROOT / "build" / "bench" / (Path(source).name + ".wasm")
        subprocess.run([stint, "parse", str(ROOT / "bench" / (source + ".wat")), "-o", str(wasm)],
                       check=True)
        answers = [[] for _ in libs]
        for _ in range(rounds):
            for lib, taken in zip(libs, answers):
                taken.append(call_once(lib, wasm, function, argument, limit))
        if len({answer["result"] for taken in answers for answer in taken}) != 1:
            raise RuntimeError(f"{name}: the libraries' results differ")
        for rows, key in (times, "ms"), (peaks, "peak_mb"):
            rows.append((name, *[statistics.median(answer[key] for answer in taken)
                                 for taken in answers]))
        print(f"{name}: {times[-1][2] / times[-1][1]:.3f}", file=sys.stderr, flush=True)
    return times, peaks


# ---- the whole ----------------------------------------------------------------------------------

def cpu_name():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def write_tables(text):
    path = ROOT / "docs" / "PERFORMANCE.md"
    before, rest = path.read_text().split("<!-- measured -->\n", 1)
    after = rest.split("<!-- end -->", 1)[1]
    path.write_text(f"{before}<!-- measured -->\n{text}\n<!-- end -->{after}")


def measure_kernels(bench, oracle, lib, turns):
    rows = []
    for name in KERNELS:
        found = measure(bench, f"wt={oracle},stint={lib}", "exec",
                        ROOT / "build" / "bench" / "kernels" / (name + ".wasm"), turns)
        a, b = found.get(("start_ms", "wt")), found.get(("start_ms", "stint"))
        if a and b:
            rows.append((name, a, b))
            print(f"{name}: {b / a:.3f}", file=sys.stderr, flush=True)
    return rows


def measure_compiling(bench, oracle, lib, rounds):
    """Rows of time and of artifact size."""
    times, sizes = [], []
    for name in MODULES:
        path = CACHE / "wasm" / (name + ".wasm")
        if not path.exists():
            print(f"{name}: not in the corpus cache ({path})", file=sys.stderr)
            continue
        found = measure(bench, f"wt={oracle}@single,stint={lib}@single", "compile", path,
                        ["--rounds", str(rounds)])
        a, b = found.get(("compile_ms", "wt")), found.get(("compile_ms", "stint"))
        if a and b:
            times.append((name, a, b))
            sizes.append((name, found[("artifact_kb", "wt")], found[("artifact_kb", "stint")]))
            print(f"{name}: {b / a:.3f}", file=sys.stderr, flush=True)
    return times, sizes


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--lib", default=str(ROOT / "build" / "libstint.so"))
    ap.add_argument("--oracle", default=None)
    ap.add_argument("--quick", action="store_true", default=bool(os.environ.get("QUICK")))
    ap.add_argument("--program-rounds", type=int, default=3,
                    help="runs of each corpus program; Wasmtime takes minutes to compile some")
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
    rounds = 1 if args.quick else 3
    exec_rows = measure_kernels(bench, oracle, args.lib, turns)
    compile_rows, size_rows = measure_compiling(bench, oracle, args.lib, rounds)
    program_compiling, program_running, failures = measure_programs(
        shared, [oracle, args.lib], min(rounds, args.program_rounds))
    stint = str(Path(args.lib).with_name("stint"))
    object_times, object_peaks = measure_calls(stint, [oracle, args.lib], OBJECTS, rounds)
    exception_times, _ = measure_calls(stint, [oracle, args.lib], EXCEPTIONS, rounds)
    lines = [f"{cpu_name()}, {os.cpu_count()} CPUs, {platform.release()}; libwasmtime 50.0.1. "
             "CPU time, medians, the libraries taking turns.", ""]
    lines += table("execution", "ms", exec_rows) + [""]
    lines += table("compiling, one thread", "ms", compile_rows) + [""]
    lines += table("artifact", "KB", size_rows) + [""]
    lines += table("programs: running", "ms", program_running) + [""]
    lines += table("programs: compiling, one thread", "ms", program_compiling) + [""]
    lines += table("collected heap", "ms", object_times) + [""]
    lines += table("collected heap: peak memory", "MB", object_peaks) + [""]
    lines += table("exceptions", "ms", exception_times)
    text = "\n".join(lines)
    print(text)
    if failures:
        sys.exit(f"run.py: {failures} programs failed; nothing is written")
    if args.write:
        write_tables(text)


if __name__ == "__main__":
    main()
