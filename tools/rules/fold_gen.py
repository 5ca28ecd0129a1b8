"""fold rules and the meanings of pure operators as C: the simplifier that runs as IR is built."""

from rules import cterm, terms
from rules.cterm import CEnv
from rules.language import FLOAT_TYPES, TYPE_BITS, VALUE_KINDS, variants
from rules.lower_gen import c_name, without_unused
from rules.match_gen import Matcher, c_type, dispatch, operand_ops
from sexpr import SexprError, Sym, show


class FoldStyle:
    """How questions of a pattern are asked while folding: nothing is known of uses or places."""

    guard_field = "c_fold"

    def immediate(self, instance, node, field):
        return f"(u64){node}->{field}"

    def extra64(self, at):
        return f"fold_extra64(b, {at})"

    def inner_test(self, pat, ref):
        return None

    def feature_test(self, name):
        raise SexprError("a fold rule may not ask for CPU features")


class FoldGen:
    def __init__(self, rules):
        self.rules, self.out, self.style = rules, [], FoldStyle()

    # ---- rules ----
    def rule_body(self, rule, pat):
        matcher = Matcher(rule, self.style)
        matcher.fields(pat, "n", "r")
        lines = []
        result = self.build(matcher, rule.steps[0], pat.type, lines)
        matcher.guards()
        body = without_unused(matcher.lines + lines + [f"return {result};"])
        return [f"/* {rule.place()} */", "do {", *("    " + line for line in body), "} while (0);"]

    def build(self, matcher, expr, type_, lines):
        """C text of the node that an expression of the right side stands for; nodes inside are
        made first, by statements added to lines."""
        if isinstance(expr, int):
            return f"ir_const(b, {c_type(type_)}, 0x{expr & terms.mask(TYPE_BITS[type_]):x}u)"
        if expr == "none":
            return "0"
        if isinstance(expr, Sym):
            if expr not in matcher.values:
                raise SexprError(f"{matcher.rule.where}: {expr} is no value of the pattern")
            if matcher.types[expr] != type_:
                raise SexprError(f"{matcher.rule.where}: {expr} is not {type_}")
            return matcher.values[expr]
        head = str(expr[0])
        if head == "vconst":
            low, high = (matcher.term(half, 64)[0] for half in expr[1:])
            return f"ir_vconst(b, {low}, {high})"
        if head in ("const", "fconst") or head.startswith(("const.", "fconst.")):
            type_ = head.split(".")[1] if "." in head else type_
            text, width = matcher.term(expr[1], TYPE_BITS[type_])
            if width != TYPE_BITS[type_]:
                raise SexprError(f"{matcher.rule.where}: {show(expr)} has {width} bits")
            return f"ir_{'fconst' if head[0] == 'f' else 'const'}(b, {c_type(type_)}, {text})"
        instance = self.rules.instance(head, matcher.rule.where)
        if len(expr) - 1 != len(instance.operands) or instance.result != type_:
            raise SexprError(f"{matcher.rule.where}: {show(expr)}: operands, or not {type_}")
        fields = {"a": "0", "b": "0", "c": "0"}
        for (name, kind), item in zip(instance.operands, expr[1:]):
            kind = VALUE_KINDS.get(kind, kind)
            if kind == "imm":
                fields[name] = f"(u32)({matcher.term(item, 64)[0]})"
                continue
            text = self.build(matcher, item, kind, lines)
            if not isinstance(item, Sym):
                fresh = matcher.fresh("t")
                lines.append(f"IrRef {fresh} = {text};")
                text = fresh
            fields[name] = text
        return (f"ir_emit(b, IR_{instance.op.name}, {c_type(instance.result)}, "
                f"{fields['a']}, {fields['b']}, {fields['c']})")

    # ---- constants ----
    def constants(self, instance):
        """Folds an operator whose operands are all constants, if its meaning has a C form."""
        if not instance.folds():
            return None
        names = {name: (f"k_{name}", TYPE_BITS[kind]) for name, kind in instance.operands}
        try:
            text, width = cterm.c_term(instance.term, CEnv(names, 64), TYPE_BITS[instance.result])
        except terms.TermError:
            return None
        if width != TYPE_BITS[instance.result]:
            raise SexprError(f"{instance.where}: {instance.key} has {width} bits")
        lines = [f"/* {instance.key} of constants */", "do {"]
        for name, kind in instance.operands:
            op = "IR_FCONST" if kind in FLOAT_TYPES else "IR_ICONST"
            lines += [f"    const IrNode *c_{name} = NODE(n->{name});",
                      f"    if (op_{name} != {op}) break;",
                      f"    u64 k_{name} = c_{name}->b | (u64)c_{name}->c << 32;"]
        lines.append(f"    u64 value = {text};")
        maker = "ir_const"
        if instance.result in FLOAT_TYPES:
            maker = "ir_fconst"
            if terms.makes_nan(instance.term):  # which NaN is not ours to say
                lines.append(f"    if (rm_isnan(value, {width})) break;")
        lines += [f"    return {maker}(b, {c_type(instance.result)}, value);", "} while (0);"]
        return lines

    def run(self):
        groups = {}
        for rule in self.rules.folds:
            for pat in variants(self.rules, rule):
                groups.setdefault(pat.instance.key, []).append((rule, pat))
        found = []
        for key, instance in self.rules.instances.items():
            body = self.constants(instance) or []
            for rule, pat in groups.get(key, []):
                body += self.rule_body(rule, pat)
            if not body:
                continue
            found.append(instance)
            self.out += [f"static IrRef fold_{c_name(key)}(IrBuilder *b, const IrNode *n)", "{"]
            self.out += [*operand_ops(body), *("    " + line for line in body)]
            self.out += ["    return 0;", "}", ""]
        self.out += ["static IrRef fold_node(IrBuilder *b, const IrNode *n)", "{"]
        lines = dispatch(found, lambda i: f"return fold_{c_name(i.key)}(b, n);")
        self.out += ["    " + line for line in lines] + ["    return 0;", "}"]
        return "\n".join(self.out) + "\n"
