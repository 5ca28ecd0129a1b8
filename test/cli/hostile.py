#!/usr/bin/env python3
"""Writes a module of hostile size to standard output; the tests of bad_input.t use it."""

import sys


def leb(n):
    out = b""
    while True:
        byte, n = n & 0x7f, n >> 7
        if not n:
            return out + bytes([byte])
        out += bytes([byte | 0x80])


def section(number, body):
    return bytes([number]) + leb(len(body)) + body


def module(body, locals_=b"\x00", types=b"\x01\x60\x00\x00", tail=b"\x0b"):
    code = locals_ + body + tail
    return (b"\0asm\1\0\0\0" + section(1, types) + section(3, b"\x01\x00") +
            section(7, b"\x01\x06_start\x00\x00") + section(10, b"\x01" + leb(len(code)) + code))


def many_functions(count, body):
    """Not hostile, but long to compile: functions from i32 to i32."""
    code = b"\x00" + body + b"\x0b"
    return (b"\0asm\1\0\0\0" + section(1, b"\x01\x60\x01\x7f\x01\x7f") +
            section(3, leb(count) + b"\x00" * count) +
            section(10, leb(count) + (leb(len(code)) + code) * count))


def with_names():
    """A name section whose parts claim more than there is, over and over."""
    lies = [b"\x01\xff\xff\xff\xff\x0f", b"\x01\x05\xff\xff\xff\xff\x0f", b"\x01\x03\x01\x00\x7f",
            b"\x00\x02\x7fa", b"\x02\x06\x01\x00\xff\xff\xff\x7f"]
    return module(b"") + b"".join(section(0, b"\x04name" + lie * 1000) for lie in lies)


def with_segments(count):
    """Passive data segments of no bytes."""
    return module(b"") + section(11, leb(count) + b"\x01\x00" * count)


def with_imports(count):
    rows = b"".join(b"\x01m" + leb(len(name)) + name + b"\x00\x00"
                    for name in (b"%d" % i for i in range(count)))
    return (b"\0asm\1\0\0\0" + section(1, b"\x01\x60\x00\x00") + section(2, leb(count) + rows))


BLOCK, END = b"\x02\x40", b"\x0b"
MODULES = {
    "nesting": lambda: module(BLOCK * 300_000 + END * 300_000),
    "open": lambda: module(BLOCK * 1_000_000, tail=b""),
    "locals": lambda: module(b"", locals_=b"\x01" + leb(50_000) + b"\x7e"),
    "many-locals": lambda: module(b"", locals_=b"\x02" + (leb(0xffffffff) + b"\x7e") * 2),
    "table": lambda: module(b"\x41\x00\x0e" + leb(65_520) + b"\x00" * 65_521),
    # i32.const 1, i32.const 2, i32.mul, drop
    "body": lambda: module(b"\x41\x01\x41\x02\x6c\x1a" * (7_000_000 // 6)),
    # local.get 0, then again and again: local.get 0, i32.rotl, local.get 0, i32.add
    "functions": lambda: many_functions(80_000, b"\x20\x00" + b"\x20\x00\x77\x20\x00\x6a" * 60),
    "names": with_names,
    "segments": lambda: with_segments(100_000),
    "many-segments": lambda: with_segments(1_000_000),
    "imports": lambda: with_imports(10_000),
    "types": lambda: module(b"", types=leb(1_000_000) + b"\x60\x00\x00" * 1_000_000),
}

sys.stdout.buffer.write(MODULES[sys.argv[1]]())
