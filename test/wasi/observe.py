#!/usr/bin/env python3
"""Asks libwasmtime what its WASI preview 1 answers, and prints test/wasi/paths.def.

    PYTHONPATH=where-wasmtime-50.0.1-is test/wasi/observe.py > test/wasi/paths.def

Every call is made on a fresh copy of the sandbox that kit.h describes, by a module that exports
its imports again. The table is the measure for Stint's answers (test_paths.c); it is made by hand
when the version that Stint follows changes.
"""

import os
import shutil
import tempfile

PATHS = ["f", "nope", "/f", "/", "../secret", ".", "./", "..", "empty/..", "empty/.", "empty",
         "empty/", "empty//", "dir", "dir/", "ln", "ln/", "lnd", "lnd/", "lnd/inner", "lnd/..",
         "abs", "up", "loop", "loop/x", "f/", "f/.", "f/..", "nope/", "nope/.", "nope/..", "",
         "dir/inner", "dir/../f", "dir/../../secret", "f/x", "nope/x", "./f", ".//dir//inner",
         "abs/x", "up/x", "dir/new", "new"]

I, L = "i32", "i64"
CALLS = {
    "path_create_directory": [I, I, I],
    "path_remove_directory": [I, I, I],
    "path_unlink_file": [I, I, I],
    "path_filestat_get": [I, I, I, I, I],
    "path_filestat_set_times": [I, I, I, I, L, L, I],
    "path_readlink": [I, I, I, I, I, I],
    "path_symlink": [I, I, I, I, I],
    "path_link": [I, I, I, I, I, I, I],
    "path_rename": [I, I, I, I, I, I],
    "path_open": [I, I, I, I, I, L, L, I, I],
}


def module(engine):
    import wasmtime
    text = ["(module"]
    for name, types in CALLS.items():
        text.append(f'(import "wasi_snapshot_preview1" "{name}" '
                    f'(func ${name} (param {" ".join(types)}) (result i32)))')
    text.append('(memory (export "memory") 1)')
    for name, types in CALLS.items():
        args = " ".join(f"local.get {i}" for i in range(len(types)))
        text.append(f'(func (export "{name}") (param {" ".join(types)}) (result i32) '
                    f"{args} call ${name})")
    return wasmtime.Module(engine, "\n".join(text) + ")")


def make_files(outer):
    box = os.path.join(outer, "sandbox")
    for name in ("side", "sandbox", "sandbox/empty", "sandbox/dir"):
        os.mkdir(os.path.join(outer, name))
    for name, text in (("secret", "secret"), ("sandbox/f", "hello"), ("sandbox/dir/inner", "x")):
        with open(os.path.join(outer, name), "w") as file:
            file.write(text)
    for name, target in (("ln", "f"), ("lnd", "dir"), ("abs", "/etc/passwd"), ("up", "../secret"),
                         ("loop", "loop")):
        os.symlink(target, os.path.join(box, name))
    return box


class Guest:
    def __init__(self, engine, compiled, box, writable):
        import wasmtime
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        config = wasmtime.WasiConfig()
        config.preopen_dir(box, "/s", writable)
        self.store = wasmtime.Store(engine)
        self.store.set_wasi(config)
        self.exports = linker.instantiate(self.store, compiled).exports(self.store)

    def path(self, text, at=0x1000):
        self.exports["memory"].write(self.store, text.encode(), at)
        return at, len(text.encode())

    def call(self, name, *args):
        return self.exports[name](self.store, *args)


RW = 2 | 64
OPERATIONS = {
    "mkdir": lambda g, p: g.call("path_create_directory", 3, *g.path(p)),
    "rmdir": lambda g, p: g.call("path_remove_directory", 3, *g.path(p)),
    "unlink": lambda g, p: g.call("path_unlink_file", 3, *g.path(p)),
    "stat": lambda g, p: g.call("path_filestat_get", 3, 0, *g.path(p), 0),
    "stat_follow": lambda g, p: g.call("path_filestat_get", 3, 1, *g.path(p), 0),
    "times": lambda g, p: g.call("path_filestat_set_times", 3, 0, *g.path(p), 1, 1, 5),
    "times_follow": lambda g, p: g.call("path_filestat_set_times", 3, 1, *g.path(p), 1, 1, 5),
    "readlink": lambda g, p: g.call("path_readlink", 3, *g.path(p), 0x8000, 100, 0x200),
    "symlink_at": lambda g, p: g.call("path_symlink", *g.path("f", 0x3000), 3, *g.path(p)),
    "symlink_to": lambda g, p: g.call("path_symlink", *g.path(p, 0x3000), 3, *g.path("new")),
    "link_from": lambda g, p: g.call("path_link", 3, 0, *g.path(p), 3, *g.path("new", 0x3000)),
    "link_to": lambda g, p: g.call("path_link", 3, 0, *g.path("f"), 3, *g.path(p, 0x3000)),
    "link_follow": lambda g, p: g.call("path_link", 3, 1, *g.path(p), 3, *g.path("new", 0x3000)),
    "rename_from": lambda g, p: g.call("path_rename", 3, *g.path(p), 3, *g.path("new", 0x3000)),
    "rename_to": lambda g, p: g.call("path_rename", 3, *g.path("f"), 3, *g.path(p, 0x3000)),
    "rename_dir_to": lambda g, p: g.call("path_rename", 3, *g.path("dir"), 3, *g.path(p, 0x3000)),
    "rename_slash": lambda g, p: g.call("path_rename", 3, *g.path(p), 3, *g.path("new/", 0x3000)),
}
for follow in (0, 1):
    for oflags in (0, 1, 2, 3, 5, 8, 9, 10, 12):
        for rights in (0, 2, 64, RW):
            OPERATIONS[f"open_{follow}_{oflags}_{rights}"] = (
                lambda g, p, follow=follow, oflags=oflags, rights=rights:
                g.call("path_open", 3, follow, *g.path(p), oflags, rights, 0, 0, 0x200))


def print_row(kind, name, row):
    if len(set(row)) == 1:
        row = row[:1]
    lines = [[]]
    for number in map(str, row):
        if len(" ".join(lines[-1] + [number])) > 80:
            lines.append([])
        lines[-1].append(number)
    print(f'ROW({kind}, {name},\n    "' + ' "\n    "'.join(" ".join(line) for line in lines) + '")')


def main():
    import wasmtime
    engine = wasmtime.Engine()
    compiled = module(engine)
    print("/* paths.def: what Wasmtime 50.0.1 answers to each operation on each path.\n"
          " * Printed by observe.py. ROW(kind, operation, error numbers): RW and RO say how the\n"
          " * sandbox of kit.h was handed in; test_paths.c knows the operations; a single number\n"
          " * holds for all paths. */")
    print("#ifdef PATH_NAME")
    print("\n".join(f'PATH_NAME("{path}")' for path in PATHS))
    print("#endif\n#ifdef ROW")
    for kind, writable in (("RW", True), ("RO", False)):
        for name, operation in OPERATIONS.items():
            row = []
            for path in PATHS:
                outer = tempfile.mkdtemp()
                guest = Guest(engine, compiled, make_files(outer), writable)
                row.append(operation(guest, path))
                shutil.rmtree(outer)
            print_row(kind, name, row)
    print("#endif\n#undef PATH_NAME\n#undef ROW")


if __name__ == "__main__":
    main()
