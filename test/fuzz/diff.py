#!/usr/bin/env python3
"""Differential fuzzing: generated modules through two libraries, everything compared.

usage: diff.py [--lib A] [--oracle B] [--first SEED] [--count N] [--keep DIR]
               [--option G,KEY,VALUE]...

Modules come from `wasm-tools smith` (terminating, NaNs canonicalized, every item exported), made
from the seed alone. Every exported function is called with corner and random arguments; results,
trap codes, final globals and memories have to agree. Each library runs in a process of its own, so
a crash is a finding too. The oracle is libwasmtime of the PyPI wheel `wasmtime`: --oracle, or
STINT_ORACLE, or the wheel where Python finds it.
"""

import argparse
import collections
import hashlib
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import capi  # noqa: E402
from spec import find_tool  # noqa: E402

ROOT = HERE.parent.parent

CONFIG = {
    "export-everything": True, "canonicalize-nans": True, "simd-enabled": False,
    "relaxed-simd-enabled": False, "gc-enabled": False, "exceptions-enabled": False,
    "threads-enabled": False, "memory64-enabled": False, "custom-page-sizes-enabled": False,
    "wide-arithmetic-enabled": False, "tail-call-enabled": True, "multi-value-enabled": True,
    "bulk-memory-enabled": True, "reference-types-enabled": True, "max-memories": 2,
    "max-memory32-bytes": 1 << 20, "max-imports": 0, "max-tables": 3, "max-funcs": 12,
    "min-funcs": 1, "max-instructions": 400, "max-type-size": 200, "max-globals": 8,
    "max-table-elements": 200, "allow-start-export": True,
}

CORNERS = [0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000,
           0xfffffffe, 0xffffffff, 0x100000000, 1 << 63, (1 << 63) - 1, (1 << 64) - 1]
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
    return kind, None


def generate(tool, seed, path, config):
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
    kinds = {0: "i32", 1: "i64", 2: "f32", 3: "f64", 128: "externref", 129: "funcref"}
    lib.wasm_valtype_kind.restype = ctypes.c_uint8
    found = [kinds.get(lib.wasm_valtype_kind(ctypes.c_void_p(vec.data[i])))
             for i in range(vec.size)]
    lib.wasm_functype_delete(ty)
    return found


def plain(value):
    name, number = value
    return [name, number if isinstance(number, int) or number is None else "ref"]


def observe(store, instance, seed):
    """What a run of the module shows, as JSON."""
    rng, seen = random.Random(seed ^ 0x5a5a), []
    items = list(exports_of(store, instance))
    for name, item in items:
        if item.kind != capi.EXTERN_FUNC:
            continue
        kinds = param_kinds(store, item.of.func)
        for _ in range(3):
            args = [argument(kind, rng) for kind in kinds]
            try:
                got = [plain(v) for v in store.call(item.of.func, args)]
            except capi.Trap as trap:
                got = ["trap", trap.code]
            except capi.Error:
                # A library may refuse for want of memory: what follows is not comparable.
                return seen + [["stopped"]]
            seen.append([name, got])
    for name, item in items:
        if item.kind == capi.EXTERN_GLOBAL:
            seen.append([name, plain(store.global_get(item))])
        elif item.kind == capi.EXTERN_MEMORY:
            data = store.memory_bytes(item)
            seen.append([name, len(data), hashlib.sha256(data).hexdigest()])
    return seen


def run_one(engine, path, seed):
    store = capi.Store(engine)
    store.limit_memory(16 << 20)
    try:
        module = store.module(Path(path).read_bytes())
    except capi.Error as error:
        return ["refused", str(error)]
    try:
        try:
            instance = store.instantiate(module)
        except capi.Trap as trap:
            return ["start traps", trap.code]
        except capi.Error as error:
            return ["unlinkable", str(error)]
        return ["ran", observe(store, instance, seed)]
    finally:
        store.module_delete(module)
        store.close()


def worker(lib, options):
    engine = capi.Engine(capi.Library(lib), options)
    for line in sys.stdin:
        path, seed = line.split("\t")
        print(json.dumps(run_one(engine, path, int(seed))), flush=True)


class Side:
    """A library in a process of its own, started again after a crash."""

    def __init__(self, lib, options):
        self.command = [sys.executable, "-B", __file__, "--worker", str(lib)]
        for option in options:
            self.command += ["--option", option]
        self.process = None

    def ask(self, path, seed):
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, text=True)
        try:
            self.process.stdin.write(f"{path}\t{seed}\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            return ["crashed", self.process.wait()]
        return json.loads(line)

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


def difference(a, b):
    if a[0] != b[0]:
        return f"{a[0]} {str(a[1])[:200]} / {b[0]} {str(b[1])[:200]}"
    if a[0] == "refused":
        return None
    if a[0] != "ran":
        return None if a == b or a[0] == "unlinkable" else f"{a} / {b}"
    for x, y in zip(a[1], b[1]):
        if ["stopped"] in (x, y):
            return None
        if x != y:
            return f"{x} / {y}"
    return None


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--lib", default=str(ROOT / "build" / "libstint.so"))
    ap.add_argument("--oracle", default=None)
    ap.add_argument("--first", type=int, default=1)
    ap.add_argument("--count", type=int, default=5000)
    ap.add_argument("--keep", default=None, help="folder for modules that differ")
    ap.add_argument("--option", action="append", default=[])
    ap.add_argument("--worker", default=None, help=argparse.SUPPRESS)
    args = ap.parse_args()
    if args.worker:
        return worker(args.worker, [("stint", *option.split(",")) for option in args.option])
    oracle, tool = args.oracle or default_oracle(), find_tool()
    if not oracle:
        sys.exit("diff.py: no oracle: pip install wasmtime==50.0.1, or --oracle PATH")
    if not tool:
        sys.exit("diff.py: wasm-tools is not installed: cargo install wasm-tools")
    ours, theirs = Side(args.lib, args.option), Side(oracle, [])
    counts, findings = collections.Counter(), 0
    with tempfile.TemporaryDirectory() as tmp:
        config = Path(tmp) / "config.json"
        config.write_text(json.dumps(CONFIG))
        for seed in range(args.first, args.first + args.count):
            path = Path(tmp) / "module.wasm"
            if not generate(tool, seed, path, config):
                counts["not generated"] += 1
                continue
            a, b = ours.ask(path, seed), theirs.ask(path, seed)
            counts[b[0]] += 1
            wrong = difference(a, b)
            if wrong:
                findings += 1
                print(f"seed {seed}: {wrong}", flush=True)
                if args.keep:
                    Path(args.keep).mkdir(parents=True, exist_ok=True)
                    (Path(args.keep) / f"{seed}.wasm").write_bytes(path.read_bytes())
            if sys.stderr.isatty() and seed % 20 == 0:
                print(f"\r{seed}", end="", file=sys.stderr)
    ours.close()
    theirs.close()
    kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items()))
    print(f"seeds {args.first}..{args.first + args.count - 1}: {kinds}")
    print(f"{sum(counts.values()) - findings} passed, {findings} failed, 0 skipped")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
