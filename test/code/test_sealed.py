"""Calls through tables: which are sealed, and that calls do the same however they are made."""

import itertools
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from testkit import ROOT, STINT, expect, main, test

sys.path.insert(0, str(ROOT / "test" / "fuzz"))
from generate import leb, section  # noqa: E402

MODULE = """(module
  (type $i (func (param i32) (result i32)))
  (type $v (func (param i32)))
  (type $l (func (param i64) (result i32)))
  %s
  (elem $passive func $one)
  (func $zero (type $i) (i32.const 10))
  (func $one (type $i) (i32.const 11))
  (func $void (type $v))
  (func $long (type $l) (i32.wrap_i64 (local.get 0)))
  (func (export "call") (param i32) (result i32)
    (call_indirect (type $i) (i32.const 0) (local.get 0)))
  (func (export "long") (param i32) (result i32)
    (call_indirect (type $l) (i64.const 77) (local.get 0)))
  (func (export "constant") (result i32) (call_indirect (type $l) (i64.const 5) (i32.const 3)))
  (func (export "tail") (param i32) (result i32)
    (return_call_indirect (type $i) (i32.const 0) (local.get 0)))
  (func (export "nothing") %s))"""
TABLE = "(table $t 8 funcref)"
FILLED = "(elem (table $t) (i32.const 0) func $zero $one $void $long)"

SEALED = {
    "plain": (TABLE + FILLED, ""),
    "read": (TABLE + FILLED, "(drop (table.get $t (i32.const 0))) (drop (table.size $t))"),
    "another is written": (TABLE + FILLED + "(table $u 4 funcref)",
                           "(table.set $u (i32.const 0) (ref.func $one))"),
    "read by a copy": (TABLE + FILLED + "(table $u 8 funcref)",
                       "(table.copy $u $t (i32.const 0) (i32.const 0) (i32.const 4))"),
    "bytes that look like a table.set": (TABLE + FILLED, "(drop (f64.const 0x1p-1009))"
                                         "(drop (i64.const 0x260000)) (drop (i32.const 0x13))"),
    "two segments": (TABLE + "(elem (table $t) (i32.const 0) func $one $one $one $one)" + FILLED,
                     ""),
    "no segment": (TABLE, ""),
}
NOT_SEALED = {
    "set": (TABLE + FILLED, "(table.set $t (i32.const 0) (ref.func $one))"),
    "unreachable set": (TABLE + FILLED,
                        "unreachable (table.set $t (i32.const 0) (ref.func $one))"),
    "grown": (TABLE + FILLED, "(drop (table.grow $t (ref.null func) (i32.const 1)))"),
    "filled": (TABLE + FILLED, "(table.fill $t (i32.const 0) (ref.null func) (i32.const 1))"),
    "copied to": (TABLE + FILLED,
                  "(table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 1))"),
    "initialized": (TABLE + FILLED,
                    "(table.init $t $passive (i32.const 0) (i32.const 0) (i32.const 1))"),
    "exported": ('(table $t (export "table") 8 funcref)' + FILLED, ""),
    "exported twice": (TABLE + FILLED + '(export "a" (table $t)) (export "b" (table $t))', ""),
    "segment too long": (TABLE + "(elem (table $t) (i32.const 6) func $zero $one $void $long)", ""),
    "an expression": (TABLE + FILLED + "(global $g funcref (ref.func $one))"
                      "(elem (table $t) (i32.const 0) funcref (global.get $g))", ""),
    "an initial value": ("(table $t 8 funcref (ref.func $one))" + FILLED, ""),
}
CALLS = [("call", str(n)) for n in (0, 1, 2, 3, 4, 7, 8, -1)] + \
    [("long", "3"), ("long", "1"), ("long", "5"), ("long", "8"), ("constant",), ("tail", "1"),
     ("tail", "2"), ("tail", "4"), ("tail", "9")]


def write(folder, text):
    path = Path(folder) / "m.wasm"
    (Path(folder) / "m.wat").write_text(text)
    subprocess.run([STINT, "parse", Path(folder) / "m.wat", "-o", path], check=True)
    return path


def dump(path):
    done = subprocess.run([STINT, "compile", "-O", "devirtualize=n", "-D", "dump=build", "-o",
                           "/dev/null", path], capture_output=True, text=True)
    expect(done.returncode == 0, done.stderr)
    return done.stderr


def is_sealed(path):
    found = set(re.findall(r"call_(code|ref)", dump(path)))
    expect(len(found) == 1, found)
    return found == {"code"}


def answer(path, call, options):
    done = subprocess.run([STINT, "run", *options, "--invoke", call[0], path, *call[1:]],
                          capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if not line.startswith("warning")]
    return done.returncode, done.stdout, said


@test
def tables_that_nothing_writes_are_sealed():
    with tempfile.TemporaryDirectory() as folder:
        for name, (table, code) in SEALED.items():
            expect(is_sealed(write(folder, MODULE % (table, code))), f"{name}: not sealed")


@test
def others_are_not():
    with tempfile.TemporaryDirectory() as folder:
        for name, (table, code) in NOT_SEALED.items():
            expect(not is_sealed(write(folder, MODULE % (table, code))), f"{name}: sealed")


@test
def calls_do_the_same_however_they_are_made():
    switches = [["-O", f"sealed-tables={s},devirtualize={d},inline={i}"]
                for s, d, i in itertools.product("yn", repeat=3)]
    with tempfile.TemporaryDirectory() as folder:
        for name in ("plain", "two segments", "no segment"):
            path = write(folder, MODULE % SEALED[name])
            for call in CALLS:
                first, *others = [answer(path, call, options) for options in switches]
                expect(first[0] in (0, 134), first)
                expect(all(other == first for other in others), f"{name}, {call}: {others}")


def binary(code):
    """A module with one sealable table, and a second function with this code."""
    def body(content):
        return leb(len(content) + 2) + b"\0" + content + b"\x0b"
    return (b"\0asm\1\0\0\0"
            + section(1, [b"\x60\0\0"]) + section(3, [b"\0", b"\0", b"\0"])
            + section(4, [b"\x70\0\4"])
            + section(7, [b"\x01a\0\0", b"\x01b\0\1"])
            + section(9, [b"\0\x41\0\x0b\1\2", b"\1\0\1\2"])
            + section(10, [body(b"\x41\0\x11\0\0"), body(code), body(b"")]))


@test
def numbers_may_be_longer_than_they_have_to_be():
    one, null = b"\x41\0", b"\xd0\x70"
    writes = {
        "set": one + null + b"\x26\x80\0",
        "set, five bytes": one + null + b"\x26\x80\x80\x80\x80\0",
        "init": one * 3 + b"\xfc\x8c\x80\0\1\0",
        "copy": one * 3 + b"\xfc\x8e\0\0\0",
        "grow": null + one + b"\xfc\x8f\0\0\x1a",
        "fill": one + null + one + b"\xfc\x91\x80\x80\x80\0\0",
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.wasm"
        path.write_bytes(binary(b""))
        expect(is_sealed(path), "nothing writes it")
        for name, code in writes.items():
            path.write_bytes(binary(code))
            expect(not is_sealed(path), name)


main()
