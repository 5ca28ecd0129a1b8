#!/usr/bin/env python3
"""Turns rules into C: `rulegen.py --out DIR rules/*.r rules/ISA/*.r`.

Writes DIR/ir_types.inc (read by src/ir/verify.c), DIR/fold_gen.inc (folding, read by
src/opt/fold.c) and DIR/ISA_lower_gen.inc (selection, read by src/isa/ISA/lower.c) for each ISA
that has a lower.r. Fails when an operator has no meaning, when a rule does not parse, and when an
operator of an ISA has no lowering that always matches.
docs/rules.md describes the language; tools/rules/ is the work.
"""

import argparse
import sys
from fnmatch import fnmatch
from pathlib import Path

from rules import fold_gen, language, lower_gen
from rules.terms import TermError
from sexpr import SexprError


def write_if_changed(path, text):
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def load(paths):
    """Rules common to all ISAs, and by ISA those with its own files added."""
    common = [path for path in paths if path.parent.name == "rules"]
    isas = sorted({path.parent.name for path in paths if path.parent.name != "rules"})
    by_isa = {}
    for isa in isas:
        own = [path for path in paths if path.parent.name == isa]
        if any(path.name == "lower.r" for path in own):
            by_isa[isa] = language.Rules(common + own)
    return language.Rules(common), by_isa


def isa_text(isa, rules, folder):
    features = language.features_of(folder / "features.def")
    text = lower_gen.LowerGen(rules, isa, features).run()
    lacking = [key for key in lower_gen.missing(rules, allowed=lower_gen.FOLDED)
               if not any(fnmatch(key, pattern) for pattern in rules.unsupported)]
    if lacking:
        raise SexprError(f"rules/{isa}/lower.r: no rule always matches {', '.join(lacking)}")
    return text


def types_text(rules):
    """Rows of the types of operators that one row of ir.r describes, whatever the types."""
    lines = ["/* Made by tools/rulegen.py from rules/. */"]
    for instance in rules.instances.values():
        types = dict(instance.values())
        if instance.types or not types or instance.result == "void":
            continue
        operands = ", ".join(f"IR_{types.get(field, 'void').upper()}" for field in "abc")
        lines.append(f"[IR_{instance.op.name}] = {{IR_{instance.result.upper()}, {{{operands}}}}},")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("files", type=Path, nargs="+")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    try:
        common, by_isa = load(args.files)
        unknown = common.without_meaning()
        if unknown:
            raise SexprError(f"rules/ir.r: no meaning of {', '.join(unknown)}")
        write_if_changed(args.out / "ir_types.inc", types_text(common))
        write_if_changed(args.out / "fold_gen.inc", fold_gen.FoldGen(common).run())
        for isa, rules in by_isa.items():
            folder = next(path.parent for path in args.files if path.parent.name == isa)
            write_if_changed(args.out / f"{isa}_lower_gen.inc", isa_text(isa, rules, folder))
    except (SexprError, TermError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
