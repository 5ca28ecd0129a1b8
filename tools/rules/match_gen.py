"""C code that matches a pattern: shared by folding and lowering."""

import re

from rules import cterm
from rules.guards import GUARDS
from rules.language import TYPE_BITS, Pat
from sexpr import SexprError, Sym, show


class Matcher:
    """Emits the tests of one rule variant into `lines`; a failing test says `fail`."""

    def __init__(self, rule, style, root_is_child=False):
        self.rule, self.style = rule, style
        self.root = None if root_is_child else "r"  # the node being lowered
        self.lines, self.late = [], []
        self.values = {}   # variable -> C name of an IrRef
        self.types = {}    # variable -> type, or None
        self.numbers = {}  # variable -> (C text, width or None)
        self.addresses = {}  # memory variable -> (C name of the MAddr, C name of the node)
        self.count = 0

    def fail_if(self, condition, late=False):
        (self.late if late else self.lines).append(f"if ({condition}) break;")

    def fresh(self, prefix):
        self.count += 1
        return f"{prefix}{self.count}"

    def error(self, text):
        raise SexprError(f"{self.rule.where}: {text}")

    # ---- patterns ----
    def fields(self, pat, node, ref):
        for field, item in pat.fields:
            if isinstance(item, Pat):
                self.value(item, f"{node}->{field}", pat)
            elif item[0] == "imm":
                self.immediate(item[1], self.style.immediate(pat.instance, node, field))
            else:
                self.memory(item[1], pat, ref)

    def immediate(self, name, text):
        if isinstance(name, int):
            self.fail_if(f"{text} != {name}u")
        elif name in self.numbers:
            self.fail_if(f"{text} != {self.numbers[name][0]}")
        elif name != "_":
            self.lines.append(f"u64 k_{name} = {text};")
            self.numbers[name] = (f"k_{name}", None)

    def memory(self, name, pat, ref):
        if name in self.addresses:
            # A load and a store of one place: the load goes with the store.
            first = self.addresses[name][1]
            self.fail_if(f"!mach_same_place(cx, {first}, {ref}) || !mach_can_sink_load(cx, {ref})",
                         late=True)
            self.late.append(f"mach_join_load(cx, {ref}, &m_{name});")
            return
        self.addresses[name] = (f"m_{name}", ref)
        self.lines.append(f"MAddr m_{name};")
        if ref != self.root:
            self.fail_if(f"!mach_can_sink_load(cx, {ref})", late=True)
        self.late.append(f"mach_match_addr(cx, {ref}, &m_{name});")

    def value(self, pat, text, parent):
        if pat.kind == "none":
            self.fail_if(text)
        elif pat.kind == "var":
            self.variable(pat, text, parent)
        elif pat.kind in ("const", "fconst"):
            self.constant(pat, text)
        elif pat.kind == "vconst":
            self.vector_constant(pat, text)
        elif pat.kind == "mem":
            self.loaded(pat, text)
        else:
            self.node(pat, text)

    def variable(self, pat, text, parent):
        if pat.name == "_":
            return
        if pat.name in self.values:
            self.fail_if(f"{text} != {self.values[pat.name]}")
            return
        name = f"v_{pat.name}"
        self.values[pat.name], self.types[pat.name] = name, pat.type
        self.lines.append(f"IrRef {name} = {text};")
        is_base = parent is not None and parent.instance.op.text in ("ea", "ea64")
        if is_base and text.endswith("->a"):
            self.fail_if(f"!{name}")

    def op_test(self, text, op):
        """The operator of an operand; those of the root's operands are read once a function."""
        known = f"op_{text[3:]}" if re.fullmatch("n->[abc]", text) else f"NODE({text})->op"
        self.fail_if(f"{known} != IR_{op}")

    def constant(self, pat, text):
        self.op_test(text, "ICONST" if pat.kind == "const" else "FCONST")
        node = self.fresh("n")
        self.lines.append(f"const IrNode *{node} = NODE({text});")
        self.number(pat, f"({node}->b | (u64){node}->c << 32)")

    def vector_constant(self, pat, text):
        self.op_test(text, "VCONST")
        node = self.fresh("n")
        self.lines.append(f"const IrNode *{node} = NODE({text});")
        for at, half in enumerate(pat.halves):
            self.number(half, self.style.extra64(f"{node}->a + {2 * at}"))

    def number(self, pat, value):
        if pat.value is not None:
            self.fail_if(f"{value} != 0x{pat.value:x}u")
        elif pat.name in self.numbers:
            self.fail_if(f"{value} != {self.numbers[pat.name][0]}")
        elif pat.name != "_":
            self.lines.append(f"u64 k_{pat.name} = {value};")
            self.numbers[pat.name] = (f"k_{pat.name}", TYPE_BITS[pat.type])

    def loaded(self, pat, text):
        self.addresses[pat.name] = (f"m_{pat.name}", text)
        self.lines.append(f"MAddr m_{pat.name};")
        self.fail_if(f"!mach_match_mem(cx, {text}, {c_type(pat.type)}, &m_{pat.name})", late=True)

    def node(self, pat, text):
        self.op_test(text, pat.instance.op.name)
        ref, node = self.fresh("r"), self.fresh("n")
        self.lines.append(f"IrRef {ref} = {text};")
        self.lines.append(f"const IrNode *{node} = NODE({ref});")
        for what, type_ in pat.instance.selectors():
            self.fail_if(f"{selector_text(node, what)} != {c_type(type_)}")
        if not any(isinstance(item, tuple) and item[0] == "mem" for _, item in pat.fields):
            test = self.style.inner_test(pat, ref)
            if test:
                self.fail_if(test, late=True)
        self.fields(pat, node, ref)

    # ---- guards ----
    def term(self, term, want=None):
        return cterm.c_term(term, cterm.CEnv(self.numbers, want or 64), want)

    def guards(self):
        """Tests on numbers come before those that walk about."""
        for guard in self.rule.guards:
            head = guard[0]
            if head not in GUARDS:
                text, width = self.term(guard)
                if width != 1:
                    self.error(f"{show(guard)} is no condition")
                self.lines.append(f"if (!{text}) break;")
        self.lines += self.late
        for guard in self.rule.guards:
            if guard[0] in GUARDS:
                names = [self.values.get(item, str(item)) if isinstance(item, Sym) else item
                         for item in guard[1:]]
                if GUARDS[guard[0]].number:
                    names[1] = self.term(guard[2], TYPE_BITS[self.types[guard[1]]])[0]
                self.lines.append(f"if (!({GUARDS[guard[0]].c_test(self.style, names)})) break;")


def operand_ops(body):
    """Declarations of the operators of the root's operands that a function's body tests."""
    return [f"    const u16 op_{field} = NODE(n->{field})->op;" for field in "abc"
            if any(f"op_{field} " in line for line in body)]


def c_type(name):
    return f"IR_{name.upper()}"


def selector_text(node, what):
    return f"{node}->type" if what == "node" else f"NODE({node}->{what})->type"


def dispatch(instances, emit):
    """`switch` over the root's operator and types; emit(instance) is the statement for one."""
    by_op = {}
    for instance in instances:
        by_op.setdefault(instance.op, []).append(instance)
    lines = ["switch (n->op) {"]
    for op, group in by_op.items():
        lines.append(f"case IR_{op.name}:")
        if len(group) == 1 and not group[0].selectors():
            lines.append(f"    {emit(group[0])}")
            continue
        for instance in group:
            test = " && ".join(f"{selector_text('n', what)} == {c_type(type_)}"
                               for what, type_ in instance.selectors())
            lines.append(f"    if ({test})" if test else "    ")
            lines.append(f"        {emit(instance)}")
        lines.append("    break;")
    lines += ["default:", "    break;", "}"]
    return lines
