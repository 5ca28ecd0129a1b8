#!/usr/bin/env python3
"""Runs the same random WASI calls on two libraries with libwasmtime's C ABI and compares them.

    test/wasi/compare.py LIBRARY LIBRARY [--seeds FROM:TO] [--calls N]

Each seed gives a sequence of calls on files and paths. Each library works in a process and a
sandbox of its own; after every call the error numbers and what was written to the guest's memory
are compared, in the end the files. Inode numbers, and times that were not set, may differ. Paths
with NUL are left out (which of two mistakes is told first differs), and so are times that are not
set at all on names that do not exist (Linux does not look).
"""

import argparse
import ctypes
import os
import random
import shutil
import stat
import struct
import subprocess
import sys
import tempfile

import observe

I32, I64 = 0x7F, 0x7E
CALLS = {
    "fd_advise": "wddw", "fd_allocate": "wdd", "fd_close": "w", "fd_datasync": "w",
    "fd_fdstat_get": "ww", "fd_fdstat_set_flags": "ww", "fd_fdstat_set_rights": "wdd",
    "fd_filestat_get": "ww", "fd_filestat_set_size": "wd", "fd_filestat_set_times": "wddw",
    "fd_pread": "wwwdw", "fd_prestat_get": "ww", "fd_prestat_dir_name": "www",
    "fd_pwrite": "wwwdw", "fd_read": "wwww", "fd_readdir": "wwwdw", "fd_renumber": "ww",
    "fd_seek": "wdww", "fd_sync": "w", "fd_tell": "ww", "fd_write": "wwww",
    "path_create_directory": "www", "path_filestat_get": "wwwww",
    "path_filestat_set_times": "wwwwddw", "path_link": "wwwwwww", "path_open": "wwwwwddww",
    "path_readlink": "wwwwww", "path_remove_directory": "www", "path_rename": "wwwwww",
    "path_symlink": "wwwww", "path_unlink_file": "www",
}
NAMES = list(CALLS)

# ---- the guest: a module that exports what it imports -------------------------------------------


def leb(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytes([n]))


def vec(items):
    return leb(len(items)) + b"".join(items)


def text(s):
    return leb(len(s)) + s.encode()


def section(number, items):
    body = vec(items)
    return bytes([number]) + leb(len(body)) + body


def forward(index, signature):
    """A body that calls import `index` with its own parameters."""
    body = b"\0" + b"".join(b"\x20" + leb(i) for i in range(len(signature)))
    body += b"\x10" + leb(index) + b"\x0b"
    return leb(len(body)) + body


def guest():
    types, imports, exports, bodies = [], [], [text("memory") + b"\x02\0"], []
    for i, (name, signature) in enumerate(CALLS.items()):
        params = [bytes([I64 if c == "d" else I32]) for c in signature]
        types.append(b"\x60" + vec(params) + vec([bytes([I32])]))
        imports.append(text("wasi_snapshot_preview1") + text(name) + b"\0" + leb(i))
        exports.append(text(name) + b"\0" + leb(len(CALLS) + i))
        bodies.append(forward(i, signature))
    return (b"\0asm\1\0\0\0" + section(1, types) + section(2, imports)
            + section(3, [leb(i) for i in range(len(CALLS))]) + section(5, [b"\0\1"])
            + section(7, exports) + section(10, bodies))


# ---- one library, in a process of its own -------------------------------------------------------

class Bytes(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("data", ctypes.POINTER(ctypes.c_char))]


class Val(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_uint8), ("value", ctypes.c_uint64), ("rest", ctypes.c_uint64 * 2)]


class Library:
    """The guest in a library, with directories at 3 and so on."""

    def __init__(self, path, directories):
        self.lib = ctypes.CDLL(path)
        for name in ("wasm_engine_new", "wasmtime_linker_new", "wasmtime_store_new",
                     "wasmtime_store_context", "wasi_config_new", "wasmtime_memory_data",
                     "wasmtime_linker_define_wasi", "wasmtime_context_set_wasi",
                     "wasmtime_module_new", "wasmtime_linker_instantiate", "wasmtime_func_call"):
            getattr(self.lib, name).restype = ctypes.c_void_p
        self.lib.wasi_config_preopen_dir.restype = ctypes.c_bool
        self.lib.wasmtime_instance_export_get.restype = ctypes.c_bool
        p = ctypes.c_void_p
        engine = p(self.lib.wasm_engine_new())
        linker = p(self.lib.wasmtime_linker_new(engine))
        self.expect(self.lib.wasmtime_linker_define_wasi(linker))
        store = p(self.lib.wasmtime_store_new(engine, None, None))
        self.context = p(self.lib.wasmtime_store_context(store))
        config = p(self.lib.wasi_config_new())
        for host, name, writable in directories:
            if not self.lib.wasi_config_preopen_dir(config, host.encode(), name.encode(), writable):
                raise SystemExit(f"cannot open {host}")
        self.expect(self.lib.wasmtime_context_set_wasi(self.context, config))
        module, wasm = p(), guest()
        self.expect(self.lib.wasmtime_module_new(engine, wasm, ctypes.c_size_t(len(wasm)),
                                                 ctypes.byref(module)))
        self.instance, trap = (ctypes.c_uint64 * 2)(), p()
        self.expect(self.lib.wasmtime_linker_instantiate(linker, self.context, module,
                                                         self.instance, ctypes.byref(trap)))
        self.memory = self.export("memory")

    def expect(self, error):
        if error:
            message = Bytes()
            self.lib.wasmtime_error_message(ctypes.c_void_p(error), ctypes.byref(message))
            raise SystemExit(message.data[:message.size].decode())

    def export(self, name):
        item = (ctypes.c_uint64 * 4)()
        if not self.lib.wasmtime_instance_export_get(self.context, self.instance, name.encode(),
                                                     ctypes.c_size_t(len(name)), item):
            raise SystemExit(f"no export {name}")
        return (ctypes.c_uint64 * 3)(*item[1:])

    def base(self):
        return self.lib.wasmtime_memory_data(self.context, self.memory)

    def call(self, number, args):
        """The error number, or -1 if the call ended the guest."""
        signature = CALLS[NAMES[number]]
        vals, result, trap = (Val * len(args))(), Val(), ctypes.c_void_p()
        for val, value, c in zip(vals, args, signature):
            val.kind, val.value = (1, value) if c == "d" else (0, value & 0xFFFFFFFF)
        error = self.lib.wasmtime_func_call(
            self.context, self.export(NAMES[number]), vals, ctypes.c_size_t(len(args)),
            ctypes.byref(result), ctypes.c_size_t(1), ctypes.byref(trap))
        return -1 if error or trap.value else result.value & 0xFFFFFFFF


def serve(path, directories):
    """Reads "puts, call, gets" from stdin, one Python literal a line; answers in kind."""
    library = Library(path, directories)
    for line in sys.stdin:
        puts, number, args, gets = eval(line, {})
        for at, data in puts:
            ctypes.memmove(library.base() + at, data, len(data))
        result = library.call(number, args)
        got = [ctypes.string_at(library.base() + at, size) for at, size in gets]
        print(repr((result, got)), flush=True)


class Process:
    def __init__(self, library, outer, side_is_writable):
        os.mkdir(outer)
        box = observe.make_files(outer)
        with open(os.path.join(outer, "side", "s"), "w") as file:
            file.write("side")
        directories = [(box, "/s", True), (os.path.join(outer, "side"), "/t", side_is_writable)]
        self.process = subprocess.Popen([sys.executable, "-B", __file__, "--serve", library,
                                         repr(directories)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def run(self, puts, name, args, gets):
        print((puts, NAMES.index(name), args, gets), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.process.args[4]}: ended in {name}{args}")
        return eval(answer, {})

    def close(self):
        self.process.stdin.close()
        self.process.wait()


# ---- random calls -------------------------------------------------------------------------------

COMPONENTS = ["f", "nope", "dir", "empty", "ln", "lnd", "abs", "up", "loop", "inner", "new", "g",
              "..", ".", "", "secret", "new2"]
BIG = [0, 1, 2, 5, 7, 100, 2**31, 2**63 - 1, 2**63, 2**64 - 1, 2**64 - 3]
OUT, BUF, LIST, IOV = 0x200, 0x8000, 0x9000, 0x100


class Choice:
    """One random call: its arguments, what to put into memory before it and to compare after."""

    def __init__(self, rng, last_fd):
        self.r, self.last_fd, self.puts, self.gets = rng, last_fd, [], []
        self.name = rng.choice(NAMES + ["path_open"] * 4 + ["path_rename", "fd_seek"])
        self.args = getattr(self, "args_" + self.name, self.only_fd)()

    def fd(self):
        return self.r.choice(list(range(self.last_fd + 2)) + [self.last_fd] * 2)

    def dir(self):
        return self.r.choice([3, 3, 3, 3, 3, 3, 4, 4, self.fd()])

    def path(self, at=0x1000):
        path = "/".join(self.r.choice(COMPONENTS) for _ in range(self.r.choice([1, 1, 1, 2, 3])))
        if self.r.random() < .12:
            path += "/"
        data = path.encode() if self.r.random() > .02 else b"\xff"
        self.puts.append((at, data))
        return [at, len(data)]

    def buffer(self, filled):
        size = self.r.choice([0, 1, 3, 10, 100])
        self.puts.append((BUF, bytes(self.r.choice(b"abcdef") for _ in range(100))
                          if filled else b"#" * 100))
        self.puts.append((IOV, struct.pack("<II", BUF, size)))
        self.gets = [(OUT, 4), (BUF, 100)]
        return [IOV, 1]

    def out(self, *gets):
        self.puts.append((OUT, b"#" * 64))
        self.gets += gets
        return OUT

    def only_fd(self):
        return [self.fd()]

    def args_fd_advise(self):
        return [self.fd(), self.r.choice(BIG), self.r.choice(BIG), self.r.randrange(7)]

    def args_fd_allocate(self):
        return [self.fd(), 0, 9]

    def args_fd_close(self):
        fd = self.fd()
        return [fd if fd > 4 or self.r.random() < .05 else self.last_fd]

    def args_fd_fdstat_get(self):
        return [self.fd(), self.out((OUT, 1), (OUT + 2, 2), (OUT + 8, 16))]

    def args_fd_fdstat_set_flags(self):
        return [self.fd(), self.r.choice([0, 1, 4, 5, 2, 8, 16, 32])]

    def args_fd_fdstat_set_rights(self):
        return [self.fd(), self.r.choice([0, 2, 1 << 30]), 2]

    def args_fd_filestat_get(self):
        return [self.fd(), self.out((OUT + 16, 1))]

    def args_fd_filestat_set_size(self):
        return [self.fd(), self.r.choice([0, 1, 3, 10, 2**63, 2**64 - 1])]

    def args_fd_filestat_set_times(self):
        return [self.fd(), self.r.choice(BIG), self.r.choice(BIG), self.r.randrange(17)]

    def args_fd_pread(self):
        return [self.fd(), *self.buffer(False), self.r.choice(BIG), self.out()]

    def args_fd_prestat_get(self):
        return [self.fd(), self.out((OUT, 1), (OUT + 4, 4))]

    def args_fd_prestat_dir_name(self):
        self.gets = [(BUF, 4)]
        return [self.fd(), BUF, self.r.randrange(4)]

    def args_fd_pwrite(self):
        # no holes of many gigabytes
        offset = self.r.choice([0, 1, 2, 5, 7, 100, 2**63, 2**64 - 1])
        return [self.fd(), *self.buffer(True), offset, self.out()]

    def args_fd_read(self):
        return [self.fd() or 3, *self.buffer(False), self.out()]

    def args_fd_readdir(self):
        self.gets = [(OUT, 4), (LIST, 4096)]
        return [self.fd(), LIST, 4096, 0, OUT]

    def args_fd_renumber(self):
        return [self.r.choice([5, 6, self.last_fd]), self.r.choice([5, 6, self.last_fd + 1])]

    def args_fd_seek(self):
        offset = self.r.choice([0, 1, 2, 3, 5, 2**64 - 1, 2**64 - 2, 2**64 - 5])
        return [self.fd(), offset, self.r.choice([0, 1, 2, 3]), self.out((OUT, 8))]

    def args_fd_tell(self):
        return [self.fd(), self.out((OUT, 8))]

    def args_fd_write(self):
        return [self.fd(), *self.buffer(True), self.out()]

    def args_path_create_directory(self):
        return [self.dir(), *self.path()]

    args_path_remove_directory = args_path_unlink_file = args_path_create_directory

    def args_path_filestat_get(self):
        return [self.dir(), self.r.randrange(2), *self.path(), self.out((OUT + 16, 1))]

    def args_path_filestat_set_times(self):
        return [self.dir(), self.r.randrange(2), *self.path(), self.r.choice(BIG),
                self.r.choice(BIG), self.r.randrange(1, 16)]

    def args_path_link(self):
        return [self.dir(), self.r.choice([0, 0, 0, 1, 2]), *self.path(), self.dir(),
                *self.path(0x3000)]

    def args_path_open(self):
        r = self.r
        return [self.dir(), r.choice([0, 1, 0, 1, 0, 1, 2]), *self.path(),
                r.choice([0, 0, 0, 1, 1, 2, 2, 4, 5, 8, 9, 3, 12, 10, 16]),
                r.choice([0, 2, 2, 64, 66, 66, 66, 0x3FFFFFFF]), 0,
                r.choice([0, 0, 0, 0, 0, 0, 1, 1, 4, 2, 8, 16, 5, 32]), self.out((OUT, 4))]

    def args_path_readlink(self):
        self.puts.append((BUF, b"#" * 100))
        size = self.r.choice([0, 1, 3, 100])
        return [self.dir(), *self.path(), BUF, size, self.out((OUT, 4), (BUF, 100))]

    def args_path_rename(self):
        return [self.dir(), *self.path(), self.dir(), *self.path(0x3000)]

    def args_path_symlink(self):
        return [*self.path(0x3000), self.dir(), *self.path()]


# ---- comparing ----------------------------------------------------------------------------------

def entries(got):
    """A listing as a set: names and kinds, without numbers and order."""
    used, at, found = struct.unpack("<I", got[0])[0], 0, set()
    while at + 24 <= used:
        size, kind = struct.unpack_from("<IB", got[1], at + 16)
        found.add((got[1][at + 24:at + 24 + size], kind))
        at += 24 + size
    return found


def tree(outer):
    found = []
    for folder, folders, files in sorted(os.walk(outer)):
        for name in sorted(folders + files):
            path = os.path.join(folder, name)
            st = os.lstat(path)
            content = b""
            if stat.S_ISLNK(st.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(st.st_mode):
                with open(path, "rb") as file:
                    content = file.read()
            found.append((path[len(outer):], st.st_mode, st.st_nlink, content))
    return found


def compare(libraries, seed, calls):
    """Runs one sequence; returns the first difference, or None."""
    rng = random.Random(seed)
    root, side_is_writable = tempfile.mkdtemp(), rng.random() < .6
    outers = [os.path.join(root, name) for name in "ab"]
    both = [Process(lib, outer, side_is_writable) for lib, outer in zip(libraries, outers)]
    difference, last_fd = None, 4
    for step in range(calls):
        c = Choice(rng, last_fd)
        first, second = (p.run(c.puts, c.name, c.args, c.gets) for p in both)
        if c.name == "fd_readdir" and first[0] == second[0] == 0:
            first, second = entries(first[1]), entries(second[1])
        elif first[0] == second[0] != 0:
            first = second = first[0]  # what an error leaves behind is nobody's business
        if first != second:
            difference = f"call {step}: {c.name}{c.args} {c.puts}\n  {first}\n  {second}"
            break
        if c.name == "path_open" and isinstance(first, tuple):
            last_fd = max(last_fd, struct.unpack("<I", first[1][0])[0])
    for process in both:
        process.close()
    if not difference and tree(outers[0]) != tree(outers[1]):
        difference = "the files differ in the end"
    shutil.rmtree(root)
    return difference


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("libraries", nargs=2, metavar="LIBRARY")
    parser.add_argument("--seeds", default="0:100")
    parser.add_argument("--calls", type=int, default=80)
    options = parser.parse_args()
    os.umask(0o022)
    low, high = map(int, options.seeds.split(":"))
    differences = 0
    for seed in range(low, high):
        difference = compare(options.libraries, seed, options.calls)
        if difference:
            differences += 1
            print(f"seed {seed}: {difference}", flush=True)
    print(f"{high - low} sequences of {options.calls} calls, {differences} with differences")
    return differences != 0


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve(sys.argv[2], eval(sys.argv[3], {}))
    else:
        sys.exit(main())
