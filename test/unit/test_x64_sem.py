#!/usr/bin/env python3
"""The meanings of rules/x64/insts.r against this CPU: test_x64_sem runs every row on many inputs,
and what came out must be what the row's (sem ...) says, flags included."""

import subprocess
import sys

from testkit import BUILD, ROOT, expect, main, skip, test

sys.path.insert(0, str(ROOT / "tools"))
from rules import terms  # noqa: E402
from rules.language import Rules  # noqa: E402
from rulecheck import same_but_nans  # noqa: E402
from rules.terms import (Env, TermError, Undefined, evaluate, mask,  # noqa: E402
                         nan_widths, set_flags)

FLAG_BITS = {"c": 0, "p": 2, "z": 6, "s": 7, "o": 11}
# Rows without a meaning: selection does not know them.
WITHOUT = {"bswap_r", "adc_rr", "adc_rm", "adc_ri", "sbb_rr", "sbb_rm", "sbb_ri", "set8",
           "cmov1_rr", "cmov1_rm", "nop", "mfence", "xchg_mr", "lock_xadd_mr", "lock_cmpxchg_mr"}


class Run:
    """One line of `--run`."""

    def __init__(self, text):
        head, before, flags, memory, after, flags_after, memory_after = \
            (part.split() for part in text.split("|"))
        self.name = head[0]
        self.width, self.cc, self.imm, self.uses = map(int, head[1:])
        self.before = [int(word, 16) for word in before]
        self.after = [int(word, 16) for word in after]
        self.flags, self.flags_after = int(flags[0], 16), int(flags_after[0], 16)
        self.memory = int(memory[0], 16) | int(memory[1], 16) << 64
        self.address = int(memory[2], 16)
        self.memory_after = int(memory_after[0], 16)


def flags_of(bits):
    return terms.Flags(**{name: bits >> bit & 1 for name, bit in FLAG_BITS.items()})


def environment(run, insn):
    has_vectors = any(arg.cls == "vec" for arg in insn.args)
    bits = 8 * run.width or (128 if has_vectors else 64)
    env = Env(width=bits, flags=flags_of(run.flags))
    env.memory = lambda address, n: (
        run.memory >> 8 * (address - run.address & 15)) & mask(n)
    registers = [arg for arg in insn.args if arg.kind == "reg"]
    for arg, value in zip(registers, run.before):
        if not arg.is_def():
            env.raw[arg.name] = (128 if arg.cls == "vec" else 64, value)
    for arg in insn.args:
        if arg.kind == "mem":
            env.values[arg.name] = (64, run.address)
        elif arg.kind == "cc":
            env.values[arg.name] = run.cc
        elif arg.kind != "reg":
            env.values[arg.name] = run.imm
    return env, bits, registers


def check_set(run, clause, env, bits, registers):
    """A result register: a general one is wholly determined, a vector's low part is."""
    name, term = clause[1], clause[2]
    index = next(i for i, arg in enumerate(registers) if arg.name == name)
    width, want = evaluate(term, env, bits)
    got = run.after[index]
    is_bsr = run.name.startswith(("bsr", "bsf"))
    if registers[index].cls == "vec" or is_bsr:
        got = got & mask(width)
    holds = want == got or any(same_but_nans(got, want, width, floats) for floats in
                               nan_widths(term, width) & {32, 64})
    return holds, (name, hex(want), hex(got))


def check_flags(run, clause, env):
    flags = set_flags(clause, env)
    for name, value in flags.bits.items():
        if value is not None and bool(value) != bool(run.flags_after >> FLAG_BITS[name] & 1):
            return False, ("flag " + name, bool(value), hex(run.flags_after))
    return True, None


def check_clause(run, clause, env, bits, registers):
    if clause[0] == "set":
        return check_set(run, clause, env, bits, registers)
    if clause[0] == "store":
        width, want = evaluate(clause[-1], env, bits)
        want = (run.memory & ~mask(width)) | want
        return want == run.memory_after, ("memory", hex(want), hex(run.memory_after))
    return check_flags(run, clause, env)


def check_run(run, insn):
    """What is wrong, or None; Undefined inputs are passed over."""
    env, bits, registers = environment(run, insn)
    for clause in insn.sem:
        try:
            holds, detail = check_clause(run, clause, env, bits, registers)
        except Undefined:
            continue
        if not holds:
            return detail
    return None


@test
def rows_mean_what_they_say():
    lines = subprocess.run([str(BUILD / "test/unit/test_x64_sem"), "--run"],
                           stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    insns = {name.lower(): insn for name, insn in
             Rules(sorted((ROOT / "rules/x64").glob("insts*.r"))).insns.items()}
    wrong, meant, missing = [], set(), []
    for text in lines:
        if text.startswith("MISSING"):
            missing.append(text.split()[1])
            continue
        if text.startswith("CHANGED"):
            wrong.append(text)
            continue
        run = Run(text)
        insn = insns[run.name]
        if insn.sem is None:
            expect(run.name in WITHOUT, f"{run.name} has no meaning")
            continue
        meant.add(run.name)
        try:
            detail = check_run(run, insn)
        except TermError as error:
            detail = str(error)
        if detail:
            wrong.append(f"{text}: {detail}")
    expect(not wrong, f"{len(wrong)} of {len(lines)} wrong:\n" + "\n".join(wrong[:30]))
    expect(len(meant) > 150 or missing, f"only {len(meant)} rows ran")
    if missing:
        print(f"skipped: {len(missing)} rows: this CPU lacks {', '.join(sorted(missing)[:5])}...")


main()
