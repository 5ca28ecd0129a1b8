"""Random modules from a seed: valid, terminating, without imports, all but the table exported.

    wasm = module(seed, ("mvp", "simd"))

The operators come from src/wasm/ops.def: one whose row says what it takes and gives is used as soon
as it stands there. Bodies are trees of expressions with statements in between, biased to what
compilers get wrong: i32 beside i64, offsets at the end of a memory, many locals, branches with
values, br_table, calls in all forms, small functions. A counter in a global ends what would not
end.

Families: mvp is always in. Others: simd, wide, memory64, tail (tail calls), multi (two memories),
throw (exceptions).
"""

import random
import re
import struct
from pathlib import Path

OPS = Path(__file__).resolve().parent.parent.parent / "src" / "wasm" / "ops.def"
ROW = re.compile(r'^OP\((\w+), (\w\w), (0x\w+), "[^"]*", (\w+), "([^"]*)", (\w+), \d+, (\d+)\)',
                 re.M)
FAMILY = {"MVP": "mvp", "SIMD": "simd", "WIDE_ARITHMETIC": "wide",
          "RELAXED_SIMD": "relaxed"}
IMMEDIATES = ("NONE", "MEMARG", "MEMARG_LANE", "LANE", "SHUFFLE")
TYPE = {"i": 0x7F, "I": 0x7E, "f": 0x7D, "F": 0x7C, "v": 0x7B}
CONST = {"i": b"\x41", "I": b"\x42", "f": b"\x43", "F": b"\x44", "v": b"\xfd\x0c"}
CORNERS = (0, 1, 2, 3, 7, 8, 31, 32, 63, 64, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000,
           0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -0.9, 3e9, -3e9, 1e19, 2147483647.0, 4294967296.0,
          9.3e18, 1e-40, 3e38, float("inf"), float("-inf"), float("nan"))
PAGES = 1
CONSTANT_FORMS = 9
FUEL = 0  # the global that counts loops
TAGS = ("i", "", "Ifi")  # what each tag carries


def leb(value):
    out = bytearray()
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def sleb(value):
    out = bytearray()
    while True:
        byte = value & 0x7f
        value >>= 7
        done = value == 0 and not byte & 0x40 or value == -1 and byte & 0x40
        out.append(byte if done else byte | 0x80)
        if done:
            return bytes(out)


def vector(items):
    return leb(len(items)) + b"".join(items)


def section(number, items):
    content = vector(items)
    return bytes([number]) + leb(len(content)) + content if items else b""


class Op:
    def __init__(self, row):
        name, prefix, code, self.imm, sig, feature, width = row
        self.name, self.width = name, int(width)
        self.family = FAMILY.get(feature)
        self.params, _, self.results = sig.partition(":")
        number = leb(int(code, 16))
        self.code = bytes([int(code, 16)]) if prefix == "00" else bytes([int(prefix, 16)]) + number
        self.usable = (self.family is not None and self.imm in IMMEDIATES and sig != "*"
                       and len(self.results) <= 1 and name != "NOP")


def read_ops():
    ops = [Op(row) for row in ROW.findall(OPS.read_text())]
    return [op for op in ops if op.usable], {op.name: op for op in ops}


USABLE, BY_NAME = read_ops()


def const(rng, letter):
    """A constant of a type, mostly one at which something changes."""
    if letter in "iI":
        bits = 32 if letter == "i" else 64
        value = rng.choice(CORNERS) if rng.random() < .7 else rng.getrandbits(bits)
        value &= (1 << bits) - 1
        return CONST[letter] + sleb(value - (1 << bits) if value >> (bits - 1) else value)
    if letter == "v":
        return CONST["v"] + rng.randbytes(16)
    number = rng.choice(FLOATS) if rng.random() < .7 else rng.uniform(-1e6, 1e6)
    return CONST[letter] + struct.pack("<f" if letter == "f" else "<d", number)


class Function:
    def __init__(self, params, result):
        self.params, self.result = params, result
        self.type = None


class Body:
    """Writes one function. Labels are listed innermost last, by the value a branch to one takes:
    a letter, or an empty text; None for a loop, which is gone round by its own count alone."""

    def __init__(self, gen, number):
        self.gen, self.rng = gen, gen.rng
        self.number, self.function = number, gen.functions[number]
        self.locals = list(self.function.params)
        self.locals += [self.rng.choice(gen.types) for _ in range(self.rng.choice((2, 5, 30)))]
        self.labels = [self.function.result]
        self.budget = self.rng.choice((3, 30, 100, 300))

    # ---- values ----
    def const(self, letter):
        return const(self.rng, letter)

    def local(self, letter):
        found = [i for i, kind in enumerate(self.locals) if kind == letter]
        return leb(self.rng.choice(found)) if found else None

    def address(self, width):
        """An index most of whose accesses are in bounds, and a memory argument for it."""
        rng, gen = self.rng, self.gen
        memory = rng.randrange(len(gen.memories))
        letter = "I" if gen.memories[memory] else "i"
        if rng.random() < .95:
            mask = CONST[letter] + sleb(0xffff if rng.random() < .3 else 0x3ff)
            index = self.expr(letter) + mask + BY_NAME[letter.upper() + (
                "64_AND" if letter == "I" else "32_AND")].code
        else:
            index = self.expr(letter)
        offset = rng.choice((0, 1, 8, 200, 0xfff0, 0xffff, 0x10000, 0x7fffffff, 0xfffffffc)) \
            if rng.random() < .1 else rng.randrange(64)
        align = rng.randrange(width + 1)
        return index, leb(align | (0x40 if memory else 0)) + (leb(memory) if memory else b"") \
            + leb(offset)

    def operation(self, op):
        rng, out = self.rng, b""
        immediate = b""
        lanes = 16 >> op.width
        if op.imm.startswith("MEMARG"):
            index, immediate = self.address(op.width)
            out += index
        for letter in op.params[1:] if op.imm.startswith("MEMARG") else op.params:
            out += self.expr(letter)
        if op.imm == "SHUFFLE":
            immediate = bytes(rng.randrange(32) for _ in range(16))
        elif op.imm.endswith("LANE"):
            immediate += bytes([rng.randrange(lanes)])
        return out + op.code + immediate

    def expr(self, letter):
        """A value of this type."""
        rng, gen = self.rng, self.gen
        self.budget -= 1
        kind = rng.random()
        if self.budget <= 0 or kind < .12:
            return self.const(letter)
        if kind < .35:
            place = self.local(letter)
            return b"\x20" + place if place is not None else self.const(letter)
        if kind < .40:
            place = self.local(letter)
            return self.expr(letter) + b"\x22" + place if place is not None else self.const(letter)
        if kind < .44:
            return b"\x23" + leb(gen.global_of(letter))
        if kind < .48:
            return self.expr(letter) + self.expr(letter) + self.expr("i") + b"\x1b" \
                if letter != "v" else self.expr(letter)
        if kind < .54:
            return self.block(letter)
        if kind < .60:
            return self.call(letter) or self.const(letter)
        if kind < .62 and letter in "iI":
            return self.memory_number(letter)
        ops = gen.giving[letter]
        return self.operation(rng.choice(ops)) if ops else self.const(letter)

    def memory_number(self, letter):
        memory = self.rng.randrange(len(self.gen.memories))
        if self.gen.memories[memory] != (letter == "I"):
            return self.const(letter)
        grow = CONST[letter] + sleb(self.rng.choice((0, 1, 2, 100000))) + b"\x40"
        return (grow if self.rng.random() < .3 else b"\x3f") + leb(memory)

    # ---- constructs ----
    def inside(self, label, write):
        self.labels.append(label)
        out = write()
        self.labels.pop()
        return out

    def block(self, letter):
        """A block, if or loop that gives a value, and may be left with one."""
        kind = bytes([TYPE[letter]])
        if self.rng.random() < .5:
            then = self.inside(letter, lambda: self.statements(1) + self.expr(letter))
            other = self.inside(letter, lambda: self.statements(1) + self.expr(letter))
            return self.expr("i") + b"\x04" + kind + then + b"\x05" + other + b"\x0b"
        return b"\x02" + kind + self.inside(
            letter, lambda: self.statements(2) + self.expr(letter)) + b"\x0b"

    def call(self, letter, is_tail=False):
        """Only functions behind this one are called, so nothing recurses. None: there is none."""
        rng, gen = self.rng, self.gen
        behind = [i for i in range(self.number + 1, len(gen.functions))
                  if gen.functions[i].result == letter]
        if not behind:
            return None
        callee = rng.choice(behind)
        out = b"".join(self.expr(kind) for kind in gen.functions[callee].params)
        kind = rng.random()
        if kind < .5:
            return out + (b"\x12" if is_tail else b"\x10") + leb(callee)
        # Through the table, at a place that may hold another type, or be null or outside.
        index = callee if kind < .9 else rng.randrange(len(gen.functions) + 4)
        if index < len(gen.functions) and index <= self.number:
            index = callee
        code = b"\x13" if is_tail else b"\x11"
        place = CONST["i"] + sleb(index)
        if rng.random() < .4:  # it is not known which, but behind this function in any case
            other = rng.randrange(self.number + 1, len(gen.functions))
            place += CONST["i"] + sleb(other) + self.expr("i") + b"\x1b"
        return out + place + code + leb(gen.functions[callee].type) + b"\0"

    def branch(self):
        """A conditional branch out of some construct."""
        depth = self.rng.choice([d for d in range(len(self.labels))
                                 if self.labels[-1 - d] is not None])
        letter = self.labels[-1 - depth]
        if not letter:
            return self.expr("i") + b"\x0d" + leb(depth)
        return self.expr(letter) + self.expr("i") + b"\x0d" + leb(depth) + b"\x1a"

    def table_branch(self):
        """A br_table behind blocks without values."""
        n = self.rng.randrange(1, 5)
        labels = vector([leb(self.rng.randrange(n)) for _ in range(self.rng.randrange(6))])
        self.labels += [""] * n
        out = b"\x02\x40" * n + self.expr("i") + b"\x0e" + labels + leb(self.rng.randrange(n))
        for _ in range(n):
            self.labels.pop()
            out += b"\x0b" + self.simple()
        return out

    def loop(self):
        """Runs on while a condition holds and the counter of the module is not used up."""
        count = b"\x23\x00\x41\x01\x6b\x24\x00" + b"\x23\x00\x41\x00\x4a"
        body = self.inside(None, lambda: self.statements(2) + count + self.expr("i") + b"\x71"
                           + b"\x0d\x00")
        return b"\x03\x40" + body + b"\x0b"

    # ---- statements ----
    def simple(self):
        rng = self.rng
        letter = rng.choice(self.gen.types)
        kind = rng.random()
        if kind < .5:
            place = self.local(letter)
            return self.expr(letter) + b"\x21" + place if place is not None else b"\x01"
        if kind < .6:
            return self.expr(letter) + b"\x24" + leb(self.gen.global_of(letter))
        if kind < .7:
            return self.expr(letter) + b"\x1a"
        if kind < .74:
            return self.bulk()
        return self.operation(rng.choice(self.gen.giving[""]))

    def bulk(self):
        memory = self.rng.randrange(len(self.gen.memories))
        letter = "I" if self.gen.memories[memory] else "i"
        small = lambda: CONST[letter] + sleb(self.rng.choice((0, 1, 5, 16, 300, 65530, 65536)))
        if self.rng.random() < .5:
            return small() + self.expr("i") + small() + b"\xfc\x0b" + leb(memory)
        return small() + small() + small() + b"\xfc\x0a" + leb(memory) + leb(memory)

    # ---- exceptions ----
    def throw(self):
        """Throws if a condition holds."""
        tag = self.rng.randrange(len(TAGS))
        condition = self.expr("i")
        values = self.inside("", lambda: b"".join(self.expr(letter) for letter in TAGS[tag]))
        return condition + b"\x04\x40" + values + b"\x08" + leb(tag) + b"\x0b"

    def guarded(self, clauses):
        """A try_table without a value."""
        return b"\x1f\x40" + clauses + self.inside("", lambda: self.statements(3)) + b"\x0b"

    def try_value(self):
        """An i32 that an exception may have brought."""
        return b"\x02\x7f" + self.inside(
            "i", lambda: self.guarded(b"\x01\0\0\0") + self.expr("i")) + b"\x0b"

    def try_all(self):
        """Statements whose exceptions go no further."""
        clauses = self.rng.choice((b"\x01\x02\0", b"\x02\0\x01\0\x02\0"))
        return b"\x02\x40" + self.inside("", lambda: self.guarded(clauses)) + b"\x0b"

    def try_again(self):
        """The same, or they are thrown again: a block that is left, in it one with an exnref."""
        self.labels += ["", None]
        out = b"\x02\x40\x02\x69" + self.guarded(b"\x01\x03\0") + b"\x0c\x01\x0b"
        del self.labels[-2:]
        return out + self.rng.choice((b"\x1a", b"\x0a")) + b"\x0b"

    def exception(self):
        kind = self.rng.random()
        if kind < .4:
            return self.throw()
        if kind < .6:
            return self.try_value() + b"\x1a"
        return self.try_all() if kind < .8 else self.try_again()

    def statement(self):
        kind = self.rng.random()
        if self.budget <= 0:
            return b""
        if "throw" in self.gen.families and self.rng.random() < .15:
            return self.exception()
        if kind < .55:
            return self.simple()
        if kind < .70:
            return self.branch()
        if kind < .78:
            return self.table_branch()
        if kind < .86:
            return self.loop()
        body = self.inside("", lambda: self.statements(2))
        if kind < .93:
            return b"\x02\x40" + body + b"\x0b"
        other = self.inside("", lambda: self.statements(2))
        return self.expr("i") + b"\x04\x40" + body + b"\x05" + other + b"\x0b"

    def statements(self, most):
        return b"".join(self.statement() for _ in range(self.rng.randrange(most + 1)))

    def write(self):
        code = b""
        while self.budget > 0:
            code += self.statement()
        code += self.result()
        extra = self.locals[len(self.function.params):]
        runs = vector([b"\x01" + bytes([TYPE[letter]]) for letter in extra])
        code = runs + code + b"\x0b"
        return leb(len(code)) + code

    def result(self):
        letter = self.function.result
        is_tail = "tail" in self.gen.families and self.rng.random() < .5
        return is_tail and self.call(letter, is_tail) or self.expr(letter)


class Generator:
    def __init__(self, seed, families):
        self.rng = random.Random(seed)
        self.families = {"mvp", *families}
        self.types = ["i", "I", "f", "F"] + (["v"] if "simd" in families else [])
        self.giving = {letter: [] for letter in self.types + [""]}
        for op in USABLE:
            if op.family in self.families and set(op.params + op.results) <= {*self.types, "a"}:
                self.giving[op.results].append(op)
        self.memories = ["memory64" in families and self.rng.random() < .7]
        if "multi" in families:
            self.memories.append("memory64" in families and self.rng.random() < .5)
        self.functions = [Function([self.rng.choice(self.types)
                                    for _ in range(self.rng.choice((0, 1, 2, 3, 10)))],
                                   self.rng.choice(self.types))
                          for _ in range(self.rng.randrange(1, 9))]
        self.globals = ["i"] + self.types

    def global_of(self, letter):
        return self.globals.index(letter, 1)

    def write(self):
        types = []
        for function in self.functions:
            text = b"\x60" + vector([bytes([TYPE[p]]) for p in function.params]) \
                + vector([bytes([TYPE[function.result]])])
            if text not in types:
                types.append(text)
            function.type = types.index(text)
        first_tag, tags = len(types), TAGS if "throw" in self.families else ()
        types += [b"\x60" + vector([bytes([TYPE[letter]]) for letter in letters]) + b"\0"
                  for letters in tags]
        tags = [b"\0" + leb(first_tag + i) for i in range(len(tags))]
        bodies = [Body(self, i).write() for i in range(len(self.functions))]
        count = len(self.functions)
        exports = [b"\x02f%d" % i + b"\0" + leb(i) for i in range(count)]
        exports += [b"\x02m%d" % i + b"\x02" + leb(i) for i in range(len(self.memories))]
        exports += [b"\x02g%d" % i + b"\x03" + leb(i) for i in range(len(self.globals))]
        zero = {"i": b"\0", "I": b"\0", "f": bytes(4), "F": bytes(8), "v": bytes(16)}
        globals_ = [bytes([TYPE[letter], 1]) + CONST[letter]
                    + (sleb(1000) if i == FUEL else zero[letter]) + b"\x0b"
                    for i, letter in enumerate(self.globals)]
        memories = [bytes([5 if is_64 else 1, PAGES, PAGES + 2]) for is_64 in self.memories]
        elems = [b"\0\x41\0\x0b" + vector([leb(i) for i in range(count)])]
        start = (b"\x42\0" if self.memories[0] else b"\x41\0") + b"\x0b"
        datas = [b"\0" + start + leb(400) + self.rng.randbytes(400)]
        return (b"\0asm\1\0\0\0" + section(1, types)
                + section(3, [leb(f.type) for f in self.functions])
                + section(4, [b"\x70\0" + leb(count + 2)]) + section(5, memories)
                + section(13, tags) + section(6, globals_) + section(7, exports) + section(9, elems)
                + section(10, bodies) + section(11, datas))


def module(seed, families=()):
    return Generator(seed, families).write()


def operator_module(op):
    """A function that is this operator, and others that are it with constants for some operands."""
    rng = random.Random(op.name)
    params = op.params.replace("a", "i")
    immediate = b""
    if op.imm.startswith("MEMARG"):
        immediate = bytes([0, rng.randrange(64)])
    if op.imm == "SHUFFLE":
        immediate = bytes(rng.randrange(32) for _ in range(16))
    elif op.imm.endswith("LANE"):
        immediate += bytes([rng.randrange(16 >> op.width)])
    bodies = []
    for number in range(CONSTANT_FORMS + 1):
        code = b"\0"
        for i, letter in enumerate(params):
            is_const = number and (number % 3 == 0 or i == number % len(params))
            code += const(rng, letter) if is_const else b"\x20" + leb(i)
        code += op.code + immediate + b"\x0b"
        bodies.append(leb(len(code)) + code)
    signature = b"\x60" + b"".join(vector([bytes([TYPE[letter]]) for letter in letters])
                                   for letters in (params, op.results))
    exports = [b"\x02%c%c" % (97 + i, 48) + b"\0" + leb(i) for i in range(len(bodies))]
    return (b"\0asm\1\0\0\0" + section(1, [signature]) + section(3, [b"\0"] * len(bodies))
            + section(5, [bytes([0, PAGES])]) + section(7, exports + [b"\1m\2\0"])
            + section(10, bodies)
            + section(11, [b"\0\x41\0\x0b" + vector([bytes([b]) for b in rng.randbytes(400)])]))
