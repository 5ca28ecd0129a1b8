#!/usr/bin/env python3
"""Differential fuzzing: generated modules through two libraries, everything compared.

usage: diff.py [--lib A] [--oracle B | --interpreter] [--own] [--first SEED] [--count N]
               [--keep DIR] [--option G,KEY,VALUE]... [--gc] [--exceptions]

Modules come from `wasm-tools smith` (terminating, NaNs canonicalized, every item exported, half of
them such that they do not trap and get further), made from the seed alone. Every exported function
is called with corner and random arguments; results, trap codes, final globals and memories have to
agree. Each library runs in a process of its own, so a crash is a finding too. The oracle is
libwasmtime of the PyPI wheel `wasmtime`: --oracle, or STINT_ORACLE, or the wheel where Python finds
it.

--interpreter  The oracle is the library itself, with its reference interpreter: then fuel and the
               functions of backtraces are compared too, and what only one of both has is left out.
--gc           The modules make and use objects: to be run with --option D,gc-stress,y too.
--own          Modules come from generate.py instead, which needs no other program.
--exceptions   wasm-tools makes modules that throw and catch. An oracle that aborts when it is asked
               for the type of a function with an exnref is not compared with.
"""

import argparse
import collections
import hashlib
import json
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import capi  # noqa: E402
import generate  # noqa: E402
from spec import find_tool  # noqa: E402

ROOT = HERE.parent.parent

STACK_OVERFLOW = 0
CONFIG = {
    "export-everything": True, "canonicalize-nans": True, "simd-enabled": True,
    "relaxed-simd-enabled": False, "gc-enabled": False, "exceptions-enabled": False,
    "threads-enabled": False, "memory64-enabled": False, "custom-page-sizes-enabled": False,
    "wide-arithmetic-enabled": False, "tail-call-enabled": True, "multi-value-enabled": True,
    "bulk-memory-enabled": True, "reference-types-enabled": True, "max-memories": 2,
    "max-memory32-bytes": 1 << 20, "max-memory64-bytes": 1 << 20, "max-imports": 0,
    "max-tables": 3, "max-funcs": 12,
    "min-funcs": 1, "max-instructions": 400, "max-type-size": 200, "max-globals": 8,
    "max-table-elements": 200, "allow-start-export": True,
}

# What is switched on now and then; the last with --interpreter only.
WIDE = ("memory64-enabled", "wide-arithmetic-enabled", "custom-page-sizes-enabled",
        "threads-enabled", "gc-enabled")
# Proposals that are off by default in one library or the other. Shared memories stay off: one
# thread that waits in one would wait for ever.
PROPOSALS = [(f"wasm_{name}_set", True) for name in
             ("threads", "memory64", "custom_page_sizes", "wide_arithmetic")]
# Heaps may be full at different times.
FULL = "GC heap out of memory"
# What --gc switches on.
OBJECTS = {"gc-enabled": True, "max-types": 30, "max-type-size": 1000}

# By number of the heap type: extern, func and exn with what belongs to them, else any.
REF_KINDS = ["externref"] * 2 + ["funcref"] * 3 + ["anyref"] * 8 + ["exnref"] * 3

CORNERS = [0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000,
           0xfffffffe, 0xffffffff, 0x100000000, 1 << 63, (1 << 63) - 1, (1 << 64) - 1]
FUEL = 1 << 40
INTERPRETER = "C,compiler,interpreter"
COUNTING = ["W,fuel-consumption,y", "W,relaxed-simd-deterministic,y"]
CLOSE_OPTIONS = COUNTING + ["W,nan-canonicalization,y"]
# What modules of --own contain, beside what all do.
FAMILIES = ((), ("simd",), ("memory64",), ("multi", "tail"), ("wide", "throw"),
            ("simd", "wide", "memory64", "multi", "tail", "throw"))
FLOATS = [0.0, -0.0, 1.0, -1.5, 0.5, 1e10, -1e10, 3e38, 1e-40, 2147483648.0, -2147483649.0,
          9.3e18, -9.3e18, float("inf"), float("-inf")]


def argument(kind, rng):
    if kind in ("i32", "i64"):
        bits = int(kind[1:])
        number = rng.choice(CORNERS) if rng.random() < 0.7 else rng.getrandbits(bits)
        return kind, number & ((1 << bits) - 1)
    number = rng.choice(FLOATS) if rng.random() < 0.8 else rng.uniform(-1e6, 1e6)
    if kind == "f32":
        try:
            return kind, struct.unpack("<I", struct.pack("<f", number))[0]
        except OverflowError:
            return kind, 0x7f800000
    if kind == "f64":
        return kind, struct.unpack("<Q", struct.pack("<d", number))[0]
    return kind, rng.getrandbits(128) if kind == "v128" else None


def smith(tool, seed, path, config):
    rng = random.Random(seed)
    data = rng.randbytes(rng.choice((300, 1000, 3000, 8000)))
    command = [tool, "smith", "--ensure-termination", "--config", str(config), "-o", str(path)]
    done = subprocess.run(command, input=data, capture_output=True)
    return done.returncode == 0


def exports_of(store, instance):
    """(name, item) of every export."""
    import ctypes
    lib, index = store.lib, 0
    while True:
        name, size, item = ctypes.c_void_p(), ctypes.c_size_t(), capi.Extern()
        lib.wasmtime_instance_export_nth.restype = ctypes.c_bool
        if not lib.wasmtime_instance_export_nth(store.context, ctypes.byref(instance.handle),
                                                ctypes.c_size_t(index), ctypes.byref(name),
                                                ctypes.byref(size), ctypes.byref(item)):
            return
        yield ctypes.string_at(name.value, size.value).decode("utf-8", "replace"), item
        index += 1


def param_kinds(store, func):
    import ctypes
    lib = store.lib
    ty = ctypes.c_void_p(lib.wasmtime_func_type(store.context, ctypes.byref(func)))
    vec = capi.Vec.from_address(lib.wasm_functype_params(ty))
    found, form = [], (ctypes.c_uint8 * 64)()  # a wasmtime_valtype_t
    for of in vec.data[:vec.size]:
        lib.wasmtime_valtype_new(ctypes.c_void_p(of), form)
        found.append(("i32", "i64", "f32", "f64", "v128", None)[form[0]] or REF_KINDS[form[16]])
        lib.wasmtime_valtype_delete(form)
    lib.wasm_functype_delete(ty)
    return found


def plain(value):
    name, number = value
    return [name, number if isinstance(number, int) or number is None else "ref"]


def call(store, func, args, is_close):
    """What a call gives. Closely looked at: also what fuel it takes, or where it traps."""
    if is_close:
        store.set_fuel(FUEL)
    try:
        got = [plain(v) for v in store.call(func, args)]
        return got + [FUEL - store.fuel()] if is_close else got
    except capi.Trap as trap:
        values = store.take_exception()
        if values is not None:
            return ["threw", *map(plain, values)]
        return ["trap", trap.code] + ([trap.functions] if is_close else [])


def observe(store, instance, seed, is_close, calls):
    """What a run of the module shows, as JSON."""
    rng, seen = random.Random(seed ^ 0x5a5a), []
    items = list(exports_of(store, instance))
    for name, item in items:
        if item.kind != capi.EXTERN_FUNC:
            continue
        kinds = param_kinds(store, item.of.func)
        for _ in range(calls):
            args = [argument(kind, rng) for kind in kinds]
            try:
                got = call(store, item.of.func, args, is_close)
            except capi.Error as error:
                if any(kind not in ("i32", "i64", "f32", "f64", "v128") for kind in kinds):
                    seen.append([name, "error"])  # null where the type has none
                    continue
                # A library may refuse for want of memory: what follows is not comparable.
                return seen + [["stopped", str(error)]]
            if got[:2] == ["trap", STACK_OVERFLOW]:
                return seen + [["stopped", "stacks differ"]]
            seen.append([name, got])
    for name, item in items:
        if item.kind == capi.EXTERN_GLOBAL:
            seen.append([name, plain(store.global_get(item))])
        elif item.kind == capi.EXTERN_MEMORY:
            data = store.memory_bytes(item)
            seen.append([name, len(data), hashlib.sha256(data).hexdigest()])
    return seen


def run_one(engine, path, seed, is_close, calls=3):
    store = capi.Store(engine)
    store.limit_memory(16 << 20, 1 << 20)
    if is_close:
        store.set_fuel(FUEL)
    try:
        module = store.module(Path(path).read_bytes())
    except capi.Error as error:
        return ["refused", str(error)]
    try:
        try:
            instance = store.instantiate(module)
        except capi.Trap as trap:
            values = store.take_exception()
            return ["start traps", trap.code if values is None else list(map(plain, values))]
        except capi.Error as error:
            return ["unlinkable", str(error)]
        return ["ran", observe(store, instance, seed, is_close, calls)]
    finally:
        store.module_delete(module)
        store.close()


def worker(lib, options, is_close):
    engine = capi.Engine(capi.Library(lib), PROPOSALS + options)
    for line in sys.stdin:
        path, seed, calls = line.split("\t")
        print(json.dumps(run_one(engine, path, int(seed), is_close, int(calls))), flush=True)


class Side:
    """A library in a process of its own, started again after a crash."""

    def __init__(self, lib, options, is_close=False, may_abort=False):
        self.may_abort = may_abort
        self.command = [sys.executable, "-B", str(HERE / "diff.py"), "--worker", str(lib)]
        self.command += ["--close"] if is_close else []
        for option in options:
            self.command += ["--option", option]
        self.process = None

    def ask(self, path, seed, calls):
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, text=True)
        try:
            self.process.stdin.write(f"{path}\t{seed}\t{calls}\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if line:
            return json.loads(line)
        status = self.process.wait()
        if self.may_abort and status == -signal.SIGABRT:
            return ["refused", "the oracle does not have the type of a function"]
        return ["crashed", status]

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()


def default_oracle():
    if os.environ.get("STINT_ORACLE"):
        return os.environ["STINT_ORACLE"]
    for folder in sys.path:
        found = list(Path(folder).glob("wasmtime/linux-x86_64/_libwasmtime.so")) if folder else []
        if found:
            return str(found[0])
    return None


def lacks(outcome):
    """One of our own has not got an operator yet."""
    return outcome[0] == "refused" and "does not have" in outcome[1]


def difference(a, b):
    if lacks(a) or lacks(b) or FULL in str(a[1]) or FULL in str(b[1]):
        return None
    if a[0] != b[0] or a[0] == "crashed":
        return f"{a[0]} {str(a[1])[:200]} / {b[0]} {str(b[1])[:200]}"
    if a[0] == "refused":
        return None
    if a[0] != "ran":
        return None if a == b or a[0] == "unlinkable" else f"{a} / {b}"
    for x, y in zip(a[1], b[1]):
        if "stopped" in (x[0], y[0]):
            return None
        if x != y:
            return f"{x} / {y}"
    return None


class Modules:
    """Writes the module of a seed to path; False: there is none."""
    calls = 3  # of each function

    def __init__(self, folder, tool, has_gc, more=()):
        self.more = dict(more)
        self.wide = WIDE if has_gc else WIDE[:-1]
        self.path, self.tool = Path(folder) / "module.wasm", tool
        self.config = Path(folder) / "config.json"

    def make(self, seed):
        if not self.tool:
            self.path.write_bytes(generate.module(seed, FAMILIES[seed % len(FAMILIES)]))
            return True
        rng = random.Random(seed ^ 0x77)
        config = {**CONFIG, **{key: rng.random() < .3 for key in self.wide},
                  "disallow-traps": rng.random() < .5, **self.more}
        self.config.write_text(json.dumps(config))
        return smith(self.tool, seed, self.path, self.config)

    def name(self, seed):
        return f"seed {seed}"

    def view(self, _seed, outcome):
        return outcome


def is_result(seen):
    """What a function gave, and not a trap, a memory, a global."""
    return len(seen) == 2 and isinstance(seen[1], list) and seen[1] and isinstance(seen[1][0], list)


def blur(lane, value):
    """Lanes of a vector, or a float; all NaNs alike."""
    exponent = {"f32": 0x7f800000, "f64": 0x7ff << 52}.get(lane)
    kind, number = value
    if not exponent or kind not in (lane, "v128"):
        return value
    bits = int(lane[1:])
    lanes = [number >> at & ((1 << bits) - 1) for at in range(0, 128 if kind == "v128" else bits,
                                                              bits)]
    return [kind, ["nan" if v & ~(1 << bits - 1) > exponent else v
                   for v in lanes]]


class OperatorModules:
    """The same with one module for each operator of generate.USABLE, by number.
    blurs: a NaN is as good as another."""
    calls = 20

    def __init__(self, folder, blurs):
        self.path, self.blurs = Path(folder) / "module.wasm", blurs

    def view(self, number, outcome):
        if not self.blurs or outcome[0] != "ran":
            return outcome
        lane = generate.USABLE[number].name[:3].lower()
        return ["ran", [[seen[0], [blur(lane, v) if isinstance(v, list) else v for v in seen[1]]]
                        if is_result(seen) else seen for seen in outcome[1]]]

    def make(self, number):
        self.path.write_bytes(generate.operator_module(generate.USABLE[number]))
        return True

    def name(self, number):
        return generate.USABLE[number].name


def compare(sides, modules, seeds, keep=None):
    """Prints what differs; returns how many modules did, and how often what came out."""
    counts, findings = collections.Counter(), 0
    for seed in seeds:
        if not modules.make(seed):
            counts["not generated"] += 1
            continue
        a, b = (side.ask(modules.path, seed, modules.calls) for side in sides)
        counts["not comparable" if lacks(a) or lacks(b) else b[0]] += 1
        counts["cut short"] += b[0] == "ran" and b[1][-1:] != [] and b[1][-1][0] == "stopped"
        wrong = difference(modules.view(seed, a), modules.view(seed, b))
        if wrong:
            findings += 1
            print(f"{modules.name(seed)}: {wrong}", flush=True)
            if keep:
                Path(keep).mkdir(parents=True, exist_ok=True)
                (Path(keep) / f"{seed}.wasm").write_bytes(modules.path.read_bytes())
        if sys.stderr.isatty() and seed % 20 == 0:
            print(f"\r{seed}", end="", file=sys.stderr)
    for side in sides:
        side.close()
    return findings, counts


def compiled_and_interpreted(lib, options=CLOSE_OPTIONS):
    options = list(options)
    return Side(lib, options, True), Side(lib, options + [INTERPRETER], True)


def sides_of(args):
    if args.interpreter:
        return compiled_and_interpreted(args.lib, args.option + CLOSE_OPTIONS)
    oracle = args.oracle or default_oracle()
    if not oracle:
        sys.exit("diff.py: no oracle: pip install wasmtime==50.0.1, or --oracle PATH")
    return Side(args.lib, args.option), Side(oracle, [], may_abort=args.exceptions)


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--lib", default=str(ROOT / "build" / "libstint.so"))
    ap.add_argument("--oracle", default=None)
    ap.add_argument("--interpreter", action="store_true")
    ap.add_argument("--own", action="store_true")
    ap.add_argument("--gc", action="store_true", help="modules that make objects")
    ap.add_argument("--first", type=int, default=1)
    ap.add_argument("--count", type=int, default=5000)
    ap.add_argument("--keep", default=None, help="folder for modules that differ")
    ap.add_argument("--option", action="append", default=[])
    ap.add_argument("--exceptions", action="store_true")
    ap.add_argument("--worker", default=None, help=argparse.SUPPRESS)
    ap.add_argument("--close", action="store_true", help=argparse.SUPPRESS)
    args = ap.parse_args()
    if args.worker:
        options = [("stint", *option.split(",")) for option in args.option]
        return worker(args.worker, options, args.close)
    tool = None if args.own else find_tool()
    if not tool and not args.own:
        sys.exit("diff.py: wasm-tools is not installed: cargo install wasm-tools, or --own")
    seeds = range(args.first, args.first + args.count)
    with tempfile.TemporaryDirectory() as tmp:
        more = dict(OBJECTS if args.gc else {}, **{"exceptions-enabled": args.exceptions})
        modules = Modules(tmp, tool, args.interpreter, more)
        findings, counts = compare(sides_of(args), modules, seeds, args.keep)
    short = counts.pop("cut short")
    counts = +counts
    kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items()))
    kinds += f" ({short} cut short)" if short else ""
    print(f"seeds {seeds.start}..{seeds.stop - 1}: {kinds}")
    print(f"{sum(counts.values()) - findings} passed, {findings} failed, 0 skipped")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
