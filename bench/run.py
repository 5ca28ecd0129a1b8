#!/usr/bin/env python3
"""Measures Stint beside Wasmtime in one run and writes the tables of docs/PERFORMANCE.md.

usage: run.py [--lib PATH] [--oracle PATH] [--quick] [--program-rounds N] [--only PART] [--write]

Builds ../shared/bench/abi_bench.c and the nine kernels (clang-19 with wasi-libc), then measures,
all taking turns in processes of their own:
  execution   each kernel, CPU time of _start, beside V8 and native code (peers.py)
  compiling   corpus modules on one thread, CPU time; artifact size
  programs    the commands of the corpus with the arguments and input of their longest recorded run
              (bench/wasi_run.py), CPU time of compiling and of running, the latter beside V8; a
              run whose output is not the recorded one is an error
  objects     bench/gc: allocation and linked structures in the collected heap, at equal limits:
              CPU time and peak memory (bench/call_run.py)
  exceptions  bench/exceptions: throwing, and being ready for it
The oracle is libwasmtime of the PyPI wheel `wasmtime`: --oracle, or STINT_ORACLE, or where Python
finds the wheel. V8 is left out where no recent node is found; a message says how to get one.
--write puts the tables between the markers of docs/PERFORMANCE.md, and draws docs/performance.svg.
In any case the ratios to Wasmtime that got 3 % worse than those in the tree are listed at the end.
QUICK=1 takes every figure once, which is enough to see that nothing fell off.
"""

import argparse
import hashlib
import json
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
import peers  # noqa: E402
import plot  # noqa: E402
import tables  # noqa: E402
from corpus import CACHE, COMMANDS, inputs  # noqa: E402
from diff import default_oracle  # noqa: E402

KERNELS = "hashmap interp lz mandelbrot matmul nbody qsort sha256 sieve".split()
MODULES = "bzip2 cmark jq sqlite-shell".split()


# Who is measured, by the key of the figures.
KERNEL_COLUMNS = {"wt": "Wasmtime", "stint": "Stint", "v8": "V8", "v8tiers": "V8 tiers",
                  "clang": "clang", "scalar": "clang scalar"}
PROGRAM_COLUMNS = {"wt": "Wasmtime", "stint": "Stint", "v8": "V8"}
# Runs of less than so many milliseconds do not count in the geometric mean over everything.
SHORT = 100


def build(shared, out):
    out.mkdir(parents=True, exist_ok=True)
    bench = out / "abi_bench"
    subprocess.run(["cc", "-O2", "-std=c11", str(shared / "bench" / "abi_bench.c"),
                    "-o", str(bench), "-ldl", "-lpthread"], check=True)
    peers.build_kernels(shared / "bench" / "kernels", out / "kernels")
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


# ---- programs -----------------------------------------------------------------------------------

def recorded(entry):
    """The longest recorded run of a program."""
    return max(entry["runs"], key=lambda run: run.get("wasmtime50_run_s", 0))


def located(corpus, spec):
    return str(CACHE / "data" / spec[5:] if spec.startswith("data:") else corpus / spec)


def spec_of(corpus, what, folder):
    """What a run is given, as wasi_run.py takes it."""
    dirs = {guest: located(corpus, host) for guest, host in what.get("dirs", {}).items()}
    if "outdir" in what:
        dirs[what["outdir"]] = folder
    return {"args": what["args"], "env": what.get("env", {}), "dirs": dirs,
            "stdout": str(Path(folder) / "stdout"),
            "stdin": located(corpus, what["stdin"]) if "stdin" in what else "/dev/null"}


def judge(name, what, status, spec):
    """Fails unless a run went as recorded."""
    text = Path(spec["stdout"]).read_bytes()
    if "filter" in what:
        text = b"".join(line + b"\n" for line in text.split(b"\n")
                        if re.search(what["filter"].encode(), line))
    if status != what["exit"] or hashlib.sha256(text).hexdigest() != what["stdout_sha256"]:
        raise RuntimeError(f"{name}: not the recorded output, exit status {status}")


def run_once(corpus, lib, entry, folder):
    """(compile_ms, run_ms) of one run in a process of its own; its output is compared."""
    what = recorded(entry)
    spec = spec_of(corpus, what, folder)
    done = subprocess.run([sys.executable, "-B", str(ROOT / "bench" / "wasi_run.py"), lib,
                           str(CACHE / "wasm" / (entry["name"] + ".wasm")), json.dumps(spec)],
                          capture_output=True, text=True, timeout=900)
    if done.returncode:
        raise RuntimeError(f"{entry['name']} with {lib}: {done.stderr[-500:]}")
    answer = json.loads(done.stdout)
    judge(f"{entry['name']} with {lib}", what, answer["exit"], spec)
    return answer["compile_ms"], answer["run_ms"]


def run_v8_once(corpus, node, entry, folder):
    """Milliseconds of a warm run under V8; what is not as recorded is reported here."""
    what = recorded(entry)
    spec = spec_of(corpus, what, folder)
    try:
        ms, status = peers.run_v8(node, peers.V8["v8"], corpus.parent / "bench",
                                  CACHE / "wasm" / (entry["name"] + ".wasm"), 2, spec)
        judge(f"{entry['name']} with V8", what, status, spec)
        return ms
    except (RuntimeError, subprocess.TimeoutExpired) as problem:
        print(problem, file=sys.stderr)
        return None


def measure_program(corpus, libs, node, entry, rounds):
    """({key: ms} of compiling, {key: ms} of running): medians of alternating runs."""
    compiling, running = {key: [] for key in libs}, {key: [] for key in PROGRAM_COLUMNS}
    for _ in range(rounds):
        for key, lib in libs.items():
            with tempfile.TemporaryDirectory(prefix="stint-bench-") as folder:
                compiled, run = run_once(corpus, lib, entry, folder)
            compiling[key].append(compiled)
            running[key].append(run)
        if node:
            with tempfile.TemporaryDirectory(prefix="stint-bench-") as folder:
                ms = run_v8_once(corpus, node, entry, folder)
            if ms is None:
                node = None
            else:
                running["v8"].append(ms)
    return medians(compiling), medians(running)


def measure_programs(shared, libs, node, rounds):
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
            compiled, run = measure_program(corpus, libs, node, entry, rounds)
        except (RuntimeError, subprocess.TimeoutExpired) as problem:
            failures += 1
            print(problem, file=sys.stderr)
            continue
        compiling.append((name, compiled["wt"], compiled["stint"]))
        running.append((f"{name} {recorded(entry)['name']}", run))
        tell(f"{name}: compiling {compiled['stint'] / compiled['wt']:.3f}, running", run)
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


def medians(samples):
    return {key: statistics.median(taken) for key, taken in samples.items() if taken}


def tell(what, found):
    """A line on the way: everyone's time over Wasmtime's."""
    print(what, *[f"{key} {ms / found['wt']:.3f}" for key, ms in found.items() if key != "wt"],
          file=sys.stderr, flush=True)


PAGE = ROOT / "docs" / "PERFORMANCE.md"


def page_parts():
    """What stands before the measured tables, they, and what follows."""
    before, rest = PAGE.read_text().split("<!-- measured -->\n", 1)
    measured, after = rest.split("<!-- end -->", 1)
    return before, measured, after


def write_tables(text):
    before, _, after = page_parts()
    PAGE.write_text(f"{before}<!-- measured -->\n{text}\n<!-- end -->{after}")


def measure_kernel(bench, libs, node, name, rounds, runs):
    """{key: ms}: medians of rounds in which everyone takes a turn."""
    kernels = ROOT / "build" / "bench" / "kernels"
    wasm = kernels / "wasm" / (name + ".wasm")
    spec = {"args": [], "env": {}, "dirs": {}, "stdin": "/dev/null", "stdout": "/dev/null"}
    samples = {key: [] for key in KERNEL_COLUMNS}
    for _ in range(rounds):
        found = measure(bench, ",".join(f"{key}={lib}" for key, lib in libs.items()), "exec", wasm,
                        ["--rounds", "1", "--runs", str(runs)])
        for key in libs:
            samples[key].append(found["start_ms", key])
        for key, flags in peers.V8.items() if node else ():
            # The first calls compile, or wait for the optimizing compiler.
            calls = runs + (1 if key == "v8" else 4)
            samples[key].append(peers.run_v8(node, flags, bench_folder(), wasm, calls, spec)[0])
        for key in peers.NATIVE:
            samples[key] += [peers.cpu_ms([kernels / key / name]) for _ in range(runs)]
    return medians(samples)


def bench_folder():
    return ROOT.parent / "shared" / "bench"


def measure_kernels(bench, libs, node, rounds, runs):
    rows = []
    for name in KERNELS:
        rows.append((name, measure_kernel(bench, libs, node, name, rounds, runs)))
        tell(f"{name}:", rows[-1][1])
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


def summary(kernels, programs):
    """One line over all that runs long enough."""
    found = [run for _, run in kernels + programs if run["wt"] >= SHORT]
    parts = [f"{tables.geomean(run['stint'] / run[key] for run in found if key in run):.2f} of "
             f"{name}'s time" for key, name in (("wt", "Wasmtime"), ("v8", "V8"))
             if any(key in run for run in found)]
    parts += [f"{tables.geomean(run['stint'] / run['scalar'] for _, run in kernels):.2f} of the "
              "kernels' in native code without vectors"] if kernels else []
    return f"All {len(found)} runs of {SHORT} ms and more: {', '.join(parts)}."


def measure_all(args, libs, node):
    """The text of the tables, the rows that are drawn, and how many programs failed."""
    shared = ROOT.parent / "shared"
    bench = build(shared, ROOT / "build" / "bench")
    rounds, runs = (1, 1) if args.quick else (3, 3)
    parts = {args.only} if args.only else set(PARTS)
    kernels, programs, failures, lines = [], [], 0, []
    if "kernels" in parts:
        kernels = measure_kernels(bench, libs, node, rounds, runs)
        lines += tables.many("execution", KERNEL_COLUMNS, kernels) + [""]
    if "compiling" in parts:
        times, sizes = measure_compiling(bench, libs["wt"], args.lib, rounds)
        lines += tables.two("compiling, one thread", "ms", times) + [""]
        lines += tables.two("artifact", "KB", sizes) + [""]
    if "programs" in parts:
        compiling, programs, failures = measure_programs(shared, libs, node,
                                                         min(rounds, args.program_rounds))
        lines += tables.many("programs: running", PROGRAM_COLUMNS, programs) + [""]
        lines += tables.two("programs: compiling, one thread", "ms", compiling) + [""]
    if "objects" in parts:
        stint, both = str(Path(args.lib).with_name("stint")), list(libs.values())
        times, peaks = measure_calls(stint, both, OBJECTS, rounds)
        lines += tables.two("collected heap", "ms", times) + [""]
        lines += tables.two("collected heap: peak memory", "MB", peaks) + [""]
        lines += tables.two("exceptions", "ms", measure_calls(stint, both, EXCEPTIONS, rounds)[0])
    about = [f"{cpu_name()}, {os.cpu_count()} CPUs, {platform.release()}; libwasmtime 50.0.1"
             + (f", node {node_version(node)}" if node else "") + ". CPU time, medians, all taking "
             "turns.", "", summary(kernels, programs), ""]
    return "\n".join(about + lines).strip(), kernels + programs, failures


def node_version(node):
    return subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip("v\n")


PARTS = "kernels compiling programs objects".split()


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--lib", default=str(ROOT / "build" / "libstint.so"))
    ap.add_argument("--oracle", default=None)
    ap.add_argument("--quick", action="store_true", default=bool(os.environ.get("QUICK")))
    ap.add_argument("--program-rounds", type=int, default=3,
                    help="runs of each corpus program; Wasmtime takes minutes to compile some")
    ap.add_argument("--only", choices=PARTS, help="measure one part, and write nothing")
    ap.add_argument("--write", action="store_true")
    args = ap.parse_args()
    if not bench_folder().is_dir():
        sys.exit(f"run.py: the harness is not at {bench_folder()}")
    oracle = args.oracle or default_oracle()
    if not oracle:
        sys.exit("run.py: no libwasmtime: pip install wasmtime==50.0.1, or --oracle PATH")
    text, drawn, failures = measure_all(args, {"wt": oracle, "stint": args.lib},
                                        peers.find_node(CACHE))
    print(text)
    for line in tables.worse(page_parts()[1], text):
        print(f"worse: {line}", file=sys.stderr)
    if failures:
        sys.exit(f"run.py: {failures} programs failed; nothing is written")
    if args.write and not args.only:
        write_tables(text)
        (ROOT / "docs" / "performance.svg").write_text(
            plot.draw("Time over Wasmtime's: shorter is better", KERNEL_COLUMNS, drawn))


if __name__ == "__main__":
    main()
