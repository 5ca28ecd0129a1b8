#!/usr/bin/env python3
"""Turns rules/ISA/insts*.r into C tables: `instgen.py --out DIR rules/ISA/insts.r ...`.

Writes DIR/ISA_ops.inc (the enum's list) and DIR/ISA_insts.inc: arguments, rows and encodings as
array initializers for src/isa/ISA/rows.c. The row syntax is explained at the head of each insts.r;
what the columns mean in C stands in src/mach/insts.h and src/isa/ISA/encode.h.
"""

import argparse
import re
import sys
from pathlib import Path

import sexpr
from sexpr import SexprError

ROLES = {"use": "RA_USE", "use-late": "RA_USE_LATE", "temp": "RA_TEMP", "def": "RA_DEF",
         "def-early": "RA_DEF_EARLY"}
STAGE = {"use": 0, "use-late": 0, "mem": 1, "temp": 2, "def": 3, "def-early": 3}
IMMEDIATES = ("imm8", "imm8u", "imm32s", "imm32", "imm64", "cc", "block", "func", "literal")
FLAGS = {"none": "0", "read": "M_FLAGS_READ", "write": "M_FLAGS_WRITE",
         "readwrite": "M_FLAGS_READ | M_FLAGS_WRITE"}
EFFECTS = ("load", "store", "trap", "branch", "call", "barrier", "move")


class Arg:
    def __init__(self, node, isa):
        self.name, self.options = node[0], {}
        if node[1] == "mem":
            self.kind, self.role = "mem", "mem"
        elif node[1] in IMMEDIATES:
            self.kind, self.role = node[1], None
        elif node[1] in ROLES:
            self.kind, self.role = "reg", node[1]
            if len(node) < 3 or node[2] not in ("gpr", "vec"):
                raise SexprError(f"{node.where}: {self.name} needs a class, gpr or vec")
            self.cls = node[2]
            for option in node[3:]:
                key, *value = option if isinstance(option, list) else [option]
                self.options[key] = value[0] if value else True
        else:
            raise SexprError(f"{node.where}: {node[1]} is neither a role nor an immediate")
        unknown = set(self.options) - {"tied", "fixed", "slot-ok"}
        if unknown:
            raise SexprError(f"{node.where}: unknown option {', '.join(unknown)}")
        fixed = self.options.get("fixed")
        if fixed is not None and fixed not in isa.REGISTERS:
            raise SexprError(f"{node.where}: no register {fixed}")


class Insn:
    """One row, checked for itself; `fold` is checked when all rows are known."""

    def __init__(self, node, isa):
        self.name, self.where = str(node[1]), node.where
        self.args, self.widths, self.encs, self.emit = [], [], [], None
        self.flags, self.effects, self.cpu, self.fold = None, [], [], None
        for clause in node[2:]:
            self.read_clause(clause, isa)
        if self.flags is None:
            self.fail("no (flags ...)")
        if (self.emit is None) == (not self.encs):
            self.fail("needs either (enc ...) or (emit ...)")
        self.check_args()
        self.free = isa.free(self) if self.encs else None
        self.encs = [isa.encoding(self, clause) for clause in self.encs]

    def fail(self, what):
        raise SexprError(f"{self.where}: {self.name}: {what}")

    def read_clause(self, clause, isa):
        head, rest = clause[0], clause[1:]
        if head == "args":
            self.args = [Arg(node, isa) for node in rest]
        elif head == "width":
            self.widths = rest
        elif head == "enc":
            self.encs.append(clause)
        elif head == "emit":
            self.emit = rest[0]
        elif head == "flags" and rest[0] in FLAGS:
            self.flags = rest[0]
        elif head == "fold":
            self.fold = (rest[0][0], str(rest[0][1]))
        elif head == "effect" and all(word in EFFECTS for word in rest):
            self.effects = rest
        elif head == "cpu":
            self.cpu = rest
        elif head != "sem":
            self.fail(f"unknown clause {sexpr.show(clause)}")

    def check_args(self):
        stages = [STAGE[a.role] for a in self.args if a.role]
        if stages != sorted(stages) or stages.count(1) > 1:
            self.fail("arguments must be uses, memory, temps, defs in this order")
        names = [a.name for a in self.args]
        if len(set(names)) != len(names):
            self.fail("two arguments have one name")
        for arg in self.args:
            tied = arg.options.get("tied")
            if tied is not None and (tied not in names or self.arg(tied).role != "use"):
                self.fail(f"{arg.name} is tied to {tied}, which is no use")

    def arg(self, name):
        for arg in self.args:
            if arg.name == name:
                return arg
        self.fail(f"no argument {name}")

    def registers(self):
        return [a for a in self.args if a.kind == "reg"]

    def place(self, name):
        """How C finds a register operand: uses from the front, temps and defs from the back, since
        a memory operand between them brings up to two registers of its own."""
        arg = self.arg(name)
        if arg.kind == "mem":
            return "PLACE_MEM"
        regs = self.registers()
        if arg not in regs:
            self.fail(f"{name} is no register")
        index = regs.index(arg)
        return str(index if STAGE[arg.role] == 0 else index - len(regs))

    def check_fold(self, rows):
        if not self.fold:
            if any("slot-ok" in a.options for a in self.args):
                self.fail("slot-ok without (fold ...)")
            return
        name, to = self.fold
        if to not in rows:
            self.fail(f"folds into {to}, which does not exist")
        mine = [(a.role, a.cls) for a in self.registers() if a.name != name]
        target = rows[to]
        theirs = [(a.role, a.cls) for a in target.registers()]
        if mine != theirs or not any(a.kind == "mem" for a in target.args):
            self.fail(f"{to} does not have the same operands with memory for {name}")
        if not set(self.widths) <= set(target.widths):
            self.fail(f"{to} does not have the same widths")


class X64:
    """Encodings of x86-64: prefixes, map, opcode, modrm, immediate as columns."""

    REGISTERS = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split()
    FORMS = {"vex128": "FORM_VEX", "vex256": "FORM_VEX | FORM_L1", "evex128": "FORM_EVEX",
             "evex256": "FORM_EVEX | FORM_L1", "evex512": "FORM_EVEX | FORM_L2"}
    MAPS = {"0F": 1, "0F38": 2, "0F3A": 3}
    PREFIXES = {"66": "1", "F3": "2", "F2": "3", "sd": "PREFIX_SD", "pd": "PREFIX_PD"}
    ENC_FLAGS = {"o": "ENC_O16", "w": "ENC_W", "W": "ENC_W1", "b": "ENC_BYTE", "lock": "ENC_LOCK",
                 "+cc": "ENC_CC", "+r": "ENC_OPC_REG", "+8": "ENC_PLUS8", "avx": "ENC_AVX"}
    IMMS = {"ib": "IMM_8", "iw": "IMM_16", "id": "IMM_32", "iq": "IMM_64", "iv": "IMM_WIDTH",
            "is": "IMM_SHORT", "i1": "IMM_SHIFT", "ic": "IMM_CC"}
    PLACES = ("reg", "rm", "opc", "vvv", "is4", "reg8", "rm8")

    def free(self, insn):
        """The feature with which ties do not hold and memory need not be aligned."""
        return "avx" if all("avx" in str(clause[1]).split() for clause in insn.encs) else None

    def encoding(self, insn, clause):
        text, places = str(clause[1]), clause[2:]
        col = {"form": "FORM_LEGACY", "map": 0, "prefix": "0", "opcode": None, "digit": None,
               "imm": "IMM_NONE", "constant": 0}
        flags = []
        for word in text.split():
            self.read_word(insn, word, col, flags)
        if col["opcode"] is None:
            insn.fail(f"no opcode in {text!r}")
        at = dict.fromkeys(("reg", "rm", "opc", "vvv", "is4"), "PLACE_NONE")
        for kind, name in places:
            if kind not in self.PLACES:
                insn.fail(f"unknown place {kind}")
            if kind.endswith("8"):
                flags.append("ENC_REG8" if kind == "reg8" else "ENC_RM8")
                kind = kind[:-1]
            at[kind] = insn.place(name)
        if "/is4" in text.split() or at["is4"] != "PLACE_NONE":
            col["imm"] = "IMM_REG"
        self.check(insn, text, col, at)
        if col["digit"] not in (None, "r"):
            at["reg"] = f"PLACE_DIGIT + {col['digit']}"
        return (f"{{{col['form']}, {col['map']}, {col['prefix']}, 0x{col['opcode']:02X}, "
                f"{' | '.join(flags) or '0'}, {col['imm']}, 0x{col['constant']:02X}, "
                f"{at['reg']}, {at['rm']}, {at['vvv']}, {at['opc']}, {at['is4']}}}")

    def read_word(self, insn, word, col, flags):
        if word in self.FORMS:
            col["form"] = self.FORMS[word]
        elif word in self.MAPS:
            col["map"] = self.MAPS[word]
        elif word in self.PREFIXES and not col["map"]:
            col["prefix"] = self.PREFIXES[word]
        elif word in self.ENC_FLAGS:
            flags.append(self.ENC_FLAGS[word])
        elif word in self.IMMS:
            col["imm"] = self.IMMS[word]
        elif re.fullmatch(r"/[r0-7]", word):
            col["digit"] = word[1]
        elif word == "/is4":
            col["digit"] = "r"
        elif re.fullmatch(r"=[0-9A-F]{2}", word):
            col["imm"], col["constant"] = "IMM_CONST", int(word[1:], 16)
        elif re.fullmatch(r"x?[0-9A-F]{2}", word) and col["opcode"] is None:
            col["opcode"] = int(word[-2:], 16)
        else:
            insn.fail(f"cannot read {word!r} in the encoding")

    @staticmethod
    def check(insn, text, col, at):
        none = "PLACE_NONE"
        if (col["digit"] is not None) != (at["rm"] != none):
            insn.fail(f"{text!r}: /r or /digit go with an rm place")
        if (col["digit"] == "r") != (at["reg"] != none):
            insn.fail(f"{text!r}: /r goes with a reg place")
        if col["form"] == "FORM_LEGACY" and at["vvv"] != none and "avx" not in text.split():
            insn.fail(f"{text!r}: vvv without VEX or EVEX")
        if "b" in text.split() and 1 not in insn.widths:
            insn.fail("b without width 1")


class A64:
    """Encodings of AArch64: 32 bits, in which letters stand for what operands fill in."""

    REGISTERS = [f"x{n}" for n in range(31)]
    # Letters: the bits they may stand for, highest first, and the flag that says so.
    FIELDS = {"d": (range(4, -1, -1), None), "n": (range(9, 4, -1), None),
              "m": (range(20, 15, -1), None), "s": ([31], "ENC_SF"), "N": ([22], "ENC_N"),
              "x": ([30], "ENC_X"), "y": ([22], "ENC_Y"), "z": ([31, 30], "ENC_SIZE"),
              "c": (range(15, 11, -1), "ENC_CC"), "C": (range(15, 11, -1), "ENC_NOT_CC"),
              "i": (range(21, 9, -1), "ENC_IMM12"), "M": (range(21, 9, -1), "ENC_MEM"),
              "B": (range(9, 4, -1), None)}

    def free(self, insn):
        return None

    def encoding(self, insn, clause):
        text, places = str(clause[1]).replace(" ", ""), clause[2:]
        if len(text) != 32:
            insn.fail(f"{text!r} has {len(text)} bits")
        at, flags = dict.fromkeys("dnm", "PLACE_NONE"), []
        for kind, name in places:
            if kind not in at:
                insn.fail(f"unknown place {kind}")
            at[kind] = insn.place(name)
        for letter in dict.fromkeys(text.replace("0", "").replace("1", "")):
            bits, flag = self.FIELDS.get(letter, (None, None))
            if bits is None or [31 - i for i, c in enumerate(text) if c == letter] != list(bits):
                insn.fail(f"{text!r}: {letter} is not where it belongs")
            if letter in at and at[letter] == "PLACE_NONE":
                insn.fail(f"{text!r}: no place for {letter}")
            flags += [flag] if flag else []
        bits = int(re.sub("[^01]", "0", text), 2)
        return (f"{{0x{bits:08X}, {' | '.join(flags) or '0'}, {at['d']}, {at['n']}, {at['m']}}}")


ISAS = {"x64": X64, "a64": A64}


def read_features(path):
    """Names of the rows of features.def in lower case, in order."""
    return [name.lower() for name in re.findall(r"^X\((\w+),", path.read_text(), re.M)]


def arg_row(insn, arg):
    if arg.kind != "reg":
        return f"{{.kind = M_ARG_{arg.kind.upper()}}}"
    fixed = arg.options.get("fixed")
    isa_fixed = "RA_ANY_REG" if fixed is None else f"FIXED_{str(fixed).upper()}"
    tied = arg.options.get("tied")
    tied = "RA_UNTIED" if tied is None else str(insn.registers().index(insn.arg(tied)))
    slot = "RA_SLOT_OK" if "slot-ok" in arg.options else "0"
    return (f"{{M_ARG_REG, {ROLES[arg.role]}, RA_{arg.cls.upper()}, {isa_fixed}, {tied}, {slot}}}")


def count(insn, stage):
    return sum(1 for a in insn.registers() if STAGE[a.role] == stage)


def row(insn, prefix, arg_at, enc_at, features):
    for need in insn.cpu:
        if need not in features:
            insn.fail(f"no feature {need} in features.def")
    mem = any(a.kind == "mem" for a in insn.args)
    widths = " | ".join(f"{width}" for width in insn.widths) or "0"
    fold_use, fold_op = "M_NO_FOLD", "0"
    if insn.fold:
        fold_use, fold_op = insn.place(insn.fold[0]), f"{prefix}_{insn.fold[1]}"
    cpu = " | ".join(f"{prefix}_HAS({need.upper()})" for need in insn.cpu) or "0"
    free = f"{prefix}_HAS({insn.free.upper()})" if insn.free else "0"
    effect = " | ".join(f"M_EFFECT_{word.upper()}" for word in insn.effects) or "0"
    emit = f"EMIT_{insn.emit.upper()}" if insn.emit else "EMIT_ENC"
    return (f'[{prefix}_{insn.name}] = {{"{insn.name.lower()}", {arg_at}, {len(insn.args)}, '
            f"{count(insn, 0)}, {count(insn, 2)}, {count(insn, 3)}, {int(mem)}, {widths}, "
            f"{FLAGS[insn.flags]}, {fold_use}, {fold_op}, {effect}, {emit}, {len(insn.encs)}, "
            f"{enc_at}, {cpu}, {free}}},")


def write_if_changed(path, lines):
    text = "\n".join(lines) + "\n"
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def load(paths, isa):
    """All rows of an ISA's files by name, in order, checked."""
    rows = {}
    for form in sexpr.expand([form for path in paths for form in sexpr.parse_file(path)]):
        if form[0] != "insn":
            raise SexprError(f"{form.where}: expected (insn ...)")
        insn = Insn(form, isa)
        if insn.name in rows:
            insn.fail(f"is already at {rows[insn.name].where}")
        rows[insn.name] = insn
    for insn in rows.values():
        insn.check_fold(rows)
    return rows


def generate(out, folder):
    name = folder.name
    prefix = name.upper()
    features = read_features(folder / "features.def")
    rows = load(sorted(folder.glob("insts*.r")), ISAS[name]())
    args, encs, table = [], [], []
    for insn in rows.values():
        table.append(row(insn, prefix, len(args), len(encs), features))
        args += [arg_row(insn, arg) + "," for arg in insn.args]
        encs += [enc + "," for enc in insn.encs]
    head = f"/* Made by tools/instgen.py from rules/{name}/insts.r. */"
    emits = sorted({f"EMIT_{r.emit.upper()}," for r in rows.values() if r.emit})
    write_if_changed(out / f"{name}_ops.inc",
                     [head, "#ifdef WANT_OPS"] + [f"{prefix}_{r}," for r in rows]
                     + ["#endif", "#ifdef WANT_EMITS"] + emits + ["#endif"])
    write_if_changed(out / f"{name}_insts.inc",
                     [head, "#ifdef WANT_ARGS"] + args + ["#endif", "#ifdef WANT_ROWS"] + table
                     + ["#endif", "#ifdef WANT_ENCODINGS"] + encs + ["#endif"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("inputs", nargs="+", type=Path)
    options = parser.parse_args()
    try:
        for folder in sorted({path.parent for path in options.inputs}):
            generate(options.out, folder)
    except SexprError as error:
        sys.exit(f"instgen.py: {error}")


if __name__ == "__main__":
    main()
