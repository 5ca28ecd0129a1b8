#!/usr/bin/env python3
"""Runs one program of the corpus through a library with libwasmtime's ABI, and says what it took.

usage: wasi_run.py LIBRARY MODULE SPEC

SPEC is JSON: args, env and dirs (guest path: host path) as objects, stdin and stdout as paths. The
answer is one line of JSON: compile_ms and run_ms, CPU time of the whole process, and the program's
exit status. bench/run.py starts one such process for each measurement, so that no library sees what
another one has left in the caches of the process.
"""

import json
import sys
import time
from ctypes import byref, c_bool, c_char_p, c_int, c_size_t, c_void_p
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "test"))
from capi import Engine, Library, Store  # noqa: E402


def strings(texts):
    return (c_char_p * max(1, len(texts)))(*[text.encode() for text in texts])


def wasi_config(lib, name, spec):
    """What the program is given, as a wasi_config_t."""
    def give(function, *values):
        call = getattr(lib.dll, "wasi_config_" + function)
        call.restype = c_bool
        if not call(config, *values):
            sys.exit(f"wasi_run.py: {function}: refused")

    config = c_void_p(lib.wasi_config_new())
    args = [name, *spec["args"]]
    give("set_argv", c_size_t(len(args)), strings(args))
    env = spec["env"]
    give("set_env", c_size_t(len(env)), strings(list(env)), strings(list(env.values())))
    give("set_stdin_file", spec["stdin"].encode())
    give("set_stdout_file", spec["stdout"].encode())
    give("set_stderr_file", b"/dev/null")
    for guest, host in spec["dirs"].items():
        give("preopen_dir", host.encode(), guest.encode(), c_bool(True))
    return config


def run(lib, store, module):
    """Instantiates and calls _start: the exit status."""
    instance = store.instantiate(module)
    start, trap, status = instance.export("_start"), c_void_p(), c_int()
    error = lib.wasmtime_func_call(store.context, byref(start.of.func), None, c_size_t(0), None,
                                   c_size_t(0), byref(trap))
    if error and lib.wasmtime_error_exit_status(c_void_p(error), byref(status)):
        return status.value
    lib.check(error, trap)
    return 0


def main():
    path, spec = Path(sys.argv[2]), json.loads(sys.argv[3])
    lib = Library(sys.argv[1])
    wasm = path.read_bytes()
    store = Store(Engine(lib, [("parallel_compilation_set", c_bool(False))]))
    lib.check(lib.wasmtime_context_set_wasi(store.context, wasi_config(lib, path.name, spec)))
    lib.check(lib.wasmtime_linker_define_wasi(store.linker))
    times = [time.process_time_ns()]
    module = store.module(wasm)
    times.append(time.process_time_ns())
    status = run(lib, store, module)
    times.append(time.process_time_ns())
    print(json.dumps({"compile_ms": (times[1] - times[0]) / 1e6,
                      "run_ms": (times[2] - times[1]) / 1e6, "exit": status}))


if __name__ == "__main__":
    main()
