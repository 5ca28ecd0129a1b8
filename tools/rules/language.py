"""The rule files as objects: operators, their instances, instructions, rules. Checks shapes and
types; what things mean is terms.py's."""

import re
from pathlib import Path

import sexpr
from sexpr import Node, SexprError, Sym, show

ROOT = Path(__file__).resolve().parent.parent.parent
TYPE_BITS = {"i32": 32, "i64": 64, "f32": 32, "f64": 64, "v128": 128, "ref": 64, "gcref": 32,
             "void": 0, "i128": 128}
FLOAT_TYPES = {"f32", "f64"}
# Types whose values live in vector registers.
VEC_TYPES = FLOAT_TYPES | {"v128"}
# What rules see of it is a pair of registers, called out and out-high where it is made.
PAIR_TYPE = "i128"
# Types whose bits a general constant node (iconst) holds.
INT_TYPES = {"i32", "i64", "ref", "gcref"}

OP_ROW = re.compile(r'X\((\w+),\s*"([^"]*)",\s*"([^"]*)",\s*([^,]*),')


class Op:
    def __init__(self, name, text, operands, flags):
        self.name, self.text, self.operands = name, text, operands
        self.flags = set(flag.strip() for flag in flags.split("|"))

    def is_pure(self):
        return "PURE" in self.flags

    def is_comm(self):
        return "COMM" in self.flags


def read_ops():
    folder = ROOT / "src" / "ir"
    text = "".join((folder / name).read_text(encoding="utf-8")
                   for name in ("ops.def", "vector.def"))
    return {text_name: Op(name, text_name, operands, flags)
            for name, text_name, operands, flags in OP_ROW.findall(text)}


class Instance:
    """One type instance of an operator: an (ir …) row."""

    def __init__(self, node, ops):
        if len(node) != 5:
            raise SexprError(f"{node.where}: (ir KEY (OPERANDS) RESULT TERM)")
        _, key, operands, self.result, self.term = node
        self.key, self.where = str(key), node.where
        name, *self.types = self.key.split(".")
        if name not in ops:
            raise SexprError(f"{node.where}: ops.def has no operator {name}")
        self.op = ops[name]
        self.operands = [(str(operand[0]), str(operand[1])) for operand in operands]
        if self.result not in TYPE_BITS:
            raise SexprError(f"{node.where}: no type {self.result}")
        for _, kind in self.operands:
            if kind not in TYPE_BITS and kind not in ("mem", "imm", "mask"):
                raise SexprError(f"{node.where}: no type {kind}")

    def values(self):
        return [(name, VALUE_KINDS.get(kind, kind)) for name, kind in self.operands
                if kind in TYPE_BITS or kind in VALUE_KINDS]

    def folds(self):
        """Can its value be computed from those of constants?"""
        kinds = [kind for _, kind in self.operands] + [self.result]
        return self.op.is_pure() and bool(self.operands) and \
            not {PAIR_TYPE, "v128"} & set(kinds) and all(kind in TYPE_BITS for kind in kinds)

    def selectors(self):
        """How the instance is told from others of its operator: a list of (what, type), `what`
        being "node" for the node's own type or the name of an operand."""
        if not self.types:
            return []
        first = next((name for name, kind in self.values()), None)
        if len(self.types) == 2:
            return [("node", self.types[0]), (first, self.types[1])]
        if self.result == self.types[0] and "BOOL" not in self.op.flags:
            return [("node", self.types[0])]
        return [(first, self.types[0])]


class Libcall:
    """(libcall NAME ((operand type)...) RESULT TERM): a C function in place of an operator."""

    def __init__(self, node):
        self.operands = [(str(operand[0]), str(operand[1])) for operand in node[2]]
        self.result, self.term = str(node[3]), node[4]


class Arg:
    """An argument of an instruction row."""

    def __init__(self, node):
        self.name, self.kind = str(node[0]), str(node[1])
        self.role = self.cls = self.tied = self.fixed = None
        self.slot_ok = False
        self.bits = None
        if self.kind in ("use", "use-late", "temp", "def", "def-early"):
            self.role, self.kind, self.cls = self.kind, "reg", str(node[2])
            for option in node[3:]:
                if option == "slot-ok":
                    self.slot_ok = True
                elif option[0] == "tied":
                    self.tied = str(option[1])
                elif option[0] == "fixed":
                    self.fixed = str(option[1])
                elif option[0] == "bits":
                    self.bits = option[1]

    def is_input(self):
        """Does a rule give this argument?"""
        return self.kind not in ("reg", "block") or self.role in ("use", "use-late")

    def is_def(self):
        return self.role in ("def", "def-early")


class Insn:
    def __init__(self, node):
        self.name, self.where = str(node[1]), node.where
        self.args, self.widths, self.sem = [], [], None
        self.cpu, self.flags, self.effects = [], "none", []
        for clause in node[2:]:
            head = clause[0]
            if head == "args":
                self.args = [Arg(arg) for arg in clause[1:]]
            elif head == "width":
                self.widths = list(clause[1:])
            elif head == "sem":
                self.sem = clause[1:]
            elif head == "cpu":
                self.cpu = [str(feature) for feature in clause[1:]]
            elif head == "flags":
                self.flags = str(clause[1])
            elif head == "effect":
                self.effects = [str(effect) for effect in clause[1:]]
        self.inputs = [arg for arg in self.args if arg.is_input()]
        self.defs = [arg for arg in self.args if arg.is_def()]

    def writes_flags(self):
        return self.flags in ("write", "readwrite")


class Rule:
    """A fold, lower, cond or address rule, with its pattern and what follows."""

    def __init__(self, kind, node):
        self.kind, self.where, self.node = kind, node.where, node
        self.pattern, self.guards, self.steps = node[1], [], []
        self.in_order = False  # operands of commutative operators stand as they are written
        for clause in node[2:]:
            if isinstance(clause, list) and clause and clause[0] == "when":
                self.guards += clause[1:]
            elif clause == ["in-order"]:
                self.in_order = True
            elif clause == "=>":
                continue
            else:
                self.steps.append(clause)
        if not self.steps:
            raise SexprError(f"{self.where}: the rule has no right side")

    def wants_value(self, pat):
        """Must the right side give the value of the pattern?"""
        return pat.type != "void" and ["unused"] not in self.guards

    def place(self):
        """file:line without the folders."""
        return re.sub(r"^.*/rules/", "", str(self.where))


TRAPS = {name: int(code) for name, code in re.findall(
    r"^X\((\w+), (\d+),", (ROOT / "src" / "vmabi" / "trap.def").read_text(encoding="utf-8"), re.M)}


def with_trap_codes(form):
    """Names of traps become their numbers."""
    if isinstance(form, list):
        return Node((with_trap_codes(item) for item in form), form.where)
    return TRAPS.get(form, form) if isinstance(form, Sym) else form


class Rules:
    """Everything the given files say."""

    def __init__(self, paths):
        self.ops = read_ops()
        self.instances, self.special, self.libcalls = {}, set(), {}
        self.insns, self.features = {}, []
        self.folds, self.lowers, self.conds, self.addresses = [], [], [], []
        self.unsupported = []  # patterns of operators an ISA does without
        for path in paths:
            for form in sexpr.expand(sexpr.parse_file(path)):
                self.add(form)
        self.by_op = {}
        for instance in self.instances.values():
            self.by_op.setdefault(instance.op.text, []).append(instance)

    def add(self, form):
        form = with_trap_codes(form)
        head = form[0]
        if head == "ir":
            instance = Instance(form, self.ops)
            if instance.key in self.instances:
                raise SexprError(f"{form.where}: {instance.key} has a meaning already")
            self.instances[instance.key] = instance
        elif head == "libcall":
            self.libcalls[str(form[1])] = Libcall(form)
        elif head == "unsupported":
            self.unsupported += [str(name) for name in form[1:]]
        elif head == "special":
            self.special |= set(str(name) for name in form[1:])
        elif head == "insn":
            self.insns[str(form[1])] = Insn(form)
        elif head == "fold":
            self.folds.append(Rule("fold", form))
        elif head == "lower":
            self.lowers.append(Rule("lower", form))
        elif head == "cond":
            self.conds.append(Rule("cond", form))
        elif head == "address":
            self.addresses.append(Rule("address", form))
        else:
            raise SexprError(f"{form.where}: no form ({head} …)")

    def instance(self, key, where):
        found = self.instances.get(str(key))
        if not found:
            raise SexprError(f"{where}: {key} has no meaning in ir.r")
        return found

    def without_meaning(self):
        """Operators of ops.def that neither have a row nor are special."""
        return sorted(name for name in self.ops if name not in self.by_op and
                      name not in self.special)


def features_of(path):
    """Names of CPU features, in lower case, from a features.def."""
    return [name.lower() for name in re.findall(r"^X\((\w+),", Path(path).read_text(), re.M)]


# Operands that are values of a type with something more to say: a mask is always a vconst node.
VALUE_KINDS = {"mask": "v128"}


# ---- patterns -----------------------------------------------------------------------------------
class Pat:
    """A pattern tree. kind: var (any value), const (integer constant: a number or a variable),
    fconst, vconst, node (an operator instance), mem (a foldable load of a type), none (no operand).
    `type`: of the value. `repeat`: taken whatever its uses."""

    def __init__(self, kind, type_, name=None):
        self.kind, self.type, self.name = kind, type_, name
        self.value = None       # const: its number, or None where `name` is a variable
        self.halves = None      # vconst: low and high 64 bits, each a const
        self.is_mask = False    # vconst: bytes numbered by a shuffle
        self.instance = None    # node
        self.fields = []        # node: (field, Pat | ("imm", name) | ("mem", name))
        self.repeat = False

    def walk(self):
        yield self
        for _, field in self.fields:
            if isinstance(field, Pat):
                yield from field.walk()


def parse_pattern(rules, expr, type_, where):
    """The pattern of a value of a type (None: the root, any)."""
    if isinstance(expr, Sym):
        if expr == "none":
            return Pat("none", type_)
        return Pat("var", type_, str(expr))
    if isinstance(expr, int):
        pat = Pat("const", type_)
        pat.value = expr & ((1 << TYPE_BITS[type_]) - 1)
        return pat
    if not isinstance(expr, list) or not expr:
        raise SexprError(f"{where}: {show(expr)} is no pattern")
    head = str(expr[0])
    if head in ("iconst", "fconst"):
        if type_ is None:
            raise SexprError(f"{where}: a constant's type is not known here")
        return Pat("const" if head == "iconst" else "fconst", type_, str(expr[1]))
    if head.startswith(("iconst.", "fconst.")):
        return Pat("const" if head[0] == "i" else "fconst", head.split(".")[1], str(expr[1]))
    if head == "dup":
        pat = parse_pattern(rules, expr[1], type_, where)
        pat.repeat = True
        return pat
    if head == "vconst":
        pat = Pat("vconst", "v128")
        pat.halves = [parse_half(half, where) for half in expr[1:]]
        return pat
    if head.startswith("mem."):
        return Pat("mem", head.split(".")[1], str(expr[1]))
    return parse_node(rules, expr, head, type_, where)


def parse_half(expr, where):
    """One half of a vector constant: a number or a variable of 64 bits."""
    return parse_pattern(rules=None, expr=expr if isinstance(expr, int) else [Sym("iconst"), expr],
                         type_="i64", where=where)


def parse_node(rules, expr, head, type_, where):
    instance = rules.instance(head, where)
    if type_ is not None and instance.result != type_:
        raise SexprError(f"{where}: {show(expr)} is {instance.result}, not {type_}")
    if len(expr) - 1 != len(instance.operands):
        raise SexprError(f"{where}: {head} takes {len(instance.operands)} operands: {show(expr)}")
    pat = Pat("node", instance.result)
    pat.instance = instance
    for (field, kind), item in zip(instance.operands, expr[1:]):
        if kind in ("mem", "imm"):
            pat.fields.append((field, (kind, item if isinstance(item, int) else str(item))))
        else:
            value_type = VALUE_KINDS.get(kind, kind)
            pat.fields.append((field, parse_pattern(rules, item, value_type, where)))
        if kind == "mask" and pat.fields[-1][1].kind != "vconst":
            raise SexprError(f"{where}: {field} of {head} is a (vconst LOW HIGH)")
        if kind == "mask":
            pat.fields[-1][1].is_mask = True
    return pat


def with_swaps(pat):
    """The pattern and those equal to it by commutativity that can match what it cannot: constants
    stand on the right already, and two plain variables need no exchange."""
    fields = [[field] for field in pat.fields]
    for at, (name, field) in enumerate(pat.fields):
        if isinstance(field, Pat) and field.kind == "node":
            fields[at] = [(name, variant) for variant in with_swaps(field)]
    out = []
    for choice in product(fields):
        out.append(clone(pat, choice))
        if pat.kind == "node" and pat.instance.op.is_comm() and len(choice) == 2:
            (name_a, a), (name_b, b) = choice
            if needs_swap(a, b):
                out.append(clone(pat, [(name_a, b), (name_b, a)]))
    return out


def variants(rules, rule, type_=None):
    """The patterns of a rule: with both orders of commutative operators, unless it says not."""
    pat = parse_pattern(rules, rule.pattern, type_, rule.where)
    return [pat] if rule.in_order else with_swaps(pat)


def needs_swap(a, b):
    if b.kind in ("const", "vconst") and a.kind not in ("const", "vconst"):
        return False
    return not (a.kind == "var" and b.kind == "var")


def product(lists):
    if not lists:
        return [[]]
    return [[first] + rest for first in lists[0] for rest in product(lists[1:])]


def clone(pat, fields):
    copy = Pat(pat.kind, pat.type, pat.name)
    copy.value, copy.instance, copy.repeat = pat.value, pat.instance, pat.repeat
    copy.halves, copy.is_mask = pat.halves, pat.is_mask
    copy.fields = list(fields)
    return copy


# ---- steps of a lowering ----------------------------------------------------------------------
class Step:
    """One instruction: its row, width, arguments by name, names of its results in the row's order
    (None where nobody asks)."""

    def __init__(self, insn, width, args, results, where):
        self.insn, self.width, self.args, self.results = insn, width, args, results
        self.where = where


class CondStep:
    """(= c (cond x)): flags for the condition x, its code named c."""

    def __init__(self, name, value):
        self.name, self.value = name, value


class LibcallStep:
    def __init__(self, name, args):
        self.name, self.args = name, args


class Flattener:
    """Makes a flat list of steps from nested ones."""

    def __init__(self, rules, rule):
        self.rules, self.rule, self.steps, self.count = rules, rule, [], 0
        self.has_out = False

    def fail(self, text):
        raise SexprError(f"{self.rule.where}: {text}")

    def fresh(self):
        self.count += 1
        return f"t{self.count}"

    def run(self, wants_value):
        items = self.rule.steps
        for at, item in enumerate(items):
            is_last = at == len(items) - 1
            if isinstance(item, list) and item[0] == "=":
                names = item[1] if isinstance(item[1], list) else [item[1]]
                self.bind([str(name) for name in names], item[2])
            elif isinstance(item, list):
                is_value = is_last and wants_value and not self.has_out
                self.bind(["out"] if is_value else [], item)
            else:
                self.fail(f"{show(item)} is no step")
        return self.steps

    def bind(self, names, expr):
        self.has_out |= "out" in names
        head = str(expr[0])
        if head == "cond":
            self.steps.append(CondStep(names[0], str(expr[1])))
        elif head == "libcall":
            self.steps.append(LibcallStep(str(expr[1]), [str(arg) for arg in expr[2:]]))
        else:
            self.instruction(names, expr, head)

    def instruction(self, names, expr, head):
        name, _, width = head.partition(".")
        insn = self.rules.insns.get(name)
        if not insn:
            self.fail(f"no instruction {name}")
        width = int(width) if width else 0
        if (width not in insn.widths) if insn.widths else width:
            self.fail(f"{name} has no width {width}")
        if len(expr) - 1 != len(insn.inputs):
            self.fail(f"{name} takes {' '.join(arg.name for arg in insn.inputs)}: {show(expr)}")
        args = {arg.name: self.argument(arg, item) for arg, item in zip(insn.inputs, expr[1:])}
        if len(names) > len(insn.defs):
            self.fail(f"{name} has {len(insn.defs)} results")
        results = [None if name == "_" else name for name in names]
        results += [None] * (len(insn.defs) - len(results))
        self.steps.append(Step(insn, width, args, results, self.rule.where))

    def argument(self, arg, item):
        """A name, number, or term; nested instructions become steps of their own."""
        if arg.kind == "reg" and isinstance(item, list):
            name = self.fresh()
            self.bind([name], item)
            return name
        return item
