"""Accesses at the edges of memories with 64-bit indices, of those with pages of one byte and of
shared ones, in every width, atomic ones too, with offsets up to 2^64-1, in every mode of
compilation; bulk operations and tables of 64 bits at their edges.

As in test_access.py the expectation is computed here, in integers that do not wrap: an access of
`width` bytes at index + offset traps unless index + offset + width <= size; an atomic one must be
aligned besides. Modules are put together byte by byte: there are offsets that no text tool takes.
"""

import ctypes

from kit import MODES, OUT_OF_BOUNDS, PAGE, TABLE_OUT_OF_BOUNDS, Guest, capi
from testkit import expect, main, test

I32, I64, F32, F64 = 0x7f, 0x7e, 0x7d, 0x7c
# Operator: code, width, type of its value or result.
LOADS = [("i32.load8_u", b"\x2d", 1, I32), ("i32.load16_s", b"\x2e", 2, I32),
         ("i32.load", b"\x28", 4, I32), ("i64.load8_s", b"\x30", 1, I64),
         ("i64.load16_u", b"\x33", 2, I64), ("i64.load32_u", b"\x35", 4, I64),
         ("i64.load", b"\x29", 8, I64), ("f32.load", b"\x2a", 4, F32),
         ("f64.load", b"\x2b", 8, F64)]
STORES = [("i32.store8", b"\x3a", 1, I32), ("i32.store16", b"\x3b", 2, I32),
          ("i32.store", b"\x36", 4, I32), ("i64.store8", b"\x3c", 1, I64),
          ("i64.store16", b"\x3d", 2, I64), ("i64.store32", b"\x3e", 4, I64),
          ("i64.store", b"\x37", 8, I64), ("f32.store", b"\x38", 4, F32),
          ("f64.store", b"\x39", 8, F64)]
ATOMICS = [("i32.atomic.load", b"\xfe\x10", 4, I32), ("i64.atomic.load8_u", b"\xfe\x14", 1, I64),
           ("i32.atomic.load16_u", b"\xfe\x13", 2, I32),
           ("i64.atomic.store", b"\xfe\x18", 8, I64), ("i64.atomic.store32", b"\xfe\x1d", 4, I64),
           ("i32.atomic.store8", b"\xfe\x19", 1, I32),
           ("i64.atomic.rmw.add", b"\xfe\x1f", 8, I64),
           ("i32.atomic.rmw16.sub_u", b"\xfe\x28", 2, I32),
           ("i32.atomic.rmw.and", b"\xfe\x2c", 4, I32),
           ("i64.atomic.rmw8.or_u", b"\xfe\x37", 1, I64),
           ("i64.atomic.rmw32.xor_u", b"\xfe\x40", 4, I64),
           ("i64.atomic.rmw.xchg", b"\xfe\x42", 8, I64),
           ("i32.atomic.rmw.cmpxchg", b"\xfe\x48", 4, I32),
           ("i64.atomic.rmw16.cmpxchg_u", b"\xfe\x4d", 2, I64)]
NOTIFY = ("memory.atomic.notify", b"\xfe\x00", 4, I32)
# The guard is 32 MiB; then the signs of a displacement, and where sums wrap.
OFFSETS = [0, 1, 7, PAGE - 1, PAGE, 0x1fffff8, 0x1ffffff, 0x2000000, 2**31 - 8, 2**31 - 1, 2**31,
           2**32 - 8, 2**32 - 1, 2**32, 2**63, 2**64 - 8, 2**64 - 1]
SETTINGS = [("stint", "W", "custom-page-sizes", "y"), ("stint", "W", "shared-memory", "y")]
MISALIGNED = 2


def leb(n):
    out = bytearray()
    while True:
        out.append(n & 127 | (128 if n > 127 else 0))
        n >>= 7
        if not n:
            return bytes(out)


def sleb(n):
    out = bytearray()
    while True:
        byte = n & 127
        n >>= 7
        done = n == (-1 if byte & 64 else 0)
        out.append(byte | (0 if done else 128))
        if done:
            return bytes(out)


def section(number, content):
    return bytes([number]) + leb(len(content)) + content


def vector(items):
    return leb(len(items)) + b"".join(items)


class Module:
    """One memory or table, functions of two indices; all exported by name."""

    def __init__(self, index_type, head):
        self.index_type, self.head = index_type, head  # head: sections before the exports
        self.types, self.funcs, self.names, self.bodies = [], [], [], []

    def func(self, name, body, results=(), params=None):
        params = [self.index_type] * 2 if params is None else params
        kind = b"\x60" + vector([bytes([p]) for p in params]) + \
            vector([bytes([r]) for r in results])
        if kind not in self.types:
            self.types.append(kind)
        self.funcs.append(leb(self.types.index(kind)))
        self.names.append(name)
        code = b"\x00" + body + b"\x0b"
        self.bodies.append(leb(len(code)) + code)

    def const(self, n):
        top = 1 << (63 if self.index_type == I64 else 31)
        return bytes([0x42 if self.index_type == I64 else 0x41]) + sleb(n - 2 * top * (n >= top))

    def op(self, name):
        """add, shl of the index type"""
        return bytes([{"add": (0x6a, 0x7c), "shl": (0x74, 0x86)}[name][self.index_type == I64]])

    def bytes(self, before=b"", after=b""):
        exports = [leb(len(name)) + name.encode() + b"\x00" + leb(i)
                   for i, name in enumerate(self.names)]
        return b"\0asm\1\0\0\0" + section(1, vector(self.types)) + \
            section(3, vector(self.funcs)) + self.head + section(7, vector(exports)) + before + \
            section(10, vector(self.bodies)) + after


GET0, GET1 = b"\x20\x00", b"\x20\x01"
VALUES = {I32: b"\x41\x33", I64: b"\x42\x33", F32: b"\x43\0\0\0\0", F64: b"\x44" + bytes(8)}


class Kind:
    """A kind of memory: its index type and page size."""

    def __init__(self, name, index_type, page, is_shared=False):
        self.name, self.index_type, self.page = name, index_type, page
        self.is_shared = is_shared
        self.reach = 1 << (64 if index_type == I64 else 32)
        self.type_name = "i64" if index_type == I64 else "i32"
        flags = 1 | 2 * is_shared | (4 if index_type == I64 else 0) | (8 if page == 1 else 0)
        pages = PAGE // page
        limits = bytes([flags]) + leb(pages) + leb(pages + 60000) + (b"\x00" if page == 1 else b"")
        self.head = section(5, vector([limits]))

    def indices(self, size, width, offset):
        """Arguments around the edge, those that wrap back into the memory, the top of all."""
        last = size - width - offset
        found = [last - 1, last, last + 1, last + width, 0, 1, size, size - 1, size + 1,
                 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, self.reach - width,
                 self.reach - 1, self.reach - offset, self.reach - offset - width,
                 last + self.reach]
        return sorted({n for n in found if 0 <= n < self.reach})


KINDS = [Kind("memory64", I64, PAGE), Kind("bytes64", I64, 1), Kind("bytes32", I32, 1),
         Kind("shared32", I32, PAGE, True), Kind("shared64", I64, PAGE, True)]


def forms(m):
    """How the index reaches the access, of the arguments n and 0."""
    return {"index": GET0, "sum": GET0 + GET1 + m.op("add"),
            "wrapped sum": GET0 + m.const(2**32 - 16 if m.index_type == I32 else 2**64 - 16) +
            m.op("add") + m.const(16) + m.op("add"),
            "scaled": GET0 + GET1 + m.const(3) + m.op("shl") + m.op("add")}


def access_module(kind):
    m, cases = Module(kind.index_type, kind.head), []
    m.func("grow", GET0 + b"\x40\x00", [kind.index_type])
    m.func("size", b"\x3f\x00", [kind.index_type], [])

    def add(op, form, index, offset, known=None):
        name, code, width, value = op
        is_atomic = "atomic" in name
        values = 0 if "load" in name else 2 if "cmpxchg" in name else 1
        memarg = bytes([width.bit_length() - 1 if is_atomic else 0]) + leb(offset)
        body = index + VALUES[value] * values + code + memarg
        title = f"{name}|{form}|{offset}|{known}"
        m.func(title, body + (b"" if "store" in name else b"\x1a"))
        cases.append((title, width, offset, known, width if is_atomic else 1))

    for op in LOADS + STORES + ATOMICS + [NOTIFY]:
        for offset in OFFSETS:
            if offset >= kind.reach:
                continue
            add(op, "index", GET0, offset)
            width = op[2]
            if op[0] in ("i32.load", "i64.store", "i32.load8_u", "i64.atomic.rmw.add"):
                edges = {*kind.indices(PAGE, width, offset),
                         *kind.indices(0x2000000, width, offset)}
                for known in sorted(edges):
                    add(op, "constant", m.const(known), offset, known)
        for form, index in forms(m).items():
            for offset in (0, 5, 2**31):
                if form != "index":
                    add(op, form, index, offset)
    return m.bytes(), cases


# Read, change, write at two offsets of one index: the check of one must not stand for too much.
def pair_module(kind):
    m, cases = Module(kind.index_type, kind.head), []
    for first, second in ((0, 8), (8, 0), (0, 0x1fffff8), (0x2000000, 0), (0, 0x2000000),
                          (PAGE - 8, PAGE - 7), (2**32 - 8, 0), (0, 2**32 - 8)):
        body = GET0 + GET0 + b"\x29\x00" + leb(first) + b"\x37\x00" + leb(second)
        m.func(f"{first},{second}", body)
        cases.append((f"{first},{second}", max(first, second)))
    return m.bytes(), cases


MODULES = {kind.name: access_module(kind) for kind in KINDS}
PAIRS = {kind.name: pair_module(kind) for kind in KINDS}


def check_all(guest, kind, size, cases):
    guest.expect([size // kind.page], "size")
    for name, width, offset, known, align in cases:
        func = guest.func(name)
        indices = kind.indices(size, width, offset) if known is None else [known]
        for n in indices:
            wanted = None if n + offset + width <= size else OUT_OF_BOUNDS
            # A word that is waited at lies where an index can reach, first of all.
            is_past_all = name.startswith(NOTIFY[0]) and n + offset >= kind.reach
            if (n + offset) % align and not is_past_all:
                wanted = MISALIGNED
            try:
                guest.store.call(func, [(kind.type_name, n), (kind.type_name, 0)])
                code = None
            except capi.Trap as trap:
                code = trap.code
            expect(code == wanted,
                   f"{kind.name}: {name} at index {n:#x}, size {size:#x}: trap {code}")


def run_mode(options):
    for kind in KINDS:
        wasm, cases = MODULES[kind.name]
        if kind.is_shared:  # checked like others: a sample tells
            cases = cases[::3]
        guest = Guest(wasm, options + SETTINGS)

        def number(n):
            return (kind.type_name, n)

        check_all(guest, kind, PAGE, cases)
        pages = 3 if kind.page == 1 else 1  # the new end lies within a page of the host
        guest.expect([PAGE // kind.page], "grow", number(pages), number(0))
        check_all(guest, kind, PAGE + pages * kind.page, cases[::5])
        for delta in (60000, kind.reach - 1, 2**32 - 1, kind.reach // 2):
            guest.expect([kind.reach - 1], "grow", number(delta), number(0))
        guest.expect([PAGE // kind.page + pages], "size")
        guest.close()
        pairs = Guest(PAIRS[kind.name][0], options + SETTINGS)
        for name, far in PAIRS[kind.name][1]:
            for n in kind.indices(PAGE, 8, far):
                wanted = [] if n + far + 8 <= PAGE else OUT_OF_BOUNDS
                pairs.expect(wanted, name, number(n), number(0))
        pairs.close()


def add_mode(name, options):
    def run():
        run_mode(options)
    run.__name__ = "edges_" + name.replace(" ", "_")
    test(run)


for mode, mode_options in MODES.items():
    add_mode(mode, mode_options)

# ---- bulk operations -----------------------------------------------------------------------------

DATA = b"0123456789"


def bulk_module(kind):
    m = Module(kind.index_type, kind.head)
    three = [kind.index_type] * 3
    fill = [kind.index_type, I32, kind.index_type]
    init = [kind.index_type, I32, I32]
    args = GET0 + GET1 + b"\x20\x02"
    m.func("fill", args + b"\xfc\x0b\x00", (), fill)
    m.func("copy", args + b"\xfc\x0a\x00\x00", (), three)
    m.func("init", args + b"\xfc\x08\x00\x00", (), init)
    data = section(11, vector([b"\x01" + leb(len(DATA)) + DATA]))
    return m.bytes(before=section(12, leb(1)), after=data)


@test
def bulk_operations():
    for kind in KINDS:
        edges = [0, 1, PAGE - 1, PAGE, PAGE + 1, 2**31, 2**32 - 1, 2**32, 2**63, 2**64 - PAGE,
                 2**64 - 1]
        edges = [n for n in edges if n < kind.reach]
        guest = Guest(bulk_module(kind), SETTINGS)

        def number(n):
            return (kind.type_name, n)

        def wanted(*ranges):
            fits = all(at + length <= size for at, length, size in ranges)
            return [] if fits else OUT_OF_BOUNDS

        for dst in edges:
            for length in edges:
                guest.expect(wanted((dst, length, PAGE)), "fill", number(dst), ("i32", 7),
                             number(length))
                for src in edges[::2]:
                    guest.expect(wanted((dst, length, PAGE), (src, length, PAGE)), "copy",
                                 number(dst), number(src), number(length))
            for length in (0, 1, 10, 11, 2**32 - 1):
                for src in (0, 1, 10, 11, 2**32 - 1):
                    guest.expect(wanted((dst, length, PAGE), (src, length, len(DATA))), "init",
                                 number(dst), ("i32", src), ("i32", length))
        guest.close()


# ---- tables --------------------------------------------------------------------------------------

def table_module():
    head = section(4, vector([b"\x70\x05" + leb(4) + leb(10)]))
    m = Module(I64, head)
    m.func("call", GET0 + b"\x11\x01\x00", [I32], [I64])
    m.func("seven", b"\x41\x07", [I32], [])
    m.func("get", GET0 + b"\x25\x00\xd1", [I32], [I64])
    m.func("set", GET0 + b"\xd0\x70\x26\x00", (), [I64])
    m.func("size", b"\xfc\x10\x00", [I64], [])
    m.func("grow", b"\xd0\x70" + GET0 + b"\xfc\x0f\x00", [I64], [I64])
    m.func("fill", GET0 + b"\xd0\x70" + GET1 + b"\xfc\x11\x00", (), [I64, I64])
    m.func("copy", GET0 + GET1 + b"\x20\x02\xfc\x0e\x00\x00", (), [I64] * 3)
    elem = section(9, vector([b"\x00" + b"\x42\x00\x0b" + vector([leb(1)] * 4)]))
    return m.bytes(before=elem)


@test
def tables_of_64_bits():
    wasm = table_module()
    far = [2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**61, 2**63, 2**64 - 4, 2**64 - 1]
    for options in MODES.values():
        guest = Guest(wasm, options)
        for size in (4, 5):
            guest.expect([size], "size")
            for n in [*range(6), *far]:
                at = ("i64", n)
                fits = n < size
                guest.expect([int(n == 4)] if fits else TABLE_OUT_OF_BOUNDS, "get", at)
                if n != 4:
                    guest.expect([7] if fits else TABLE_OUT_OF_BOUNDS, "call", at)
                if not fits:
                    guest.expect(TABLE_OUT_OF_BOUNDS, "set", at)
                for length in (0, 1, size, *far):
                    ok = n + length <= size
                    if not (ok and length):
                        guest.expect([] if ok else TABLE_OUT_OF_BOUNDS, "fill", at, ("i64", length))
                    guest.expect([] if ok else TABLE_OUT_OF_BOUNDS, "copy", at, at, ("i64", length))
            if size == 4:
                for delta in (7, *far):
                    guest.expect([2**64 - 1], "grow", ("i64", delta))
                guest.expect([4], "grow", ("i64", 1))
        guest.close()


# ---- size ----------------------------------------------------------------------------------------

@test
def beyond_four_gigabytes():
    """A memory grows past 2^32 bytes where the host lets it, and its edge is there."""
    m = Module(I64, section(5, vector([bytes([4]) + leb(1)])))
    m.func("grow", GET0 + b"\x40\x00", [I64])
    m.func("load", GET0 + b"\x2d\x00\x00", [I32])
    m.func("store", GET0 + b"\x41\x05\x3a\x00" + leb(2**32), ())
    for options in MODES.values():
        guest = Guest(m.bytes(), options)

        def run(name, n):
            return guest.run(name, ("i64", n), ("i64", 0))

        grown = run("grow", 5 << 16)
        expect(grown in ([1], [2**64 - 1]), grown)
        if grown == [1]:
            size = PAGE + (5 << 32)
            expect(run("load", size - 1) == [0] and run("load", size) == OUT_OF_BOUNDS, options)
            expect(run("store", size - 2**32 - 1) == [], options)
            expect(run("load", size - 1) == [5], options)
            expect(run("store", size - 2**32) == OUT_OF_BOUNDS, options)
            expect(run("store", 2**64 - 2**32) == OUT_OF_BOUNDS, options)
        expect(run("grow", 1 << 47) == [2**64 - 1], "more pages than there are addresses")
        guest.store.lib.wasmtime_store_limiter(guest.store.ptr, ctypes.c_int64(PAGE),
                                               *[ctypes.c_int64(-1)] * 4)
        expect(run("grow", 1) == [2**64 - 1], "beyond the store's limit")
        guest.close()


main()
