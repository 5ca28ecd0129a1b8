"""Compares the C forms of terms with their Python meaning: a C program with the constant folding of
every pure operator is made, compiled and run on the samples that Python evaluated."""

import os
import subprocess
import tempfile
from pathlib import Path

from rules import cterm, machine, terms
from rules.language import FLOAT_TYPES, ROOT, TYPE_BITS
from rules.samples import Sampler
from rules.terms import Env, Trap, Undefined, evaluate
from sexpr import Sym

SAMPLES = 150
# Terms without an operator of their own.
EXTRA = ("magic_mul_u", "magic_shift_u", "magic_add_u", "magic_mul_s", "magic_shift_s")

PROGRAM = """
#include <stdio.h>
#include "ir/rulemath.h"
static u64 run(u32 row, u64 k_a, u64 k_b, u64 k_c)
{
    (void)k_a, (void)k_b, (void)k_c;
    switch (row) {
%s
    default: return 0;
    }
}
typedef struct Sample { u32 row, is_float; u64 a, b, c, result; } Sample;
static const Sample samples[] = {
%s
};
static const char *const names[] = {
%s
};
int main(void)
{
    u32 wrong = 0;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        const Sample *s = &samples[i];
        u64 got = run(s->row, s->a, s->b, s->c);
        if (got == s->result)
            continue;
        if (s->is_float && rm_isnan(got, s->is_float) && rm_isnan(s->result, s->is_float))
            continue;
        wrong++;
        printf("%%s of 0x%%lx, 0x%%lx, 0x%%lx in C: 0x%%lx instead of 0x%%lx\\n", names[s->row],
               s->a, s->b, s->c, got, s->result);
    }
    return wrong != 0;
}
"""


class Row:
    """A term with operands a, b, c and their types."""

    def __init__(self, name, operands, result, term):
        self.name, self.operands, self.result, self.term = name, operands, result, term

    def c_text(self):
        names = {name: (f"k_{name}", TYPE_BITS[kind]) for name, kind in self.operands}
        return cterm.c_term(self.term, cterm.CEnv(names, 64), TYPE_BITS[self.result])[0]


def rows_of(rules):
    for instance in rules.instances.values():
        if instance.folds():
            yield Row(instance.key, instance.operands, instance.result, instance.term)
    for name in EXTRA:
        for type_ in ("i32", "i64"):
            yield Row(f"{name}.{type_}", [("a", type_)], type_, [Sym(name), Sym("a")])


def samples_of(number, row):
    """C rows of values with their results."""
    sampler = Sampler(row.name)
    for _ in range(SAMPLES):
        sampler.next()
        env = Env(width=TYPE_BITS[row.result])
        for name, kind in row.operands:
            width = TYPE_BITS[kind]
            value = sampler.value(machine.kind_of(kind), width)
            if row.name.startswith("magic"):
                value = sampler.constant("int", width)
                if bin(value).count("1") < 2 or ("_s." in row.name and value >> (width - 1)):
                    value = 7
            env.values[name] = (width, value)
        try:
            _, result = evaluate(row.term, env, TYPE_BITS[row.result])
        except (Undefined, Trap):
            continue
        a, b, c = (env.values.get(name, (0, 0))[1] for name in "abc")
        is_float = TYPE_BITS[row.result] if row.result in FLOAT_TYPES and \
            terms.makes_nan(row.term) else 0
        yield f"{{{number}, {is_float}, {a}u, {b}u, {c}u, {result}u}},"


def check(rules):
    """(rows compared, [what is wrong])"""
    cases, samples, names = [], [], []
    for row in rows_of(rules):
        try:
            text = row.c_text()
        except terms.TermError:
            continue
        cases.append(f"    case {len(names)}: return {text};")
        samples += samples_of(len(names), row)
        names.append(f'"{row.name}",')
    source = PROGRAM % tuple("\n".join(part) for part in (cases, samples, names))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "terms.c"
        path.write_text(source, encoding="utf-8")
        program = Path(folder) / "terms"
        command = [os.environ.get("CC", "cc"), "-std=gnu17", "-O1", f"-I{ROOT / 'src'}", "-o",
                   str(program), str(path), str(ROOT / "src" / "ir" / "rulemath.c"),
                   str(ROOT / "src" / "base" / "base.c"), "-lm"]
        built = subprocess.run(command, capture_output=True, text=True)
        if built.returncode:
            return 0, [built.stderr[:2000]]
        done = subprocess.run([str(program)], capture_output=True, text=True)
    wrong = done.stdout.splitlines()
    if done.returncode and not wrong:
        wrong = [f"the program failed: {done.returncode}"]
    return len(names), wrong
