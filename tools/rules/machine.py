"""Runs patterns and right sides of rules on values: the two halves of every check."""

from rules import language, terms
from rules.language import FLOAT_TYPES, TYPE_BITS, VEC_TYPES, CondStep, Flattener, LibcallStep, Pat
from rules.guards import GUARDS
from rules.lower_gen import CONTROL, Trimmed, read_bits
from rules.terms import CONDITIONS, Env, Flags, Trap, Undefined, evaluate, mask, signed
from sexpr import Sym, show


class Wrong(Exception):
    """The rule does something it must not, whatever the result."""


class NoMatch(Exception):
    """These values do not satisfy the rule's guards."""


def kind_of(type_):
    return "float" if type_ in FLOAT_TYPES else "vector" if type_ == "v128" else "int"


class Memory:
    """Every byte has a value that depends on its address and a seed, or all have the same; literals
    lie apart."""

    def __init__(self, seed):
        self.seed, self.literals = seed, {}
        self.fill = (0, 0xFF, 0x80, 1)[seed >> 2 & 3] if seed & 3 == 0 else None

    def byte(self, address):
        if address in self.literals:
            return self.literals[address]
        if self.fill is not None:
            return self.fill
        x = (address ^ self.seed) * 0x9E3779B97F4A7C15 & mask(64)
        return (x ^ x >> 29) * 0xBF58476D1CE4E5B9 >> 56 & 0xFF

    def read(self, address, bits):
        return sum(self.byte(address + i & mask(64)) << 8 * i for i in range(bits // 8))

    def literal(self, value, size):
        at = 0x7000_0000_0000_0000 + len(self.literals) * 64
        for i in range(size):
            self.literals[at + i] = value >> 8 * i & 0xFF
        return at


class Outcome:
    """What one side did: its value, stores in order, where it goes, which trap it raised."""

    def __init__(self):
        self.value = None     # (width, bits)
        self.effects = []
        self.goto = None
        self.trap = None

    def rest(self):
        return self.effects, self.goto, self.trap


class Left:
    """Values chosen for the variables of a pattern, and what the pattern computes from them."""

    def __init__(self, sampler, memory, guards=()):
        self.sampler, self.memory = sampler, memory
        self.values = {}   # variable: (width, bits); also of constants
        self.types = {}    # variables that are values: their types
        self.addresses = {}
        self.nan_widths = set()  # of the floats of which an operator makes "some NaN"
        self.effects = []  # stores of operators that have a value besides
        # Guards that promise something of a variable steer the choice of its value.
        self.promised = [guard for guard in guards if guard[0] in GUARDS and
                         GUARDS[guard[0]].holds]
        sparse = sampler.random.choice((0xff, 1, 0xffff, 0x7fffffff, mask(32), mask(64), 0))
        self.cut = {str(guard[1]): sparse for guard in self.promised}
        # Some are about the number of successors.
        two_way = any(guard[0] == "two-way" for guard in guards)
        self.successors = 2 if two_way else sampler.random.randint(2, 6)

    def variable(self, pat):
        if pat.name not in self.values or pat.name == "_":
            width = TYPE_BITS[pat.type]
            value = self.sampler.value(kind_of(pat.type), width)
            value &= self.cut.get(pat.name, value)
            self.values[pat.name] = (width, value)
            self.types[pat.name] = pat.type
        return self.values[pat.name]

    def constant(self, pat):
        width = TYPE_BITS[pat.type]
        if pat.value is not None:
            return width, pat.value
        if pat.name not in self.values:
            self.values[pat.name] = (width, self.sampler.constant(kind_of(pat.type), width))
        return self.values[pat.name]

    def vector_constant(self, pat):
        """Halves without a number yet come from one vector, or one shuffle's mask."""
        kind = "mask" if pat.is_mask else "vector"
        drawn, total = self.sampler.constant(kind, 128), 0
        for at, half in enumerate(pat.halves):
            if half.value is None and half.name not in self.values:
                self.values[half.name] = (64, drawn >> 64 * at & mask(64))
            total |= self.constant(half)[1] << 64 * at
        return 128, total

    def address(self, name):
        if name not in self.addresses:
            self.addresses[name] = self.sampler.address()
        return 64, self.addresses[name]

    def value(self, pat):
        """(width, bits) of a pattern's value."""
        if pat.kind == "var":
            return self.variable(pat)
        if pat.kind in ("const", "fconst"):
            return self.constant(pat)
        if pat.kind == "vconst":
            return self.vector_constant(pat)
        if pat.kind == "mem":
            width = TYPE_BITS[pat.type]
            return width, self.memory.read(self.address(pat.name)[1], width)
        if pat.kind == "none":
            return 64, 0  # without a base an address counts from that of gs: any number
        return evaluate(pat.instance.term, self.operands(pat), TYPE_BITS[pat.type] or None)

    def operands(self, pat):
        self.nan_widths |= terms.nan_widths(pat.instance.term, TYPE_BITS[pat.type])
        env = Env(width=TYPE_BITS[pat.type] or 64, memory=self.memory.read)
        env.effects = self.effects
        env.values["last"] = (32, self.successors - 1)
        for field, item in pat.fields:
            if isinstance(item, Pat):
                env.values[field] = self.value(item)
            elif item[0] == "mem":
                env.values[field] = self.address(item[1])
            else:
                env.values[field] = self.immediate(item[1], pat.instance.op.text)
        return env

    def immediate(self, name, op):
        """A number in a node: 32 bits, but for the ends of bounds checks."""
        if isinstance(name, int):
            return name
        if name not in self.values:
            self.values[name] = self.sampler.constant("int", 64 if op == "bounds" else 32)
        return self.values[name]

    def run(self, pat):
        """The root: a value, or an effect."""
        out = Outcome()
        try:
            if pat.kind != "node" or pat.type != "void":
                out.value = self.value(pat)
                out.effects += self.effects
            else:
                effect(pat.instance.term, self.operands(pat), out)
        except Trap as trap:
            out.trap = trap.code
        return out

    def guards(self, guards):
        """Terms over constants must hold, and what structural guards promise; these say nothing
        more that could be run."""
        for guard in guards:
            if guard[0] not in GUARDS and not evaluate(guard, Env(self.values, 64))[1]:
                raise NoMatch
        for guard in self.promised:
            width, value = self.values[str(guard[1])]
            number = evaluate(guard[2], Env(self.values, width), width)[1] if len(guard) > 2 else 0
            if not GUARDS[guard[0]].holds(width, value, number):
                raise NoMatch


def effect(term, env, out):
    """Statements: what operators without a value do."""
    if term == "nothing":
        return
    head = term[0]
    if head == "store":
        bits = terms.number(term[1], env)
        _, address = env.values[str(term[2])]
        out.effects.append(("store", address, bits, evaluate(term[3], env)[1] & mask(bits)))
    elif head == "trap-if":
        if evaluate(term[1], env)[1]:
            raise Trap(terms.number(term[2], env))
        effect(term[3], env, out)
    elif head == "assume":
        if not evaluate(term[1], env)[1]:
            raise Undefined(show(term[1]))
        effect(term[2], env, out)
    elif head == "goto":
        out.goto = evaluate(term[1], env, 32)[1]
    elif head == "effect":
        out.effects.append((str(term[1]),) + tuple(terms.number(t, env) for t in term[2:]))
    else:
        raise terms.TermError(f"{show(term)} is no effect")


# ---- instructions -------------------------------------------------------------------------------
WHOLE = {"gpr": 64, "vec": 128}
# Conditions that need two flags tests are understood by these.
TWO_TEST_INSNS = {"JCC", "CMOV_RR", "CMOV_RM", "SELECT_X", "SETFCC", "TRAPCC"}
FLAG_HEADS = ("cmp", "test", "fcmp", "ptest", "bt", "alu")


class Right:
    """The steps of a lowering on the values of a Left."""

    def __init__(self, rules, rule, left, root, wants_value, steps=None):
        self.rules, self.left, self.root = rules, left, root
        self.regs, self.ccs, self.flags = {}, {}, None
        self.out = Outcome()
        self.raws = {}
        shape = Trimmed(rule, steps) if steps is not None else rule
        self.steps = Flattener(rules, shape).run(wants_value)

    def run(self):
        try:
            for step in self.steps:
                self.step(step)
        except Trap as trap:
            self.out.trap = trap.code
        return self.out

    def step(self, step):
        if isinstance(step, CondStep):
            self.condition_step(step)
        elif isinstance(step, LibcallStep):
            call = self.rules.libcalls[step.name]
            env = Env({name: self.left.values[arg] for (name, _), arg
                       in zip(call.operands, step.args)}, TYPE_BITS[call.result])
            self.regs["out"] = ("vec", evaluate(call.term, env)[1])
        else:
            self.instruction(step)

    def condition_step(self, step):
        """Any flags and condition that say whether the value is 0."""
        width, value = (32, self.root.value[1]) if step.value == "out" else \
            self.left.values[step.value]
        holds = value != 0
        names = list(CONDITIONS)
        if not all(s.insn.name in TWO_TEST_INSNS for s in self.steps
                   if hasattr(s, "insn") and step.name in flat(s.args.values())):
            names = names[:16]
        rng = self.left.sampler.random
        while True:
            cc = rng.choice(names)
            flags = Flags(*(rng.getrandbits(1) for _ in range(5)))
            if bool(CONDITIONS[cc](flags.get)) == holds:
                break
        self.ccs[step.name], self.flags = cc, flags

    def register(self, insn, width, arg, name):
        """Contents of the register an argument names. What the rules leave open is garbage."""
        if name in self.regs:
            return self.regs[name][1]
        type_ = self.left.types.get(name)
        if type_ is None:
            raise Wrong(f"{name} is no value")
        bits, value = self.left.values[name]
        if type_ in VEC_TYPES:
            return value | self.garbage(name, 128 - bits) << bits
        if type_ == "i32" and read_bits(insn, width, arg) <= 32:
            return value | self.garbage(name, 32) << 32
        return value

    def garbage(self, name, bits):
        return self.left.sampler.bits(bits)

    def instruction(self, step):
        insn, width = step.insn, step.width * 8
        has_vec = any(arg.cls == "vec" for arg in insn.args)
        env = Env(width=width or (128 if has_vec else 64), memory=self.left.memory.read,
                  flags=self.flags)
        address = None
        for arg in insn.inputs:
            item = step.args[arg.name]
            if arg.kind == "reg":
                env.raw[arg.name] = (WHOLE[arg.cls],
                                     self.register(insn, step.width, arg.name, item))
            elif arg.kind == "mem":
                address = self.address(item, insn, step.width)
                env.values[arg.name] = (64, address)
            elif arg.kind == "cc":
                env.values[arg.name] = self.cc(item)
            else:
                env.values[arg.name] = self.immediate(arg, item, min(env.width, 64))
        if insn.name in CONTROL:
            self.control(insn.name, env)
            if insn.writes_flags():
                self.flags = None
            return
        if insn.sem is None:
            raise Wrong(f"{insn.name} has no meaning")
        check_faults(insn.name, env)
        self.statements(step, insn, env, address)

    def statements(self, step, insn, env, address):
        new, flags, stores = {}, None, []
        for statement in insn.sem:
            head = statement[0]
            if head == "set":
                bits, value = evaluate(statement[2], env)
                arg = next(a for a in insn.defs if a.name == statement[1])
                whole = WHOLE[arg.cls]
                if arg.cls == "vec" and bits < whole:
                    value |= self.left.sampler.bits(whole - bits) << bits
                new[str(statement[1])] = (arg.cls, value)
            elif head == "store":
                bits, value = evaluate(statement[2], env)
                stores.append(("store", address, env.width, value & mask(env.width)))
            elif head in FLAG_HEADS:
                flags = terms.set_flags(statement, env)
            else:
                raise terms.TermError(f"{insn.where}: {show(statement)} means nothing")
        if flags is not None:
            self.flags = flags
        elif insn.writes_flags():
            self.flags = None
        self.out.effects += stores
        for arg, name in zip(insn.defs, step.results):
            if name:
                self.regs[name] = new[arg.name]

    def cc(self, item):
        if isinstance(item, int):
            return item
        if isinstance(item, list):
            return terms.invert_cc(self.cc(item[1]))
        return self.ccs.get(item, str(item))

    def immediate(self, arg, item, width):
        values = dict(self.left.values)
        values["last"] = (32, self.left.successors - 1)
        values["table"] = (32, 0)
        bits, value = evaluate(item, Env(values, width), width)
        if arg.kind in ("imm32s", "imm8"):
            limit = 32 if arg.kind == "imm32s" else 8
            value = signed(value, bits)
            if bits > limit and not -(1 << limit - 1) <= value < 1 << limit - 1:
                raise NoMatch
        if arg.kind in ("imm8u", "imm32") and value >> (8 if arg.kind == "imm8u" else 32):
            raise NoMatch
        return width, value & mask(width)

    def address(self, item, insn, width):
        if isinstance(item, Sym):
            return self.left.address(item)[1]
        head = item[0]
        if head in ("amode64", "amode32"):
            bits, value = self.root.value if item[1] == "out" else self.left.values[item[1]]
            return value if bits == 64 else value | self.left.sampler.bits(32) << 32
        if head == "literal":
            values = Env(self.left.values, 64)
            low = evaluate(item[2], values, min(item[1] * 8, 64))[1]
            high = evaluate(item[3], values, 64)[1] if len(item) > 3 else 0
            return self.left.memory.literal(low | high << 64, item[1])
        base, index = (self.sum_register(part, width) for part in item[1:3])
        scale, disp = (evaluate(part, Env(self.left.values, 64), 64)[1] for part in item[3:5])
        if not -(1 << 31) <= signed(disp, 64) < 1 << 31:
            raise NoMatch
        return base + (index << scale) + disp & mask(64)

    def sum_register(self, item, width):
        if item == "none":
            return 0
        if item in self.regs:
            return self.regs[item][1]
        bits, value = self.left.values[item]
        if bits == 32 and width == 4:
            return value | self.left.sampler.bits(32) << 32
        return value

    def control(self, name, env):
        if name in ("POLL", "FUEL"):
            units = (env.values["i"][1],) if name == "FUEL" else ()
            self.out.effects.append((name.lower(),) + units)
        elif name == "MFENCE":
            self.out.effects.append(("fence",))
        elif name == "TRAP":
            raise Trap(env.values["i"][1])
        elif name == "TRAPCC":
            if self.holds(env.values["c"]):
                raise Trap(env.values["i"][1])
        elif name == "JMP":
            self.out.goto = 0
        elif name == "JCC":
            self.out.goto = 0 if self.holds(env.values["c"]) else 1
        else:
            index = env.raw["x"][1]
            if index >= self.left.successors:
                raise Wrong(f"jump table index {index} of {self.left.successors}")
            self.out.goto = index

    def holds(self, cc):
        if self.flags is None:
            raise Wrong("reads flags that nothing has set")
        try:
            return bool(CONDITIONS[str(cc)](self.flags.get))
        except Undefined as error:
            raise Wrong(f"reads an undefined {error}") from error


def flat(items):
    for item in items:
        if isinstance(item, list):
            yield from flat(item)
        else:
            yield item


def check_faults(name, env):
    """Division faults in hardware where its meaning by words does not say so."""
    if name not in ("DIV_R", "DIV_M", "IDIV_R", "IDIV_M"):
        return
    width = env.width
    low, high = (env.raw[part][1] & mask(width) for part in ("lo", "hi"))
    divisor = env.raw["b"][1] & mask(width)
    wanted = 0 if name[0] == "D" else (mask(width) if low >> (width - 1) else 0)
    if divisor == 0 or high != wanted:
        raise Wrong("the division faults")
    if name[0] == "I" and low == 1 << (width - 1) and divisor == mask(width):
        raise Wrong("the division overflows")


# ---- folding ------------------------------------------------------------------------------------
def fold_value(rules, expr, left, want, where):
    """(width, bits) of the right side of a fold rule."""
    if isinstance(expr, int):
        return TYPE_BITS[want], expr & mask(TYPE_BITS[want])
    if isinstance(expr, Sym):
        return (64, 0) if expr == "none" else left.values[str(expr)]
    head = str(expr[0])
    if head == "vconst":
        low, high = (evaluate(half, Env(left.values, 64), 64)[1] for half in expr[1:])
        return 128, low | high << 64
    if head in ("const", "fconst") or head.startswith(("const.", "fconst.")):
        type_ = head.split(".")[1] if "." in head else want
        bits = TYPE_BITS[type_]
        got, value = evaluate(expr[1], Env(left.values, bits), bits)
        if got != bits:
            raise terms.TermError(f"{where}: {show(expr)} has {got} bits, not {bits}")
        return bits, value
    instance = rules.instance(head, where)
    env = Env(width=TYPE_BITS[instance.result] or 64)
    for (name, kind), item in zip(instance.operands, expr[1:]):
        if kind == "imm":
            env.values[name] = evaluate(item, Env(left.values, 64), 64)
        else:
            kind = language.VALUE_KINDS.get(kind, kind)
            env.values[name] = fold_value(rules, item, left, kind, where)
    left.nan_widths |= terms.nan_widths(instance.term, TYPE_BITS[instance.result])
    return evaluate(instance.term, env, TYPE_BITS[instance.result])


def parse(rules, rule):
    return language.variants(rules, rule, "i32" if isinstance(rule.pattern, Sym) else None)
