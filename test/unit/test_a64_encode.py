#!/usr/bin/env python3
"""Every row of rules/a64/insts.r with an encoding, in many operand shapes, against llvm-mc: it
assembles the text written here, and the words must be the same."""

import re
import shutil
import subprocess

from testkit import BUILD, expect, main, skip, test

CC = "vs vc lo hs eq ne ls hi mi pl ? ? lt ge le gt".split()
M_INDEX, M_CTX = 4, 8

# row: text; d a b are registers as wide as the operation, with x or w behind a colon always that.
EXPECTED = """
mov_rr: mov d, a
zext32_rr: mov d:w, a:w
sxtw_rr: sxtw d:x, a:w
mov_ri: CONST
ldr: ldr d, MEM
str: STORE b, MEM
ldrb: ldrb d:w, MEM
ldrh: ldrh d:w, MEM
ldrsb: ldrsb d, MEM
ldrsh: ldrsh d, MEM
ldrsw: ldrsw d:x, MEM
lea: LEA
add_rrr: add d, a, b
sub_rrr: sub d, a, b
and_rrr: and d, a, b
orr_rrr: orr d, a, b
eor_rrr: eor d, a, b
add_rri: add d, a, #IMM
sub_rri: sub d, a, #IMM
mul_rrr: mul d, a, b
lsl_rrr: lsl d, a, b
lsr_rrr: lsr d, a, b
asr_rrr: asr d, a, b
ror_rrr: ror d, a, b
cmp_rr: cmp a, b
cmp_ri: cmp a, #IMM
tst_rr: tst a, b
cset: cset d:w, CC
csel: csel d, a, b, CC
"""
TABLE = dict(line.split(": ", 1) for line in EXPECTED.strip().splitlines())
STORES = {1: ("strb", "w"), 2: ("strh", "w"), 4: ("str", "w"), 8: ("str", "x")}
ACCESS_BYTES = {"ldrb": 1, "ldrsb": 1, "ldrh": 2, "ldrsh": 2, "ldrsw": 4}


def constant(register, value):
    """movz or movn, then movk for each halfword that is not yet right."""
    halves = [value >> 16 * k & 0xffff for k in range(4)]
    inverted = halves.count(0xffff) > halves.count(0)
    rest = 0xffff if inverted else 0
    out = []
    for k, half in enumerate(halves):
        if half != rest:
            name = "movk" if out else "movn" if inverted else "movz"
            out.append(f"{name} {register}, #{half ^ rest if not out else half}, lsl #{16 * k}")
    return out or [f"{'movn' if inverted else 'movz'} {register}, #0"]


def whole_address(base, index, scale, disp):
    out = constant("x16", disp % (1 << 64)) + [f"add x16, {base}, x16, uxtx"]
    return out + ([f"add x16, x16, {index}, lsl #{scale}"] if index else [])


def memory(flags, base, index, scale, disp, size):
    """(instructions before, operand, is the offset unscaled)"""
    base = "x28" if flags & M_CTX else f"x{base}"
    index = f"x{index}" if flags & M_INDEX else None
    scaled = 0 <= disp < 4096 * size and disp % size == 0
    fits = scaled or -256 <= disp <= 255
    if index and disp == 0 and scale in (0, size.bit_length() - 1):
        return [], f"[{base}, {index}{f', lsl #{scale}' if scale else ''}]", False
    if index and fits:
        return [f"add x16, {base}, {index}, lsl #{scale}"], f"[x16, #{disp}]", not scaled
    if not index and fits:
        return [], f"[{base}, #{disp}]", not scaled
    return whole_address(base, index, scale, disp), "[x16]", False


class Line:
    def __init__(self, text):
        head, registers, memory_, words = (part.split() for part in text.split("|"))
        self.text, self.name = text, head[0]
        self.width, self.cc, self.imm = map(int, head[1:])
        self.registers = [int(word) for word in registers]
        self.memory = [int(word) for word in memory_]
        self.words = words

    def names(self):
        """Registers by the letters of the table: uses a b (or b alone of stores), then d."""
        uses = "b" if self.name == "str" else "ab"
        has_def = not self.name.startswith(("str", "cmp", "tst"))
        count = len(self.registers) - has_def
        table = dict(zip(uses, self.registers[:count]))
        if has_def:
            table["d"] = self.registers[-1]
        return table

    def expected(self):
        names, template = self.names(), TABLE[self.name]
        wide = "w" if self.width and self.width < 8 else "x"
        if template == "CONST":
            value = self.imm & 0xffffffff if self.width == 4 else self.imm
            return constant(f"x{names['d']}", value)
        if template == "LEA":
            return self.lea(names["d"])
        before = []
        if "STORE" in template:
            store, wide = STORES[self.width]
            template = template.replace("STORE", store)
        if "MEM" in template:
            size = ACCESS_BYTES.get(self.name, self.width)
            before, operand, unscaled = memory(*self.memory, size)
            template = template.replace("MEM", operand)
            if unscaled:
                template = re.sub(r"^(ld|st)r", r"\1ur", template)
        template = template.replace("IMM", str(self.imm)).replace("CC", CC[self.cc])
        register = re.compile(r"(?<![\w#])([abd])(?::([xw]))?(?![\w#])")
        text = register.sub(lambda m: f"{m[2] or wide}{names[m[1]]}", template)
        return before + [text]

    def lea(self, d):
        flags, base, index, scale, disp = self.memory
        base = "x28" if flags & M_CTX else f"x{base}"
        if flags & M_INDEX:
            return whole_address(base, f"x{index}", scale, disp) + [f"mov x{d}, x16"]
        name, size = ("sub", -disp) if disp < 0 else ("add", disp)
        out = []
        if size >> 12:
            out.append(f"{name} x{d}, {base}, #{size >> 12}, lsl #12")
            base = f"x{d}"
        if size & 4095 or not size:
            out.append(f"{name} x{d}, {base}, #{size & 4095}")
        return out


def assemble(lines):
    """Words, as hexadecimal text, of instructions."""
    done = subprocess.run(["llvm-mc", "-triple=aarch64", "-show-encoding"], input="\n".join(lines),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    expect(done.returncode == 0, done.stderr[:1000])
    found = re.findall(r"encoding: \[(0x\w\w),(0x\w\w),(0x\w\w),(0x\w\w)\]", done.stdout)
    return ["".join(byte[2:] for byte in reversed(word)) for word in found]


@test
def rows_assemble_as_meant():
    if not shutil.which("llvm-mc"):
        skip("no llvm-mc (Debian: llvm)")
    text = subprocess.run([str(BUILD / "test/unit/test_a64_encode"), "--rows"],
                          stdout=subprocess.PIPE, check=True, text=True).stdout
    lines = [Line(line) for line in text.splitlines()]
    wanted = [line.expected() for line in lines]
    words = assemble([text for one in wanted for text in one])
    wrong, at = [], 0
    for line, want in zip(lines, wanted):
        if line.words != words[at:at + len(want)]:
            wrong.append(f"{line.text}: {'; '.join(want)} = {words[at:at + len(want)]}")
        at += len(want)
    expect(at == len(words), f"{len(words)} words assembled, not {at}")
    expect(not wrong, f"{len(wrong)} of {len(lines)} wrong:\n" + "\n".join(wrong[:20]))
    expect({line.name for line in lines} == set(TABLE), "a row has no expectation, or no line")


main()
