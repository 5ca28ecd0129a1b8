"""No i32 ever has anything above its 32 bits.

Generated code widens an i32 and takes it for an index by doing nothing, so a single operator, move
or reload that leaves something in the upper half of a register opens the sandbox. Random functions
make i32 values by every operator there is out of i64 whose upper halves are full, carry them
through locals, choices, loops, calls and spills, and store them widened: the upper halves must all
be zero.
"""

import random

from kit import MODES, assemble, capi, new_store
from testkit import expect, main, test

FUNCTIONS = 40
LOCALS = 24  # more than there are registers
I64_INPUTS = [0xdeadbeef00000000, 0x8000000080000000, 0xffffffffffffffff, 0x7fffffff80000001,
              0x123456789abcdef0, 0x4030201000000001]
F32_INPUTS = [0, 0x3f800000, 0xbf800000, 0x4f000000, 0x7fc00000, 0xff800000]
F64_INPUTS = [0, 0x3ff0000000000000, 0xc1e0000000000000, 0x41effffffff00000, 0x7ff8000000000000]

UNARY = ["clz", "ctz", "popcnt", "extend8_s", "extend16_s", "eqz"]
BINARY = ["add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr"]
DIVISIONS = ["div_s", "div_u", "rem_s", "rem_u"]
COMPARES = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"]
FLOAT_COMPARES = ["eq", "ne", "lt", "gt", "le", "ge"]

HELPERS = """
  (import "host" "dirty" (func $host (param i32) (result i32)))
  (memory (export "memory") 1) (table $table 3 funcref) (global $global (mut i32) (i32.const 0))
  (func $nothing)
  (func $same (param i32) (result i32) (local.get 0))
  (func $cut (param i64) (result i32) (i32.wrap_i64 (local.get 0)))
  (func $twelfth (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (local.get 11))
  (func $eighth (param i64) (result i32 i32 i32 i32 i32 i32 i32 i32)
    (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5)
    (i32.const 6) (i32.wrap_i64 (local.get 0)))"""


class Maker:
    """Random expressions as text, of at most `depth` operators above each other."""

    def __init__(self, rng):
        self.rng = rng

    def pick(self, *makers):
        return self.rng.choice(makers)()

    def i64(self, depth):
        rng = self.rng
        if depth <= 0:
            return rng.choice(["(local.get $a)", "(local.get $b)",
                               f"(i64.const {rng.getrandbits(63)})"])
        op = rng.choice(BINARY + ["extend_s", "extend_u", "load", "select"])
        if op == "extend_s" or op == "extend_u":
            return f"(i64.extend_i32_{op[-1]} {self.i32(depth - 1)})"
        if op == "load":
            return f"(i64.{rng.choice(['load', 'load32_s', 'load32_u', 'load8_s'])} {self.index()})"
        if op == "select":
            return f"(select {self.i64(depth - 1)} {self.i64(depth - 1)} {self.i32(depth - 1)})"
        return f"(i64.{op} {self.i64(depth - 1)} {self.i64(depth - 1)})"

    def index(self):
        return f"(i32.const {self.rng.randrange(0, 512)})"

    def local(self):
        return f"(local.get {5 + self.rng.randrange(LOCALS)})"

    def i32(self, depth):
        rng = self.rng
        if depth <= 0:
            return self.pick(self.local, lambda: f"(i32.wrap_i64 {self.i64(0)})",
                             lambda: f"(i32.const {rng.choice([-1, 0, 1, 0x80000000, 77])})")
        a, b = (lambda: self.i32(depth - 1)), (lambda: self.i64(depth - 1))
        return self.pick(
            lambda: f"(i32.wrap_i64 {b()})",
            lambda: f"(i32.wrap_i64 {b()})",
            lambda: f"(i32.{rng.choice(UNARY)} {a()})",
            lambda: f"(i32.{rng.choice(BINARY)} {a()} {a()})",
            lambda: f"(i32.{rng.choice(BINARY)} {a()} (i32.const {rng.randrange(-5, 40)}))",
            lambda: f"(i32.{rng.choice(DIVISIONS)} {a()} (i32.const {rng.choice([3, 7, 10, -9])}))",
            lambda: f"(i32.{rng.choice(DIVISIONS)} {a()} (i32.or {a()} (i32.const 2)))",
            lambda: f"(i32.{rng.choice(COMPARES)} {a()} {a()})",
            lambda: f"(i64.{rng.choice(COMPARES)} {b()} {b()})",
            lambda: f"(f64.{rng.choice(FLOAT_COMPARES)} (local.get $d) (f64.const 1))",
            lambda: f"(i32.trunc_sat_f32_{rng.choice('su')} (local.get $f))",
            lambda: f"(i32.trunc_sat_f64_{rng.choice('su')} (local.get $d))",
            lambda: "(i32.reinterpret_f32 (local.get $f))",
            lambda: "(i32.reinterpret_f32 (f32.demote_f64 (local.get $d)))",
            lambda: f"(i32.{rng.choice(['load', 'load8_s', 'load8_u', 'load16_s', 'load16_u'])} "
                    f"{self.index()})",
            lambda: "(memory.size)",
            lambda: "(memory.grow (i32.const 1000000))",
            lambda: "(table.size $table)",
            lambda: "(ref.is_null (table.get $table (i32.const 1)))",
            lambda: f"(select {a()} {a()} {a()})",
            lambda: f"(if (result i32) {a()} (then {a()}) (else {a()}))",
            lambda: f"(block (result i32) (br_if 0 {a()} {a()}))",
            lambda: f"(block (result i32) (br_table 0 0 {a()} {a()}))",
            lambda: f"(call $same {a()})",
            lambda: f"(call $cut {b()})",
            lambda: f"(call $host {a()})",
            lambda: "(call $twelfth " + "(i32.const 5) " * 11 + f"{a()})",
            lambda: f"(block (result i32) (call $eighth {b()}) (local.set $t) "
                    + "(drop) " * 7 + "(local.get $t))",
            lambda: f"(block (result i32) (global.set $global {a()}) (global.get $global))",
        )

    def statement(self):
        rng, to = self.rng, 5 + self.rng.randrange(LOCALS)
        return self.pick(
            lambda: f"(local.set {to} {self.i32(3)})",
            lambda: f"(local.set {to} {self.i32(2)})",
            lambda: "(call $nothing)",
            lambda: f"(i32.store {self.index()} {self.i32(1)})",
            lambda: f"(i64.store {self.index()} {self.i64(1)})",
            lambda: f"(local.set $n (i32.const {rng.randrange(1, 4)})) (loop $l{to} "
                    f"(local.set {to} {self.i32(2)}) "
                    f"(local.set {5 + rng.randrange(LOCALS)} (local.get {to})) "
                    f"(br_if $l{to} (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))",
            lambda: f"(if {self.i32(1)} (then (local.set {to} {self.i32(2)})) "
                    f"(else (call $nothing) (local.set {to} {self.i32(1)})))",
        )

    def function(self, name):
        locals_ = " ".join("i32" for _ in range(LOCALS))
        first = " ".join(f"(local.set {5 + k} (i32.wrap_i64 (i64.add (local.get $a) "
                         f"(i64.const {k}))))" for k in range(LOCALS))
        body = "\n    ".join(self.statement() for _ in range(16))
        out = " ".join(f"(i64.store offset={1024 + 8 * k} (i32.const 0) "
                       f"(i64.extend_i32_u (local.get {5 + k})))" for k in range(LOCALS))
        return (f'\n  (func (export "{name}") (param $n i32) (param $a i64) (param $b i64) '
                f"(param $f f32) (param $d f64) (local {locals_}) (local $t i32)\n"
                f"    {first}\n    {body}\n    {out})")


def make_module(seed):
    rng = random.Random(seed)
    return f"(module {HELPERS}" + "".join(Maker(rng).function(f"f{k}")
                                          for k in range(FUNCTIONS)) + ")"


def run(wasm, mode, rng):
    store = new_store(MODES[mode])
    store.define_raw("host", "dirty", ["i32"], ["i32"],
                     lambda words: [words[0] ^ 0xdeadbeef00000055])
    instance = store.instantiate(store.module(wasm))
    memory, finished = instance.export("memory"), 0
    for k in range(FUNCTIONS):
        func = instance.export(f"f{k}").of.func
        for _ in range(3):
            args = [rng.choice(F32_INPUTS), rng.choice(I64_INPUTS), rng.choice(I64_INPUTS),
                    rng.choice(F32_INPUTS), rng.choice(F64_INPUTS)]
            try:
                store.call_raw(func, args, 0)
            except capi.Trap:  # a division that overflows
                continue
            finished += 1
            out = store.memory_bytes(memory)[1024:1024 + 8 * LOCALS]
            for local in range(LOCALS):
                word = int.from_bytes(out[8 * local:8 * local + 8], "little")
                expect(word < 2**32, f"{mode}: f{k}{args}: local {local} is {word:#x}")
    expect(finished > FUNCTIONS, f"{mode}: only {finished} calls came to their end")
    store.close()


@test
def values_of_every_kind():
    for seed in range(12):
        wasm = assemble(make_module(seed))
        for mode in MODES:
            run(wasm, mode, random.Random(seed))


main()
