"""Every explicit check of generated code and of the runtime's bulk operations, at its edges.

Expectations are computed here from what the specification says. Taking a check out, or moving its
edge by one, makes a test fail in at least one mode of compilation.
"""

import math
import struct

from kit import (BAD_CONVERSION, BAD_SIGNATURE, DIVISION_BY_ZERO, INTEGER_OVERFLOW, MODES,
                 NULL_CALL, NULL_REFERENCE, OUT_OF_BOUNDS, PAGE, TABLE_OUT_OF_BOUNDS, Guest,
                 assemble, new_store)
from testkit import expect, main, test

# ---- division and conversion ---------------------------------------------------------------------

DIVISIONS = [f"{op}_{sign}" for op in ("div", "rem") for sign in "su"]


def signed(n, bits):
    return n - (1 << bits) if n >> (bits - 1) else n


def divide(op, bits, x, y):
    """The result, or the trap's code."""
    kind, sign = op.split("_")
    if y == 0:
        return DIVISION_BY_ZERO
    if sign == "s":
        x, y = signed(x, bits), signed(y, bits)
    quotient = abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)
    if kind == "div" and sign == "s" and quotient == 1 << (bits - 1):
        return INTEGER_OVERFLOW
    return [(quotient if kind == "div" else x - quotient * y) % (1 << bits)]


@test
def divisions():
    text = "".join(f"""
      (func (export "i{bits} {op}") (param i{bits} i{bits}) (result i{bits})
        (i{bits}.{op} (local.get 0) (local.get 1)))
      (func (export "i{bits} {op} drop") (param i{bits} i{bits}) (result i{bits})
        (drop (i{bits}.{op} (local.get 0) (local.get 1))) (i{bits}.const 5))
      (func (export "i{bits} {op} by 0") (param i{bits}) (result i{bits})
        (i{bits}.{op} (local.get 0) (i{bits}.const 0)))
      (func (export "i{bits} {op} by -1") (param i{bits}) (result i{bits})
        (i{bits}.{op} (local.get 0) (i{bits}.const -1)))"""
                   for bits in (32, 64) for op in DIVISIONS)
    wasm = assemble(f"(module {text})")
    for options in MODES.values():
        guest = Guest(wasm, options)
        for bits in (32, 64):
            top = 1 << (bits - 1)
            numbers = [0, 1, 2, 3, 7, top - 1, top, top + 1, 2 * top - 2, 2 * top - 1]
            for op in DIVISIONS:
                for x in numbers:
                    arg = (f"i{bits}", x)
                    guest.expect(divide(op, bits, x, 0), f"i{bits} {op} by 0", arg)
                    guest.expect(divide(op, bits, x, 2 * top - 1), f"i{bits} {op} by -1", arg)
                    for y in numbers:
                        wanted = divide(op, bits, x, y)
                        guest.expect(wanted, f"i{bits} {op}", arg, (f"i{bits}", y))
                        dropped = wanted if isinstance(wanted, int) else [5]
                        guest.expect(dropped, f"i{bits} {op} drop", arg, (f"i{bits}", y))
        guest.close()


def truncate(bits, sign, number):
    if math.isnan(number):
        return BAD_CONVERSION
    low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if sign == "s" else (0, 1 << bits)
    if math.isinf(number) or not low <= math.trunc(number) < high:
        return INTEGER_OVERFLOW
    return [math.trunc(number) % (1 << bits)]


def float_samples(form, integer):
    """Bit patterns around every edge a conversion can have."""
    def bits(number):
        return struct.unpack(integer, struct.pack(form, number))[0]

    around = [bits(sign * 2.0**power) for power in (-1, 0, 31, 32, 63, 64) for sign in (1, -1)]
    out = {(n + d) % (1 << 8 * struct.calcsize(form)) for n in around for d in (-1, 0, 1)}
    out |= {bits(n) for n in (0.0, -0.0, 0.99, -0.99, math.inf, -math.inf, math.nan,
                              2.0**31 - 1, -2.0**31 - 1, -2.0**31 - 0.5, 2.0**31 - 0.5,
                              2.0**32 - 0.5, 2.0**53)}
    return sorted(out)


@test
def conversions():
    text = "".join(f"""
      (func (export "i{bits} f{size} {sign}") (param f{size}) (result i{bits})
        (i{bits}.trunc_f{size}_{sign} (local.get 0)))
      (func (export "i{bits} f{size} {sign} drop") (param f{size}) (result i{bits})
        (drop (i{bits}.trunc_f{size}_{sign} (local.get 0))) (i{bits}.const 5))"""
                   for bits in (32, 64) for size in (32, 64) for sign in "su")
    wasm = assemble(f"(module {text})")
    for options in MODES.values():
        guest = Guest(wasm, options)
        for size, form, integer in ((32, "<f", "<I"), (64, "<d", "<Q")):
            for sample in float_samples(form, integer):
                number = struct.unpack(form, struct.pack(integer, sample))[0]
                for bits in (32, 64):
                    for sign in "su":
                        wanted, arg = truncate(bits, sign, number), (f"f{size}", sample)
                        guest.expect(wanted, f"i{bits} f{size} {sign}", arg)
                        dropped = wanted if isinstance(wanted, int) else [5]
                        guest.expect(dropped, f"i{bits} f{size} {sign} drop", arg)
        guest.close()


# ---- tables --------------------------------------------------------------------------------------

TABLES = """(module
  (type $v (func (result i32)))
  (table $t (export "table") 4 10 funcref) (table $u 4 10 funcref) (table $x 3 externref)
  (elem $active (table $t) (i32.const 0) func $a $b)
  (elem $passive func $a $b $a)
  (elem declare func $wide)
  (func $a (result i32) (i32.const 11)) (func $b (result i32) (i32.const 22))
  (func $wide (param i64) (result i32) (i32.const 33))
  (func (export "call") (param i32) (result i32) (call_indirect $t (type $v) (local.get 0)))
  (func (export "tail") (param i32) (result i32) (return_call_indirect $t (type $v) (local.get 0)))
  (func (export "get") (param i32) (result i32) (ref.is_null (table.get $t (local.get 0))))
  (func (export "set wide") (param i32) (table.set $t (local.get 0) (ref.func $wide)))
  (func (export "set null") (param i32) (table.set $t (local.get 0) (ref.null func)))
  (func (export "xget") (param i32) (result externref) (table.get $x (local.get 0)))
  (func (export "xset") (param i32 externref) (table.set $x (local.get 0) (local.get 1)))
  (func (export "grow") (param i32) (result i32) (table.grow $t (ref.func $b) (local.get 0)))
  (func (export "size") (result i32) (table.size $t))
  (func (export "fill") (param i32 i32) (table.fill $t (local.get 0) (ref.func $b) (local.get 1)))
  (func (export "copy") (param i32 i32 i32) (table.copy $t $t (local.get 0) (local.get 1)
    (local.get 2)))
  (func (export "across") (param i32 i32 i32) (table.copy $u $t (local.get 0) (local.get 1)
    (local.get 2)))
  (func (export "init") (param i32 i32 i32) (table.init $t $passive (local.get 0) (local.get 1)
    (local.get 2)))
  (func (export "init active") (param i32 i32 i32) (table.init $t $active (local.get 0)
    (local.get 1) (local.get 2)))
  (func (export "drop") (elem.drop $passive))
  (func (export "loop") (param i32) (result i32) (local $sum i32)
    (local.set $sum (call_indirect $t (type $v) (i32.const 0)))
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (call_indirect $t (type $v) (local.get 0))))
      (drop (table.grow $t (ref.func $b) (i32.const 1)))
      (local.set 0 (i32.sub (table.size $t) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get 0) (i32.const 9))))
    (local.get $sum)))"""
FAR = [2**31 - 1, 2**31, 2**32 - 1]


@test
def elements():
    wasm = assemble(TABLES)
    for options in MODES.values():
        guest = Guest(wasm, options)
        guest.expect([0], "get", 1)
        guest.expect([1], "get", 3)
        for export in ("call", "tail"):
            guest.expect([22], export, 1)
            guest.expect(NULL_CALL, export, 3)
        guest.expect([None], "xget", 2)
        for index in [4, 5, 8] + FAR:
            for export in ("call", "tail", "get", "set wide", "set null"):
                guest.expect(TABLE_OUT_OF_BOUNDS, export, index)
        for index in [3, 4] + FAR:
            guest.expect(TABLE_OUT_OF_BOUNDS, "xget", index)
            guest.expect(TABLE_OUT_OF_BOUNDS, "xset", index, ("externref", None))
        guest.expect([], "set wide", 3)
        for export in ("call", "tail"):
            guest.expect(BAD_SIGNATURE, export, 3)
        for delta in [7] + FAR:
            guest.expect([2**32 - 1], "grow", delta)
        guest.expect([4], "grow", 6)
        guest.expect([10], "size")
        guest.expect([22], "call", 9)
        guest.expect(TABLE_OUT_OF_BOUNDS, "call", 10)
        guest.close()


@test
def a_table_that_moves():
    """Growing moves the elements: code in a loop must look where they are each time."""
    wasm = assemble(TABLES)
    for options in MODES.values():
        guest = Guest(wasm, options)
        guest.expect([11 + 22 + 5 * 22], "loop", 1)
        guest.close()


def elements_of(guest, count):
    return [guest.run("call", index) for index in range(count)]


@test
def bulk_operations_on_tables():
    """Nothing is written unless everything fits."""
    wasm = assemble(TABLES)
    ranges = [(0, 0, 5), (4, 0, 1), (1, 0, 4), (5, 0, 0), (0, 5, 0)]
    ranges += [(n, 0, 1) for n in FAR] + [(0, n, 1) for n in FAR] + [(0, 0, n) for n in FAR]
    ranges += [(2**32 - 1, 0, 2), (0, 2**32 - 1, 2), (1, 0, 2**32 - 1), (2, 2, 2**32 - 2)]
    for options in MODES.values():
        guest = Guest(wasm, options)
        before = elements_of(guest, 4)
        for dst, src, size in ranges:
            for export in ("copy", "across"):
                guest.expect(TABLE_OUT_OF_BOUNDS, export, dst, src, size)
            if not (src == 5 and size == 0):
                guest.expect(TABLE_OUT_OF_BOUNDS, "init", dst, src, size)
            if src == 0:
                guest.expect(TABLE_OUT_OF_BOUNDS, "fill", dst, size)
        for dst, src, size in ((0, 3, 1), (0, 0, 4), (0, 4, 0), (0, 1, 3)):
            guest.expect(TABLE_OUT_OF_BOUNDS, "init", dst, src, size)
        guest.expect(TABLE_OUT_OF_BOUNDS, "init active", 0, 0, 1)  # dropped when it was copied
        guest.expect([], "init active", 0, 0, 0)
        expect(elements_of(guest, 4) == before, f"{elements_of(guest, 4)}, not {before}")
        for args in ((4, 4, 0), (0, 4, 0), (4, 0, 0), (1, 0, 3)):
            guest.expect([], "copy", *args)
        guest.expect([], "init", 4, 3, 0)
        guest.expect([], "init", 1, 0, 3)
        expect(elements_of(guest, 4) == [[11], [11], [22], [11]], elements_of(guest, 4))
        guest.expect([], "fill", 4, 0)
        guest.expect([], "drop")
        guest.expect(TABLE_OUT_OF_BOUNDS, "init", 0, 0, 1)
        guest.expect([], "init", 0, 0, 0)
        guest.close()


# ---- memories ------------------------------------------------------------------------------------

MEMORIES = """(module
  (memory $m (export "memory") 1 3) (memory $n (export "other") 1)
  (data $active (memory $m) (i32.const 16) "active")
  (data $passive "passive")
  (func (export "fill") (param i32 i32) (memory.fill $m (local.get 0) (i32.const 0xaa)
    (local.get 1)))
  (func (export "copy") (param i32 i32 i32) (memory.copy $m $m (local.get 0) (local.get 1)
    (local.get 2)))
  (func (export "across") (param i32 i32 i32) (memory.copy $n $m (local.get 0) (local.get 1)
    (local.get 2)))
  (func (export "back") (param i32 i32 i32) (memory.copy $m $n (local.get 0) (local.get 1)
    (local.get 2)))
  (func (export "init") (param i32 i32 i32) (memory.init $m $passive (local.get 0) (local.get 1)
    (local.get 2)))
  (func (export "init active") (param i32 i32 i32) (memory.init $m $active (local.get 0)
    (local.get 1) (local.get 2)))
  (func (export "drop") (data.drop $passive))
  (func (export "grow") (param i32) (result i32) (memory.grow $m (local.get 0)))
  (func (export "size") (result i32) (memory.size $m))
  (func (export "load") (param i32) (result i32) (i32.load8_u $m (local.get 0)))
  (func (export "load other") (param i32) (result i32) (i32.load8_u $n (local.get 0)))
  (func (export "grow and touch") (param i32) (result i32)
    (drop (i32.load8_u $m (i32.const 0)))
    (drop (memory.grow $m (i32.const 1)))
    (i32.load8_u $m (local.get 0))))"""


@test
def bulk_operations_on_memories():
    wasm = assemble(MEMORIES)
    bad = [(0, 0, PAGE + 1), (PAGE, 0, 1), (1, 0, PAGE), (PAGE + 1, 0, 0), (0, PAGE + 1, 0)]
    bad += [(n, 0, 1) for n in FAR] + [(0, n, 1) for n in FAR] + [(0, 0, n) for n in FAR]
    bad += [(2**32 - 1, 0, 2), (0, 2**32 - 1, 2), (1, 0, 2**32 - 1), (2, 2, 2**32 - 2)]
    for options in MODES.values():
        guest = Guest(wasm, options)
        memory = guest.instance.export("memory")
        before = guest.store.memory_bytes(memory)
        expect(before[16:22] == b"active", before[16:22])
        for dst, src, size in bad:
            for export in ("copy", "across", "back"):
                guest.expect(OUT_OF_BOUNDS, export, dst, src, size)
            if (dst, src, size) != (0, PAGE + 1, 0):
                guest.expect(OUT_OF_BOUNDS, "init", dst, src, size)
            if src == 0:
                guest.expect(OUT_OF_BOUNDS, "fill", dst, size)
        for args in ((0, 7, 1), (0, 0, 8), (0, 8, 0), (PAGE - 6, 0, 7)):
            guest.expect(OUT_OF_BOUNDS, "init", *args)
        guest.expect(OUT_OF_BOUNDS, "init active", 0, 0, 1)
        guest.expect([], "init active", PAGE, 0, 0)
        expect(guest.store.memory_bytes(memory) == before, "a trap has written")
        for args in ((PAGE, PAGE, 0), (0, PAGE, 0), (PAGE, 0, 0), (PAGE - 3, 0, 3)):
            guest.expect([], "copy", *args)
        guest.expect([], "init", PAGE - 7, 0, 7)
        guest.expect([], "fill", PAGE, 0)
        guest.expect([], "fill", 0, 16)
        wanted = b"\xaa" * 16 + b"active" + bytes(PAGE - 29) + b"passive"
        expect(guest.store.memory_bytes(memory) == wanted, "what was written is wrong")
        guest.expect([], "drop")
        guest.expect(OUT_OF_BOUNDS, "init", 0, 0, 1)
        guest.expect([], "init", 0, 0, 0)
        guest.close()


@test
def growing():
    wasm = assemble(MEMORIES)
    for mode, options in MODES.items():
        guest = Guest(wasm, options)
        guest.expect([], "fill", 0, PAGE)
        for delta in [3] + FAR + [65535, 65536]:
            guest.expect([2**32 - 1], "grow", delta)
            guest.expect([1], "size")
            guest.expect(OUT_OF_BOUNDS, "load", PAGE)
        guest.expect([0], "grow and touch", PAGE)
        guest.expect([2], "grow", 1)
        guest.expect([3], "grow", 0)
        guest.expect([2**32 - 1], "grow", 1)
        guest.expect([0], "load", 3 * PAGE - 1)
        guest.expect(OUT_OF_BOUNDS, "load", 3 * PAGE)
        guest.expect(OUT_OF_BOUNDS, "load other", PAGE)
        bytes_ = guest.store.memory_bytes(guest.instance.export("memory"))
        expect(bytes_ == b"\xaa" * PAGE + bytes(2 * PAGE), f"{mode}: what was grown is not zero")
        guest.close()


@test
def growing_to_the_end_of_the_index():
    """65536 pages: the last byte is there, and an access across it is not."""
    wasm = assemble("""(module (memory (export "memory") 65535)
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
      (func (export "load4") (param i32) (result i32) (i32.load (local.get 0)))
      (func (export "load at 1") (param i32) (result i32) (i32.load8_u offset=1 (local.get 0)))
      (func (export "copy") (param i32 i32 i32)
        (memory.copy (local.get 0) (local.get 1) (local.get 2))))""")
    for mode in ("default", "gs", "explicit bounds"):
        guest = Guest(wasm, MODES[mode])
        guest.expect([2**32 - 1], "grow", 2)
        guest.expect(OUT_OF_BOUNDS, "load", 2**32 - PAGE)
        guest.expect([65535], "grow", 1)
        guest.expect([2**32 - 1], "grow", 1)
        guest.expect([0], "load", 2**32 - 1)
        guest.expect([0], "load4", 2**32 - 4)
        guest.expect(OUT_OF_BOUNDS, "load4", 2**32 - 3)
        guest.expect([0], "load at 1", 2**32 - 2)
        guest.expect(OUT_OF_BOUNDS, "load at 1", 2**32 - 1)
        guest.expect([], "copy", 2**32 - 8, 0, 8)
        guest.expect(OUT_OF_BOUNDS, "copy", 2**32 - 8, 0, 9)
        guest.close()


@test
def limits_of_the_store():
    wasm = assemble("""(module (memory 1)
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))""")
    for options in MODES.values():
        store = new_store(options)
        store.limit_memory(5 * PAGE - 1)
        guest = Guest(wasm, store=store)
        guest.expect([2**32 - 1], "grow", 4)
        guest.expect([1], "grow", 3)
        guest.expect([2**32 - 1], "grow", 1)
        guest.expect(OUT_OF_BOUNDS, "load", 4 * PAGE)
        guest.close()


@test
def constant_indices():
    """Addresses that are known when compiling take ways of their own."""
    cases = [(at, offset) for at in (0, 5, PAGE - 4, PAGE - 3, PAGE, 2**31 - 1, 2**31, 2**32 - 4,
                                     2**32 - 1)
             for offset in (0, 1, PAGE, 0x1fffffc, 0x2000000, 0x2000005, 2**31, 2**32 - 1)]
    text = "".join(f"""
      (func (export "load {at} {offset}") (result i32)
        (i32.load offset={offset} (i32.const {at - (at >> 31 << 32)})))
      (func (export "store {at} {offset}")
        (i32.store offset={offset} (i32.const {at - (at >> 31 << 32)}) (i32.const 0)))"""
                   for at, offset in cases)
    wasm = assemble(f"(module (memory 1) {text})")
    for options in MODES.values():
        guest = Guest(wasm, options)
        for at, offset in cases:
            fits = at + offset + 4 <= PAGE
            guest.expect([0] if fits else OUT_OF_BOUNDS, f"load {at} {offset}")
            guest.expect([] if fits else OUT_OF_BOUNDS, f"store {at} {offset}")
        guest.close()


# ---- references ----------------------------------------------------------------------------------

# Typed references, and types that are not final, byte by byte.

def leb(number):
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + leb(number >> 7)


def vector(items):
    return leb(len(items)) + b"".join(items)


def section(number, items):
    content = vector(items)
    return bytes([number]) + leb(len(content)) + content


def module(types, funcs, tables, exports, elems, bodies):
    return (b"\0asm\1\0\0\0" + section(1, types) + section(3, [bytes([f]) for f in funcs])
            + section(4, tables) + section(7, [leb(len(name)) + name.encode() + b"\0" + bytes([f])
                                               for f, name in exports]) + section(9, elems)
            + section(10, [leb(len(body) + 2) + b"\0" + body + b"\x0b" for body in bodies]))


def module_with_references():
    """Function 0 gives 9, of type 0; references to it, or null, are called in every way."""
    select = b"\xd2\0" + b"\xd0\0" + b"\x20\0" + b"\x1c\1\x63\0"  # local 0 ? function 0 : null
    return module(
        types=[b"\x60\0\1\x7f", b"\x60\1\x7f\1\x7f", b"\x60\0\0"], funcs=[0, 1, 0, 1, 1, 2, 1],
        tables=[b"\x70\0\2", b"\x63\0\0\2"],
        exports=[(1, "call"), (2, "call null"), (3, "tail"), (4, "as"), (5, "put"), (6, "typed")],
        elems=[b"\0\x41\0\x0b\1\0"],
        bodies=[b"\x41\x09", select + b"\x14\0", b"\xd0\0\x14\0", select + b"\x15\0",
                b"\x20\0\x25\0\xd4\xd1", b"\x41\1\xd2\0\x26\1", b"\x20\0\x11\0\1"])


def module_with_subtypes():
    """Type 1 is below 0, and 2 below 1; 4 is alone. A table holds a function of each, and 0, 1
    and 2 call what it has at an index by the type of their name."""
    func = b"\x60\0\1\x7f"
    return module(
        types=[b"\x50\0" + func, b"\x50\1\0" + func, b"\x50\1\1" + func, b"\x60\1\x7f\1\x7f",
               b"\x50\0\x60\1\x7e\1\x7f"],
        funcs=[0, 1, 2, 4, 3, 3, 3], tables=[b"\x70\0\4"],
        exports=[(4 + k, str(k)) for k in range(3)], elems=[b"\0\x41\0\x0b\4\0\1\2\3"],
        bodies=[b"\x41" + bytes([k]) for k in range(4)]
               + [b"\x20\0\x11" + bytes([k]) + b"\0" for k in range(3)])


@test
def references():
    wasm, subtypes = module_with_references(), module_with_subtypes()
    for options in MODES.values():
        guest = Guest(wasm, options)
        for export in ("call", "tail"):
            guest.expect([9], export, 1)
            guest.expect(NULL_REFERENCE, export, 0)
        guest.expect(NULL_REFERENCE, "call null")
        guest.expect([0], "as", 0)
        guest.expect(NULL_REFERENCE, "as", 1)
        guest.expect(NULL_CALL, "typed", 1)
        guest.expect([], "put")
        guest.expect([9], "typed", 1)
        guest.expect(TABLE_OUT_OF_BOUNDS, "typed", 2)
        guest.close()
        guest = Guest(subtypes, options)
        for want in range(3):
            for have in range(4):
                fits = want <= have < 3
                guest.expect([have] if fits else BAD_SIGNATURE, str(want), have)
        guest.close()


@test
def branch_tables():
    wasm = assemble("""(module
      (func (export "two") (param i32) (result i32)
        (block (block (br_table 0 1 (local.get 0))) (return (i32.const 10))) (i32.const 11))
      (func (export "four") (param i32) (result i32)
        (block (block (block (block (br_table 0 1 2 3 (local.get 0))) (return (i32.const 10)))
          (return (i32.const 11))) (return (i32.const 12))) (i32.const 13)))""")
    for options in MODES.values():
        guest = Guest(wasm, options)
        for index in [0, 1, 2, 3, 4, 5] + FAR:
            guest.expect([10 + min(index, 1)], "two", index)
            guest.expect([10 + min(index, 3)], "four", index)
        guest.close()


main()
