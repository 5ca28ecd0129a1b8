#!/usr/bin/env python3
"""Calls one function of a module through a library with libwasmtime's ABI, and says what it took.

usage: call_run.py LIBRARY MODULE FUNCTION ARGUMENT LIMIT

The function takes and gives an i32. LIMIT is in bytes, for each memory and for the collected heap.
The answer is one line of JSON: ms, CPU time of the call; peak_mb, by how much the most memory the
process ever had is above what it had before the call; result. bench/run.py starts one such process
for each measurement.
"""

import json
import re
import sys
import time
from ctypes import c_bool
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "test"))
from capi import Engine, Library, Store  # noqa: E402


def status_kb(field):
    return int(re.search(rf"^{field}:\s+(\d+) kB", Path("/proc/self/status").read_text(),
                         re.M).group(1))


def main():
    path, name, argument, limit = sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    lib = Library(sys.argv[1])
    store = Store(Engine(lib, [("wasm_gc_set", c_bool(True)),
                               ("wasm_function_references_set", c_bool(True)),
                               ("wasm_exceptions_set", c_bool(True)),
                               ("parallel_compilation_set", c_bool(False))]))
    store.limit_memory(limit)
    instance = store.instantiate(store.module(Path(path).read_bytes()))
    export = instance.export(name)
    before_kb, start_ns = status_kb("VmRSS"), time.process_time_ns()
    [(_, result)] = store.call(export.of.func, [("i32", argument)])
    ms = (time.process_time_ns() - start_ns) / 1e6
    print(json.dumps({"ms": ms, "peak_mb": (status_kb("VmHWM") - before_kb) / 1024,
                      "result": result}))


if __name__ == "__main__":
    main()
