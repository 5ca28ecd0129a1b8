#!/usr/bin/env python3
"""Evaluates both sides of every rule on many values: `rulecheck.py [--wrong FILE | --c]`.

Both sides run by the declared meanings: IR operators by rules/ir.r, instructions by
rules/ISA/insts.r. Compared are values (i32 results with their upper half zero), stores, branches
and traps; a rule fails too that reads undefined flags, divides where the machine faults, or whose
guards nothing satisfies. With --wrong, the rules of FILE are each expected to fail. With --c, the C
forms of terms are compiled and compared with their meaning here.
"""

import argparse
import sys
from pathlib import Path

from rules import ccheck, language, lower_gen, machine, terms
from rules.language import TYPE_BITS, VEC_TYPES
from rules.machine import Left, Memory, NoMatch, Outcome, Right, Wrong
from rules.samples import Sampler
from rules.terms import Env, Trap, Undefined, evaluate, mask
from sexpr import SexprError, show

ROOT = Path(__file__).resolve().parent.parent
WANTED = 260   # samples that satisfy the guards, for each rule
WANTED_VECTORS = 70  # the same where each has several lanes
TRIES = 6000


class Failed(Exception):
    pass


def same_value(left, value, type_):
    """Is a register's content the value of the left side?"""
    bits = TYPE_BITS[type_]
    _, expected = left.root.value
    if type_ not in VEC_TYPES:
        return value == expected
    value &= mask(bits)
    return value == expected or any(
        same_but_nans(value, expected, bits, width) for width in left.nan_widths & {32, 64})


def same_but_nans(value, expected, bits, width):
    """Are the floats of so many bits equal, or both NaN?"""
    for at in range(0, bits, width):
        x, y = value >> at & mask(width), expected >> at & mask(width)
        if x != y and not (terms.is_nan(x, width) and terms.is_nan(y, width)):
            return False
    return True


def describe(left, got, expected):
    values = {name: hex(value[1]) if isinstance(value, tuple) else value
              for name, value in left.values.items()}
    return f"for {values}: {got} instead of {expected}"


def sample(rule, pat, attempt, prepare):
    """Runs attempt(left) until enough samples matched; the number that did."""
    matched = 0
    wanted = WANTED_VECTORS if any(p.type == "v128" for p in pat.walk()) else WANTED
    sampler = Sampler(show(rule.node))
    for _ in range(TRIES):
        sampler.next()
        left = Left(sampler, Memory(sampler.bits(64)), rule.guards)
        try:
            prepare(left)
            attempt(left)
            matched += 1
        except (NoMatch, Undefined):
            continue
        except Wrong as error:
            raise Failed(f"{error}, {describe(left, 'wrong', 'right')}") from error
        if matched == wanted:
            break
    if not matched:
        raise Failed("nothing satisfies its guards")
    return matched


def check_lower(rules, rule):
    for pat in machine.parse(rules, rule):
        def prepare(left):
            left.root = left.run(pat)
            left.guards(rule.guards)

        def attempt(left):
            wants_value = rule.wants_value(pat)
            right = Right(rules, rule, left, left.root, wants_value)
            out = guarded(right.run)
            if out.rest() != left.root.rest():
                raise Failed(describe(left, out.rest(), left.root.rest()))
            if wants_value and out.trap is None:
                value = right.regs["out"][1]
                if pat.type == language.PAIR_TYPE:
                    value |= right.regs["out-high"][1] << 64
                if not same_value(left, value, pat.type):
                    raise Failed(describe(left, hex(value), hex(left.root.value[1])))
        sample(rule, pat, attempt, prepare)
    check_conditions(rules, rule)


def guarded(run):
    """Undefined on the right side is a mistake, on the left it is not."""
    try:
        return run()
    except Undefined as error:
        raise Wrong(f"depends on an undefined {error}") from error


def check_conditions(rules, rule):
    """(cond out) in front of an instruction that knows no double condition."""
    steps = language.Flattener(rules, rule).run(False)
    if not any(isinstance(step, language.CondStep) and step.value == "out" for step in steps):
        return
    if all(step.insn.name in machine.TWO_TEST_INSNS for step in steps if hasattr(step, "insn")):
        return
    for other in rules.conds:
        if isinstance(other.pattern, list) and other.pattern[0] == rule.pattern[0] and \
                other.steps[-1] in ("feq", "fne"):
            raise Failed(f"the condition of {other.place()} needs two tests")


def check_cond(rules, rule):
    for pat in machine.parse(rules, rule):
        def prepare(left):
            left.root = left.run(pat)
            left.guards(rule.guards)

        def attempt(left):
            right = Right(rules, rule, left, left.root, False, rule.steps[:-1])
            guarded(right.run)
            holds = right.holds(right.cc(rule.steps[-1]))
            if holds != (left.root.value[1] != 0):
                raise Failed(describe(left, holds, not holds))
        sample(rule, pat, attempt, prepare)


def check_address(rules, rule):
    base, index, scale, disp = rule.pattern[1:]
    type_ = next(lower_gen.address_types(rules, [base, index]), "i64")
    for base_pat in language.with_swaps(
            language.parse_pattern(rules, base, type_, rule.where)):
        for index_pat in language.with_swaps(
                language.parse_pattern(rules, index, type_, rule.where)):
            check_address_shape(rules, rule, base_pat, index_pat, scale, disp, type_)


def check_address_shape(rules, rule, base_pat, index_pat, scale, disp, type_):
    matched, sampler = 0, Sampler(show(rule.node))
    width = TYPE_BITS[type_]
    head = rule.steps[0][0]
    for _ in range(TRIES):
        sampler.next()
        left = Left(sampler, Memory(1), rule.guards)
        try:
            b, i = left.value(base_pat)[1], left.value(index_pat)[1]
            s = scale if isinstance(scale, int) else sampler.random.randint(0, 3)
            d = disp if isinstance(disp, int) else terms.signed(sampler.constant("int", 32), 32)
            if not isinstance(scale, int):
                left.values[str(scale)] = (64, s)
            if not isinstance(disp, int):
                left.values[str(disp)] = (64, d & mask(64))
            left.guards(rule.guards)
            expected = b + (i << s) + d & mask(width)
            got = new_address(rule.steps[0], left, width)
        except NoMatch:
            continue
        # The guest's own sum is 64 bits wide; with gs32 it may be cut, if it was 32 bits before.
        if head == "gs32":
            got &= mask(32)
        if got != expected:
            raise Failed(describe(left, hex(got), hex(expected)))
        matched += 1
        if matched == WANTED:
            return
    if not matched:
        raise Failed("nothing satisfies its guards")


def new_address(right, left, width):
    head, base, index, scale, disp = right
    parts = [0 if name == "none" else left.values[str(name)][1] for name in (base, index)]
    env = Env(left.values, 64)
    s, d = evaluate(scale, env, 64)[1], evaluate(disp, env, 64)[1]
    if s > 3:
        raise Wrong("no such scale")
    fits = -(1 << 31) <= terms.signed(d, 64) < 1 << 31
    if width == 64 and head not in ("wide", "gs-wide") and not fits:
        raise NoMatch
    return parts[0] + (parts[1] << s) + d & mask(width)


def check_fold(rules, rule):
    for pat in machine.parse(rules, rule):
        def prepare(left):
            left.root = left.run(pat)
            left.guards(rule.guards)

        def attempt(left):
            out = Outcome()
            try:
                value = guarded(lambda: machine.fold_value(rules, rule.steps[0], left, pat.type,
                                                           rule.where))
                if not same_value(left, value[1], pat.type) and left.root.trap is None:
                    raise Failed(describe(left, hex(value[1]), hex(left.root.value[1])))
            except Trap as trap:
                out.trap = trap.code
            if out.trap != left.root.trap:
                raise Failed(describe(left, f"trap {out.trap}", f"trap {left.root.trap}"))
        sample(rule, pat, attempt, prepare)


def check_commutes(instance):
    """An operator said to commute does."""
    sampler = Sampler(instance.key)
    (name_a, type_), (name_b, _) = instance.values()
    kind, width = machine.kind_of(type_), TYPE_BITS[type_]
    for _ in range(WANTED_VECTORS if type_ == "v128" else WANTED):
        sampler.next()
        x, y = ((width, sampler.value(kind, width)) for _ in range(2))
        try:
            one = evaluate(instance.term, Env({name_a: x, name_b: y}, width), width)
            two = evaluate(instance.term, Env({name_a: y, name_b: x}, width), width)
        except Undefined:
            continue
        if one != two:
            raise Failed(f"{show(instance.term)} does not commute")


CHECKS = {"lower": check_lower, "cond": check_cond, "address": check_address, "fold": check_fold}


def run_checks(rules, rule_list):
    """(passed, [(rule, reason)])"""
    passed, failed = 0, []
    for rule in rule_list:
        try:
            CHECKS[rule.kind](rules, rule)
            passed += 1
        except (Failed, terms.TermError, SexprError, KeyError) as error:
            failed.append((rule, f"{type(error).__name__}: {error}" if isinstance(error, KeyError)
                           else str(error)))
    return passed, failed


def all_rules(rules):
    return rules.folds + rules.lowers + rules.conds + rules.addresses


def report(failed):
    for what, reason in failed:
        name = show(what.node)[:160] if hasattr(what, "node") else what.key
        print(f"{what.where}: {name}\n    {reason}")


def check_common(rules):
    """Rules that belong to no ISA."""
    passed, failed = run_checks(rules, rules.folds)
    for instance in rules.instances.values():
        if instance.op.is_comm() and len(instance.values()) == 2:
            try:
                check_commutes(instance)
                passed += 1
            except Failed as error:
                failed.append((instance, str(error)))
    print(f"{len(rules.folds)} fold rules")
    report(failed)
    return passed, len(failed)


def check_isa(rules, isa):
    passed, failed = run_checks(rules, rules.lowers + rules.conds + rules.addresses)
    print(f"{isa}: {len(rules.lowers)} lower, {len(rules.conds)} condition, "
          f"{len(rules.addresses)} address rules")
    report(failed)
    return passed, len(failed)


def check_all():
    """(passed, failed) of the common rules and of each ISA that has some."""
    counts = [check_common(language.Rules(common_files()))]
    for folder in sorted(path.parent for path in (ROOT / "rules").glob("*/lower.r")):
        rules = language.Rules(common_files() + sorted(folder.glob("*.r")))
        counts.append(check_isa(rules, folder.name))
    return tuple(sum(column) for column in zip(*counts))


def common_files():
    return sorted((ROOT / "rules").glob("*.r"))


def check_wrong(rules, wrong_path):
    """Each rule of the file must fail; those that pass are the failures here."""
    known = {id(rule) for rule in all_rules(rules)}
    for form in language.sexpr.expand(language.sexpr.parse_file(wrong_path)):
        rules.add(form)
    wrong = [rule for rule in all_rules(rules) if id(rule) not in known]
    survived, failed = run_checks(rules, wrong)
    caught = {id(rule) for rule, _ in failed}
    for rule in wrong:
        if id(rule) not in caught:
            print(f"{rule.where}: a wrong rule passes: {show(rule.node)}")
    return len(failed), survived


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrong", type=Path, help="a file of rules that must all fail")
    parser.add_argument("--c", action="store_true", help="compare the C forms of terms")
    args = parser.parse_args()
    x64 = sorted((ROOT / "rules" / "x64").glob("*.r"))
    try:
        if args.wrong:
            passed, failed = check_wrong(language.Rules(common_files() + x64), args.wrong)
        elif args.c:
            passed, wrong = ccheck.check(language.Rules(common_files()))
            failed = len(wrong)
            print("\n".join(wrong[:20] or ["C forms of terms"]))
        else:
            passed, failed = check_all()
    except SexprError as error:
        print(error)
        return 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
