"""lower, cond and address rules as C: the ISA's selector."""

import re

from rules import cterm
from rules.language import (PAIR_TYPE, VEC_TYPES, CondStep, Flattener, LibcallStep, Pat,
                            parse_pattern, variants, with_swaps)
from rules.match_gen import Matcher, c_type, dispatch, operand_ops
from rules.terms import CC_NUMBERS
from sexpr import SexprError, Sym, show

CONSTANTS = {"const": "ICONST", "fconst": "FCONST", "vconst": "VCONST"}
# Instructions without results whose meaning rulecheck knows by name: where to go, which trap.
CONTROL = {"JMP", "JCC", "JTAB", "TRAPCC", "TRAP", "POLL", "FUEL", "MFENCE"}

# Operators that are part of their users, or of what they name a result of.
FOLDED = {"ea.i64", "pair.i128", "low.i64", "high.i64"}


class LowerStyle:
    """How questions of a pattern are asked while lowering."""

    guard_field = "c_lower"

    def __init__(self, isa, features):
        self.isa, self.features = isa, features

    def feature_test(self, name):
        if name not in self.features:
            raise SexprError(f"no CPU feature {name}")
        return f"cx->options->features >> {self.features.index(name)} & 1"

    def immediate(self, instance, node, field):
        if instance.op.text == "bounds":
            return f"mach_extra64(cx, {node}->{field})"
        return f"(u64){node}->{field}"

    def extra64(self, at):
        return f"mach_extra64(cx, {at})"

    def inner_test(self, pat, ref):
        return f"!mach_can_{'repeat' if pat.repeat else 'fold'}(cx, {ref})"


def read_bits(insn, width, name):
    """How many low bits of a register operand the instruction looks at."""
    default = width * 8 if insn.widths else 64
    return max(occurrences(insn.sem or [], name, default, default), default=default)


def occurrences(term, name, inherited, default):
    if term == name:
        return [inherited]
    if not isinstance(term, list):
        return []
    if term and term[0] == "low" and isinstance(term[1], int):
        return occurrences(term[2:], name, min(inherited, term[1]), default)
    if term and term[0] == "extract" and isinstance(term[1], int):
        return occurrences(term[3:], name, min(inherited, term[1] + 1), default)
    return [bits for item in term for bits in occurrences(item, name, inherited, default)]


class Emitter:
    """The right side of one rule: C that appends its instructions."""

    def __init__(self, matcher, isa, is_wide=False):
        self.m, self.isa, self.lines = matcher, isa, []
        self.is_wide = is_wide  # vectors between steps may have 16 bytes
        self.vregs = {}  # name of a result -> C name
        self.ccs = {}
        self.guards = []  # conditions on numbers the instructions need

    def error(self, text):
        self.m.error(text)

    def step(self, step):
        if isinstance(step, CondStep):
            value = "r" if step.value == "out" else self.node_of(step.value)
            self.ccs[step.name] = f"c_{step.name}"
            self.lines.append(f"u8 c_{step.name} = lower_cond(cx, {value}, "
                              f"{'true' if step.value == 'out' else 'false'});")
        elif isinstance(step, LibcallStep):
            refs = ", ".join(self.node_of(arg) for arg in step.args)
            self.lines.append(f"mach_abi_libcall(cx, VM_LIBCALL_{step.name}, (IrRef[]){{{refs}}}, "
                              f"{len(step.args)}, r);")
        else:
            self.instruction(step)

    def node_of(self, name):
        if name not in self.m.values:
            self.error(f"{name} is no value of the pattern")
        return self.m.values[name]

    def instruction(self, step):
        insn, uses, sets, memory = step.insn, {}, [], None
        if insn.sem is None and insn.name not in CONTROL:
            self.error(f"{insn.name} has no meaning in insts.r")
        for arg in insn.inputs:
            item = step.args[arg.name]
            if arg.kind == "reg":
                uses[arg.name] = self.register(insn, step.width, arg, item)
            elif arg.kind == "mem":
                memory = self.memory(item, step.width)
            elif arg.kind == "cc":
                sets.append(f"in->cc = {self.condition(item)};")
            else:
                sets.append(f"in->imm = {self.immediate(arg, item, step.width)};")
        defs = self.results(step)
        order = [uses[arg.name] for arg in insn.args if arg.role in ("use", "use-late")]
        order += [defs[arg.name] for arg in insn.defs]
        regs = f"(const u32[]){{{', '.join(order)}}}" if order else "NULL"
        call = f"mach_put(cx, {self.isa}_{insn.name}, {step.width}, {regs}, " \
               f"{'&' + memory if memory else 'NULL'})"
        self.lines.append(f"in = {call};" if sets else f"{call};")
        self.lines += sets

    def register(self, insn, width, arg, item):
        """The C name of the virtual register an argument reads; may append instructions."""
        if item in self.vregs:
            return self.vregs[item]
        ref = self.node_of(item)
        type_ = self.m.types[item]
        if type_ is not None and (type_ in VEC_TYPES) != (arg.cls == "vec"):
            self.error(f"{item} is {type_}, {insn.name} wants a {arg.cls}")
        low = type_ == "i32" and read_bits(insn, width, arg.name) <= 32
        name = self.m.fresh("use")
        self.lines.append(f"u32 {name} = mach_use{'32' if low else ''}(cx, {ref});")
        return name

    def memory(self, item, width):
        if isinstance(item, Sym):
            if item not in self.m.addresses:
                self.error(f"{item} is no memory operand")
            name = self.m.addresses[item][0]
        else:
            name = self.address(item, width)
        self.lines.append(f"mach_use_addr(cx, &{name});")
        return name

    def address(self, item, width):
        """(amode64 x) (amode32 x): x as a sum; (at BASE INDEX SCALE DISP): registers as they are;
        (literal BYTES LOW [HIGH]): a constant."""
        head, name = item[0], self.m.fresh("a")
        if head in ("amode64", "amode32"):
            ref = "r" if item[1] == "out" else self.node_of(item[1])
            self.lines.append(f"MAddr {name};")
            self.lines.append(f"mach_match_sum(cx, {ref}, {int(head == 'amode32')}, &{name});")
        elif head == "at":
            low = width == 4
            base, index = (self.address_register(part, low) for part in item[1:3])
            scale, disp = (self.m.term(part, 64)[0] for part in item[3:5])
            if not isinstance(item[4], int):
                self.guards.append(f"(u64)(i64)(i32){disp} == {disp}")
            self.lines.append(f"MAddr {name} = mach_reg_addr({base}, {index}, (u8){scale}, "
                              f"(i32){disp});")
        elif head == "literal":
            size = item[1]
            low, _ = self.m.term(item[2], min(size * 8, 64))
            high = self.m.term(item[3], 64)[0] if len(item) > 3 else "0"
            self.lines.append(f"MAddr {name} = mach_literal_addr({low}, {high}, {size});")
        else:
            self.error(f"{show(item)} is no address")
        return name

    def address_register(self, item, low):
        if item == "none":
            return "0"
        if item in self.vregs:
            return self.vregs[item]
        name = self.m.fresh("use")
        low = low and self.m.types.get(item) == "i32"
        self.lines.append(f"u32 {name} = mach_use{'32' if low else ''}(cx, {self.node_of(item)});")
        return name

    def condition(self, item):
        if isinstance(item, int):
            return str(item)
        if isinstance(item, list):
            return f"{self.condition(item[1])} ^ 1"
        return self.ccs.get(item) or f"{self.isa}_CC_{check_cc(self, item).upper()}"

    def immediate(self, arg, item, width):
        if item == "last":
            return "mach_last_successor(cx)"
        if item == "table":
            return "mach_jump_table(cx)"
        text, bits = self.m.term(item, width * 8 if width else 64)
        if isinstance(item, int):
            check_number(self, arg, item, bits)
            return cterm.c_signed(text, bits) if arg.kind == "imm32s" and bits < 64 else text
        fits = {"imm32s": 32, "imm8": 8}.get(arg.kind)
        if fits:
            text = cterm.c_signed(text, bits) if bits < 64 else text
            if bits > fits:
                self.guards.append(f"(u64)(i64)(i{fits}){text} == {text}")
        limit = {"imm8u": 8, "imm32": 32}.get(arg.kind)
        if limit and bits > limit:
            self.guards.append(f"{text} >> {limit} == 0")
        return text

    def results(self, step):
        names = {}
        for arg, result in zip(step.insn.defs, step.results):
            if result == "out":
                names[arg.name] = self.vregs["out"] = "cx->out"
                continue
            if result == "out-high":
                names[arg.name] = self.fresh_high()
                continue
            name = self.m.fresh("def")
            flags = "RA_WIDE" if arg.cls == "vec" and self.is_wide else "0"
            self.lines.append(f"u32 {name} = mach_new_vreg(cx, RA_{arg.cls.upper()}, {flags});")
            names[arg.name] = name
            if result:
                self.vregs[result] = name
        return names

    def fresh_high(self):
        name = self.m.fresh("high")
        self.lines.append(f"u32 {name} = mach_high(cx);")
        return name


def check_number(emitter, arg, number, bits):
    """A literal immediate must fit its field."""
    fits = {"imm32s": (-(1 << 31), 1 << 31), "imm8": (-128, 128), "imm8u": (0, 256),
            "imm32": (0, 1 << 32)}.get(arg.kind)
    if fits and bits > 32 and not fits[0] <= number < fits[1]:
        emitter.error(f"{number} does not fit {arg.kind}")


def check_cc(emitter, name):
    if name not in CC_NUMBERS:
        emitter.error(f"no condition {name}")
    return str(name)


class LowerGen:
    def __init__(self, rules, isa, features):
        self.rules, self.isa = rules, isa.upper()
        self.style = LowerStyle(self.isa, features)
        self.out = []

    def rule_body(self, rule, pat, wants_value, is_cond):
        """`do { tests; instructions; return } while (0);` for one variant of a rule."""
        matcher = Matcher(rule, self.style, root_is_child=is_cond)
        emitter = Emitter(matcher, self.isa, any(p.type == "v128" for p in pat.walk()))
        if pat.kind == "node":
            matcher.fields(pat, "n", "r")
        else:
            matcher.value(pat, "r", None)
        answer = None
        steps_rule = rule
        if is_cond:
            answer, steps = rule.steps[-1], rule.steps[:-1]
            steps_rule = Trimmed(rule, steps)
        for step in Flattener(self.rules, steps_rule).run(wants_value):
            emitter.step(step)
            if hasattr(step, "insn"):
                for feature in step.insn.cpu:
                    matcher.lines.append(f"if (!({self.style.feature_test(feature)})) break;")
        matcher.lines += [f"if (!({guard})) break;" for guard in unique(emitter.guards)]
        matcher.guards()
        done = f"return {emitter.condition(answer)};" if is_cond else "return true;"
        for name in matcher.addresses.values():
            if name[1] != "r" or is_cond:
                emitter.lines.insert(0, f"if ({name[0]}.src) cx->src = {name[0]}.src;")
        body = without_unused(unique_features(matcher.lines + emitter.lines + [done]))
        return [f"/* {rule.place()} */", "do {", *("    " + line for line in body), "} while (0);"]

    def variants(self, rule):
        return variants(self.rules, rule, rule_type(rule))

    def lower_functions(self):
        groups = {}
        for rule in self.rules.lowers:
            for pat in self.variants(rule):
                if pat.kind != "node" and pat.kind not in CONSTANTS:
                    raise SexprError(f"{rule.where}: the root is no operator")
                key = pat.instance.key if pat.kind == "node" else f"{pat.kind}.{pat.type}"
                groups.setdefault(key, []).append((rule, pat))
        for key, items in groups.items():
            pat = items[0][1]
            self.out.append(f"static bool lower_{c_name(key)}(LowerCtx *cx, IrRef r)")
            body = [f"    {line}" for rule, variant in items
                    for line in self.rule_body(rule, variant, rule.wants_value(variant), False)]
            self.out += ["{", "    const IrNode *n = NODE(r);", *operand_ops(body),
                         "    MInst *in;", "    (void)n, (void)in;", *body,
                         "    return false;", "}", ""]
        return groups

    def cond_function(self):
        default, groups = None, {}
        for rule in self.rules.conds:
            for pat in self.variants(rule):
                if pat.kind == "var":
                    default = (rule, pat)
                else:
                    groups.setdefault(pat.instance.key, []).append((rule, pat))
        if default is None:
            raise SexprError("no cond rule for any value")
        self.out += ["static u8 lower_cond(LowerCtx *cx, IrRef r, bool is_root);", ""]
        for key, items in groups.items():
            body = []
            for rule, pat in items:
                lines = self.rule_body(rule, pat, False, True)
                # A load would be read as often as the condition is computed.
                if any(p.kind == "mem" or has_memory(p) for p in pat.walk()):
                    lines.insert(2, "    if (!is_sole) break;")
                body += ["    " + line for line in lines]
            self.out += [f"static int cond_{c_name(key)}(LowerCtx *cx, IrRef r, bool is_sole)", "{",
                         "    const IrNode *n = NODE(r);", *operand_ops(body), "    MInst *in;",
                         "    (void)n, (void)in, (void)is_sole;", *body, "    return -1;", "}", ""]
        self.out += ["static u8 lower_cond(LowerCtx *cx, IrRef r, bool is_root)", "{",
                     "    const IrNode *n = NODE(r);", "    MInst *in;", "    (void)in;",
                     "    if (is_root || mach_can_test(cx, r)) {",
                     "        bool is_sole = is_root || cx->uses[r] == 1;", "        int cc = -1;"]
        instances = [self.rules.instances[key] for key in groups]
        lines = dispatch(
            instances, lambda i: f"{{ cc = cond_{c_name(i.key)}(cx, r, is_sole); break; }}")
        self.out += ["        " + line for line in lines]
        self.out += ["        if (cc >= 0)", "            return (u8)cc;", "    }"]
        self.out += ["    " + line for line in self.rule_body(*default, False, True)]
        self.out += ["    UNREACHABLE();", "}", ""]

    def address_function(self):
        self.out += ["static bool fold_address(const LowerCtx *cx, MAddr *at)", "{"]
        for rule in self.rules.addresses:
            for body in self.address_rule(rule):
                self.out += ["    " + line for line in body]
        self.out += ["    return false;", "}", ""]

    def address_rule(self, rule):
        """(address (amode BASE INDEX SCALE DISP) => (amode …)), or gs, gs32 on the right."""
        base, index, scale, disp = rule.pattern[1:]
        type_ = next(address_types(self.rules, [base, index]), "i64")
        base_pats = with_swaps(parse_pattern(self.rules, base, type_, rule.where))
        index_pats = with_swaps(parse_pattern(self.rules, index, type_, rule.where))
        for base_pat in base_pats:
            for index_pat in index_pats:
                yield self.address_body(rule, base_pat, index_pat, scale, disp, type_)

    def address_body(self, rule, base_pat, index_pat, scale, disp, type_):
        matcher = Matcher(rule, self.style)
        is32 = type_ == "i32"
        matcher.fail_if(f"at->low32 != {int(is32)}")
        for pat, text in ((base_pat, "at->base"), (index_pat, "at->index")):
            matcher.value(pat, text, None)
        for item, text in ((scale, "at->scale"), (disp, "(u64)(i64)at->disp")):
            if isinstance(item, int):
                matcher.fail_if(f"{text} != {item}")
            else:
                matcher.lines.append(f"u64 k_{item} = (u64){text};")
                matcher.numbers[str(item)] = (f"k_{item}", 64)
        head, new_base, new_index, new_scale, new_disp = rule.steps[0]
        disp_text, _ = matcher.term(new_disp, 64)
        is_wide = head in ("wide", "gs-wide")
        if not is32 and not is_wide and not isinstance(new_disp, int):
            matcher.fail_if(f"(u64)(i64)(i32)({disp_text}) != ({disp_text})")
        matcher.guards()
        out = []
        for field, item in (("base", new_base), ("index", new_index)):
            text = "0" if item == "none" else matcher.values[str(item)]
            out.append(f"at->{field} = {text};")
        out.append(f"at->scale = (u8)({matcher.term(new_scale, 64)[0]});")
        out.append(f"at->wide = {disp_text};" if is_wide else f"at->disp = (i32)({disp_text});")
        if head in ("gs", "gs32", "gs-wide"):
            out.append("at->mem |= M_GS;")
        if head == "gs32":
            out += ["at->mem |= M_ADDR32;", "at->low32 = true;"]
        out.append("return true;")
        return [f"/* {rule.place()} */", "do {"] + \
            ["    " + line for line in without_unused(matcher.lines + out)] + ["} while (0);"]

    def run(self):
        self.cond_function()
        self.address_function()
        groups = self.lower_functions()
        instances = [self.rules.instances[key] for key in groups if key in self.rules.instances]
        self.out += ["static bool lower_node(LowerCtx *cx, IrRef r)", "{",
                     "    const IrNode *n = NODE(r);"]
        lines = dispatch(instances, lambda i: f"return lower_{c_name(i.key)}(cx, r);")
        constants = []
        for key in groups:
            if key not in self.rules.instances:
                kind, type_ = key.split(".")
                constants.append(f"    if (n->op == IR_{CONSTANTS[kind]} && "
                                 f"n->type == {c_type(type_)})\n"
                                 f"        return lower_{c_name(key)}(cx, r);")
        self.out += constants + ["    " + line for line in lines] + ["    return false;", "}"]
        return "\n".join(self.out) + "\n"


class Trimmed:
    """A rule with other steps."""

    def __init__(self, rule, steps):
        self.where, self.steps = rule.where, steps


def rule_type(rule):
    """The type of a root that does not name it: a condition."""
    return "i32" if rule.kind == "cond" and isinstance(rule.pattern, Sym) else None


def has_memory(pat):
    return pat.kind == "node" and any(isinstance(item, tuple) and item[0] == "mem"
                                      for _, item in pat.fields)


def address_types(rules, exprs):
    for expr in exprs:
        if isinstance(expr, list):
            inner = expr[1] if expr[0] == "dup" else expr
            if inner[0].startswith("iconst."):
                yield inner[0].split(".")[1]
                continue
            yield rules.instance(inner[0], inner.where).result


def c_name(key):
    return key.replace(".", "_")


def unique(items):
    return list(dict.fromkeys(items))


def unique_features(lines):
    """Drops repeated feature tests."""
    seen, out = set(), []
    for line in lines:
        if line.startswith("if (!(cx->options->features"):
            if line in seen:
                continue
            seen.add(line)
        out.append(line)
    return out


DECLARED = re.compile(r"(?:IrRef|u64|u32|u8) (\w+) = [^;]*;$")


def without_unused(lines):
    """Drops declarations of variables nobody reads."""
    for at in reversed(range(len(lines))):
        match = DECLARED.match(lines[at])
        if not match or "mach_" in lines[at] or "lower_" in lines[at]:
            continue
        name = re.compile(rf"\b{match[1]}\b")
        if not any(name.search(line) for line in lines[at + 1:]):
            del lines[at]
    return lines


def missing(rules, allowed):
    """Instances without a rule that always matches."""
    total = set()
    for rule in rules.lowers:
        pat = parse_pattern(rules, rule.pattern, None, rule.where)
        if pat.kind == "node" and not rule.guards and is_total(rules, rule, pat):
            total.add(pat.instance.key)
    return [key for key in rules.instances if key not in total and key not in allowed]


def plain_names(pat):
    """The variables of a pattern that takes all operands as they come; None: it does not. A pair
    is always made by its operator."""
    names = []
    kinds = dict(pat.instance.operands)
    for field, item in pat.fields:
        if isinstance(item, Pat) and item.kind == "node" and item.type == PAIR_TYPE and item.repeat:
            names += plain_names(item) or [None, None]
        elif isinstance(item, Pat) and kinds[field] == "mask":
            names += [half.name for half in item.halves]
        elif isinstance(item, Pat):
            names.append(item.name if item.kind == "var" else None)
        else:
            names.append(None if isinstance(item[1], int) else item[1])
    return None if None in names else names


def is_total(rules, rule, pat):
    names = plain_names(pat)
    if names is None or len(set(names)) != len(names):
        return False
    steps = Flattener(rules, rule).run(pat.type != "void")
    return not any(getattr(step, "insn", None) and step.insn.cpu for step in steps)
