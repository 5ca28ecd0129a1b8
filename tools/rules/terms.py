"""What terms mean: an evaluator over bit vectors, the ground truth of the rule language.

A value is a pair (width in bits, unsigned integer). docs/rules.md lists the operators; OPS below is
that list. A term is evaluated in an environment that knows variables, memory and the default width.
"""

import math
import operator
import struct
from fractions import Fraction

from sexpr import Sym, show


class TermError(Exception):
    """A term that means nothing: a mistake in a rule file."""


class Trap(Exception):
    """The term traps with this code."""

    def __init__(self, code):
        super().__init__(f"trap {code}")
        self.code = code


class Undefined(Exception):
    """The value depends on something the semantics leave open."""


def mask(width):
    return (1 << width) - 1


def signed(value, width):
    return value - (1 << width) if value >> (width - 1) & 1 else value


# ---- floats -------------------------------------------------------------------------------------
QUIET = {32: 0x7FC00000, 64: 0x7FF8000000000000}
PACK = {32: ("<I", "<f"), 64: ("<Q", "<d")}


def to_float(bits, width):
    integer, real = PACK[width]
    return struct.unpack(real, struct.pack(integer, bits))[0]


def from_float(value, width):
    """Bits of the nearest float of this width; any NaN becomes the canonical one."""
    if math.isnan(value):
        return QUIET[width]
    integer, real = PACK[width]
    try:
        return struct.unpack(integer, struct.pack(real, value))[0]
    except OverflowError:
        return struct.unpack(integer, struct.pack(real, math.copysign(math.inf, value)))[0]


def fused(a, b, c, width):
    """Bits of a * b + c, rounded once."""
    x, y, z = (to_float(bits, width) for bits in (a, b, c))
    if not all(map(math.isfinite, (x, y, z))):
        product = 0.0 if math.isfinite(x) and math.isfinite(y) else f_mul(x, y)
        return from_float(f_add(product, z), width)
    exact = Fraction(x) * Fraction(y) + Fraction(z)
    if exact == 0:
        return from_float(x * y + z if x == 0 or y == 0 or z == 0 else 0.0, width)
    return round_fraction(exact, width)


def round_fraction(exact, width):
    """Bits of the float nearest to a number that is not 0, ties to even."""
    precision, low = (24, -149) if width == 32 else (53, -1074)
    size = abs(exact)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    if Fraction(2) ** exponent > size:
        exponent -= 1
    unit = Fraction(2) ** max(exponent - precision + 1, low)
    whole = round(size / unit) * unit
    try:
        real = abs(float(whole))
    except OverflowError:
        real = math.inf
    return from_float(-real if exact < 0 else real, width)


def is_nan(bits, width):
    return (bits & mask(width - 1)) > (0x7F800000 if width == 32 else 0x7FF0000000000000)


def sign_of(bits, width):
    return bits >> (width - 1)


# A binary32 result computed in binary64 and rounded again is right for these four and the square
# root: 53 bits are more than twice 24 plus two.
def f_add(a, b):
    return a + b


def f_sub(a, b):
    return a - b


def f_mul(a, b):
    return a * b


def f_div(a, b):
    if b != 0 or math.isnan(a) or math.isnan(b):
        return a / b if b != 0 else math.nan
    if a == 0:
        return math.nan
    return math.copysign(math.inf, math.copysign(1, a) * math.copysign(1, b))


def f_sqrt(a):
    return math.nan if a < 0 or math.isnan(a) else math.sqrt(a)


def f_round(mode, a):
    if math.isnan(a) or math.isinf(a):
        return a
    whole = {"nearest": round, "floor": math.floor, "ceil": math.ceil, "trunc": math.trunc}[mode](a)
    return math.copysign(float(whole), a) if whole == 0 else float(whole)


def f_least(a, b, width, want_max):
    """WebAssembly's minimum or maximum, on bits."""
    if is_nan(a, width) or is_nan(b, width):
        return QUIET[width]
    x, y = to_float(a, width), to_float(b, width)
    if x == y:
        if x == 0:
            return a & b if want_max else a | b
        return a
    return a if (x > y) == want_max else b


def int_to_float(value, width):
    """Correctly rounded, also for 64-bit integers to binary32."""
    if width == 64:
        return from_float(float(value), 64)
    sign, value, bits = (1 if value < 0 else 0), abs(value), abs(value).bit_length()
    if bits > 24:
        drop = bits - 24
        rest, value = value & mask(drop), value >> drop
        half = 1 << (drop - 1)
        if rest > half or (rest == half and value & 1):
            value += 1
        value <<= drop
    return from_float(float(-value if sign else value), 32)


def truncates(bits, width, to, is_signed):
    """The integer that truncation gives, or None where it does not fit."""
    real = to_float(bits, width)
    if math.isnan(real) or math.isinf(real):
        return None
    whole = math.trunc(real)
    low, high = (-(1 << (to - 1)), mask(to - 1)) if is_signed else (0, mask(to))
    return whole if low <= whole <= high else None


# ---- division by constants ----------------------------------------------------------------------
def magic_u(width, d):
    """(multiplier, shift, add): floor(x/d) = mulhu(x, multiplier) >> shift, or with `add` =
    (((x - t) >> 1) + t) >> shift where t = mulhu(x, multiplier). d is not a power of two."""
    shift = (d - 1).bit_length()
    full = ((1 << (width + shift)) + d - 1) // d
    down = full
    # A smaller shift may do: halve while rounding error stays below what one unit of x allows.
    while shift > 0:
        smaller = ((1 << (width + shift - 1)) + d - 1) // d
        error = smaller * d - (1 << (width + shift - 1))
        if error > (1 << (shift - 1)):
            break
        down, shift = smaller, shift - 1
    if down <= mask(width):
        return down, shift, 0
    return down & mask(width), shift - 1, 1


def magic_s(width, d):
    """(multiplier as a signed number, shift): trunc(x/d) = (mulhs(x, m) [+ x] >> shift) + (x < 0),
    for d >= 2 that is not a power of two; `+ x` where m is negative."""
    shift = 0
    while True:
        power = 1 << (width - 1 + shift + 1)
        m = power // d + 1
        if m * d - power <= (1 << (shift + 1)) and m < (1 << width):
            return signed(m, width), shift
        shift += 1


# ---- operators ----------------------------------------------------------------------------------
def clz(value, width):
    return width - value.bit_length()


def ctz(value, width):
    return width if value == 0 else (value & -value).bit_length() - 1


def rotate(value, count, width):
    count %= width
    return (value << count | value >> (width - count)) & mask(width) if count else value


def truncated_div(a, b):
    q = abs(a) // abs(b)
    return -q if (a < 0) != (b < 0) else q


def nonzero(b):
    if b == 0:
        raise Undefined("division by zero")
    return b


def binary(operation):
    """operation(a, b, width): both operands have the width of the result."""
    return ("binary", operation)


def compare(operation):
    return ("compare", operation)


def unary(operation):
    return ("unary", operation)


def float_binary(operation):
    return binary(lambda a, b, w: from_float(operation(to_float(a, w), to_float(b, w)), w))


def float_compare(operation):
    return compare(lambda a, b, w: not is_nan(a, w) and not is_nan(b, w)
                   and operation(to_float(a, w), to_float(b, w)))


OPS = {
    "add": binary(lambda a, b, w: a + b),
    "sub": binary(lambda a, b, w: a - b),
    "mul": binary(lambda a, b, w: a * b),
    "and": binary(lambda a, b, w: a & b),
    "or": binary(lambda a, b, w: a | b),
    "xor": binary(lambda a, b, w: a ^ b),
    "udiv": binary(lambda a, b, w: a // nonzero(b)),
    "urem": binary(lambda a, b, w: a % nonzero(b)),
    "sdiv": binary(lambda a, b, w: truncated_div(signed(a, w), nonzero(signed(b, w)))),
    "srem": binary(lambda a, b, w: signed(a, w) - signed(b, w) * truncated_div(
        signed(a, w), nonzero(signed(b, w)))),
    "mulhs": binary(lambda a, b, w: signed(a, w) * signed(b, w) >> w),
    "mulhu": binary(lambda a, b, w: a * b >> w),
    "shl": ("shift", lambda a, n, w: a << n % w),
    "lshr": ("shift", lambda a, n, w: a >> n % w),
    "ashr": ("shift", lambda a, n, w: signed(a, w) >> n % w),
    "rotl": ("shift", rotate),
    "rotr": ("shift", lambda a, n, w: rotate(a, -n, w)),
    "bswap": unary(lambda a, w: int.from_bytes(a.to_bytes(w // 8, "little"), "big")),
    "neg": unary(lambda a, w: -a),
    "not": unary(lambda a, w: ~a),
    "clz": unary(clz),
    "ctz": unary(ctz),
    "popcnt": unary(lambda a, w: bin(a).count("1")),
    "eq": compare(lambda a, b, w: a == b),
    "ne": compare(lambda a, b, w: a != b),
    "ult": compare(lambda a, b, w: a < b),
    "ule": compare(lambda a, b, w: a <= b),
    "ugt": compare(lambda a, b, w: a > b),
    "uge": compare(lambda a, b, w: a >= b),
    "slt": compare(lambda a, b, w: signed(a, w) < signed(b, w)),
    "sle": compare(lambda a, b, w: signed(a, w) <= signed(b, w)),
    "sgt": compare(lambda a, b, w: signed(a, w) > signed(b, w)),
    "sge": compare(lambda a, b, w: signed(a, w) >= signed(b, w)),
    "fadd": float_binary(f_add),
    "fsub": float_binary(f_sub),
    "fmul": float_binary(f_mul),
    "fdiv": float_binary(f_div),
    "fmin": binary(lambda a, b, w: f_least(a, b, w, False)),
    "fmax": binary(lambda a, b, w: f_least(a, b, w, True)),
    # minss and maxss: the second operand unless the first is less (greater)
    "x86min": binary(lambda a, b, w: a if not is_nan(a, w) and not is_nan(b, w)
                     and to_float(a, w) < to_float(b, w) else b),
    "x86max": binary(lambda a, b, w: a if not is_nan(a, w) and not is_nan(b, w)
                     and to_float(a, w) > to_float(b, w) else b),
    "fsqrt": unary(lambda a, w: from_float(f_sqrt(to_float(a, w)), w)),
    "feq": float_compare(lambda x, y: x == y),
    "flt": float_compare(lambda x, y: x < y),
    "fle": float_compare(lambda x, y: x <= y),
    "funord": compare(lambda a, b, w: is_nan(a, w) or is_nan(b, w)),
    "isnan": ("test", lambda a, w: is_nan(a, w)),
    "sign": ("test", sign_of),
}
# (W a): the result's width is the first argument.
RESIZE = {
    "zext": lambda to, a, w: a,
    "sext": lambda to, a, w: signed(a, w),
    "low": lambda to, a, w: a,
}
FLOAT_TYPES = {"f32": 32, "f64": 64}
ROUND_IMM = {8: "nearest", 9: "floor", 10: "ceil", 11: "trunc"}
# x86 predicates of cmpss by number.
MASK_TESTS = (
    lambda lt, eq, un: eq, lambda lt, eq, un: lt, lambda lt, eq, un: lt or eq,
    lambda lt, eq, un: un, lambda lt, eq, un: not eq, lambda lt, eq, un: not lt,
    lambda lt, eq, un: not (lt or eq), lambda lt, eq, un: not un)

# What makes a result "some NaN" instead of given bits.
NAN_MAKERS = {"fadd", "fsub", "fmul", "fdiv", "fmin", "fmax", "fsqrt", "fround", "fpromote",
              "fdemote", "fma", "x86min", "x86max"}


def nan_widths(term, width):
    """Widths of the floats of which a term of this width makes "some NaN"."""
    if not isinstance(term, list):
        return set()
    if term and term[0] == "lanes":
        width = term[1]
    if term and isinstance(term[0], Sym) and term[0] in NAN_MAKERS:
        return {width}
    return set().union(*(nan_widths(item, width) for item in term))


def makes_nan(term):
    if isinstance(term, list):
        return any(makes_nan(item) for item in term)
    return isinstance(term, Sym) and term in NAN_MAKERS


# ---- flags and conditions -----------------------------------------------------------------------
class Flags:
    """The flags after an instruction; a None flag is undefined."""

    def __init__(self, c=None, z=None, s=None, o=None, p=None):
        self.bits = {"c": c, "z": z, "s": s, "o": o, "p": p}

    def get(self, name):
        if self.bits[name] is None:
            raise Undefined(f"flag {name}")
        return bool(self.bits[name])


def flags_cmp(a, b, w):
    r = (a - b) & mask(w)
    return Flags(a < b, r == 0, sign_of(r, w), ((a ^ b) & (a ^ r)) >> (w - 1) & 1,
                 bin(r & 0xFF).count("1") % 2 == 0)


def flags_add(a, b, w):
    r = (a + b) & mask(w)
    return Flags(a + b > mask(w), r == 0, sign_of(r, w), (~(a ^ b) & (a ^ r)) >> (w - 1) & 1,
                 bin(r & 0xFF).count("1") % 2 == 0)


def flags_test(a, b, w):
    r = a & b
    return Flags(0, r == 0, sign_of(r, w), 0, bin(r & 0xFF).count("1") % 2 == 0)


def flags_ptest(a, b, w):
    return Flags(~a & b & mask(w) == 0, a & b == 0, 0, 0, 0)


def flags_fcmp(a, b, w):
    if is_nan(a, w) or is_nan(b, w):
        return Flags(1, 1, 0, 0, 1)
    x, y = to_float(a, w), to_float(b, w)
    return Flags(x < y, x == y, 0, 0, 0)


CONDITIONS = {
    "o": lambda f: f("o"), "no": lambda f: not f("o"),
    "b": lambda f: f("c"), "ae": lambda f: not f("c"),
    "e": lambda f: f("z"), "ne": lambda f: not f("z"),
    "be": lambda f: f("c") or f("z"), "a": lambda f: not f("c") and not f("z"),
    "s": lambda f: f("s"), "ns": lambda f: not f("s"),
    "p": lambda f: f("p"), "np": lambda f: not f("p"),
    "l": lambda f: f("s") != f("o"), "ge": lambda f: f("s") == f("o"),
    "le": lambda f: f("z") or f("s") != f("o"), "g": lambda f: not f("z") and f("s") == f("o"),
    "feq": lambda f: f("z") and not f("p"), "fne": lambda f: not f("z") or f("p"),
}
CC_NUMBERS = {name: number for number, name in enumerate(CONDITIONS)}


def invert_cc(cc):
    names = list(CONDITIONS)
    return names[names.index(cc) ^ 1]


# ---- evaluation ---------------------------------------------------------------------------------
class Env:
    """Variables and memory of one evaluation. `width`: bits of operands that nothing else says."""

    def __init__(self, values=None, width=64, memory=None, flags=None):
        self.values = values or {}   # name: (width, value), or an int, or a condition's name
        self.width = width
        self.memory = memory         # address, bits -> value
        self.flags = flags
        self.raw = {}                # name: (width, value) of whole registers
        self.index = None            # of the lane, inside (lanes ...)
        self.effects = []            # of rmw: (store, address, bits, value)

    def var(self, name, want):
        if name in self.raw:
            width, value = self.raw[name]
            bits = want or self.width
            return bits, value & mask(min(bits, width))
        if name not in self.values:
            raise TermError(f"{name} is not known here")
        value = self.values[name]
        if isinstance(value, int):
            bits = want or self.width
            return bits, value & mask(bits)
        return value


class LaneEnv(Env):
    """Inside (lanes ...): a vector stands for one of its lanes, all else for itself."""

    def __init__(self, outer, width, index):
        super().__init__(outer.values, width, outer.memory, outer.flags)
        self.raw, self.outer, self.index = outer.raw, outer, index

    def var(self, name, want):
        known = self.raw.get(name) or self.values.get(name)
        if isinstance(known, tuple) and known[0] == 128:
            return self.width, known[1] >> self.index * self.width & mask(self.width)
        return self.outer.var(name, want)


COUNTS = {"add": operator.add, "sub": operator.sub, "mul": operator.mul,
          "udiv": operator.floordiv}


def number(term, env):
    """A width or count: an integer, or an expression over integers and `width`."""
    if isinstance(term, int):
        return term
    if term == "width":
        return env.width
    if term == "index":
        return env.index
    if isinstance(term, list) and len(term) == 3 and term[0] in COUNTS:
        return COUNTS[term[0]](number(term[1], env), number(term[2], env))
    value = env.values.get(term)
    if isinstance(value, int):
        return value
    if isinstance(value, tuple):
        return value[1]
    raise TermError(f"{show(term)} is not a number")


def has_width(term):
    """Does the term know its own width, without looking at its neighbour?"""
    if isinstance(term, int):
        return False
    return not (isinstance(term, list) and term[0] == "const")


def fitting(term, bits):
    """A number as a vector of so many bits."""
    if not -(1 << bits) < 2 * term < 2 << bits:
        raise TermError(f"{term} does not fit {bits} bits")
    return term & mask(bits)


def evaluate(term, env, want=None):
    """(width, value) of a term; `want` is the width its place suggests."""
    if isinstance(term, int):
        bits = want or env.width
        return bits, fitting(term, bits)
    if isinstance(term, Sym):
        if term == "width":
            bits = want or env.width
            return bits, env.width
        if term == "index":
            return want or 32, env.index
        return env.var(term, want)
    head, args = term[0], term[1:]
    special = SPECIAL.get(head)
    if special:
        return special(args, env, want)
    if head in RESIZE:
        to = number(args[0], env)
        width, value = evaluate(args[1], env, to if head == "low" else None)
        return to, RESIZE[head](to, value, width) & mask(to)
    if "." in head:
        return float_operator(head, args, env)
    if head not in OPS:
        raise TermError(f"no operator {head} in {show(term)}")
    return operate(head, args, env, want)


def operate(head, args, env, want):
    kind, function = OPS[head]
    if kind in ("unary", "test"):
        width, value = evaluate(args[0], env, want if kind == "unary" else None)
        result = function(value, width)
        return (1, int(bool(result))) if kind == "test" else (width, result & mask(width))
    if kind == "shift":
        width, value = evaluate(args[0], env, want)
        _, count = evaluate(args[1], env, width)
        return width, function(value, count, width) & mask(width)
    wanted = want if kind == "binary" else None
    first = next((arg for arg in args if has_width(arg)), args[0])
    width, _ = evaluate(first, env, wanted)
    values = []
    for arg in args:
        got, value = evaluate(arg, env, width)
        if got != width:
            raise TermError(f"{head}: {show(arg)} has {got} bits, not {width}")
        values.append(value)
    if kind == "compare":
        return 1, int(bool(function(values[0], values[1], width)))
    result = values[0]
    for value in values[1:]:
        result = function(result, value, width) & mask(width)
    return width, result


def float_operator(head, args, env):
    """f32.itof_s and the like: the float's type is the prefix."""
    kind, name = head.split(".")
    bits = FLOAT_TYPES.get(kind)
    if bits is None:
        raise TermError(f"no operator {head}")
    if name in ("itof_s", "itof_u"):
        width, value = evaluate(args[0], env)
        return bits, int_to_float(signed(value, width) if name == "itof_s" else value, bits)
    _, value = evaluate(args[-1], env, bits)
    if name in ("cvtt", "cvttu"):
        is_signed = name == "cvtt"
        whole = truncates(value, bits, env.width, is_signed)
        if whole is None:
            return env.width, 1 << (env.width - 1) if is_signed else mask(env.width)
        return env.width, whole & mask(env.width)
    to = number(args[0], env)
    if name in ("ftoi_s", "ftoi_u"):
        whole = truncates(value, bits, to, name == "ftoi_s")
        if whole is None:
            raise Undefined(f"{head} of what does not fit")
        return to, whole & mask(to)
    if name in ("fits_s", "fits_u"):
        return 1, int(truncates(value, bits, to, name == "fits_s") is not None)
    raise TermError(f"no operator {head}")


def do_const(args, env, want):
    return evaluate(args[0], env, want)


def do_bv(args, env, want):
    return args[1], evaluate(args[0], env, args[1])[1] & mask(args[1])


def do_ite(args, env, want):
    _, condition = evaluate(args[0], env)
    width = want
    for arm in args[1:]:
        if width is None and has_width(arm):
            width = peek_width(arm, env)
    return evaluate(args[1] if condition else args[2], env, width)


def peek_width(term, env):
    """The width of a term that may be undefined here; None when it cannot be told."""
    try:
        return evaluate(term, env)[0]
    except (Undefined, Trap):
        return None


def do_extract(args, env, want):
    high, low = number(args[0], env), number(args[1], env)
    width, value = evaluate(args[2], env, high + 1)
    return high - low + 1, value >> low & mask(high - low + 1)


def do_concat(args, env, want):
    high_width, high = evaluate(args[0], env)
    low_width, low = evaluate(args[1], env)
    return high_width + low_width, high << low_width | low


def do_load(args, env, want):
    """(load m): as wide as the place wants; (load N m) or (load N address)."""
    bits = want or env.width
    if len(args) == 2:
        bits = number(args[0], env)
    elif isinstance(env, LaneEnv):
        whole = env.memory(env.values[args[0]][1], 128)
        return env.width, whole >> env.index * env.width & mask(env.width)
    _, address = env.values[args[-1]] if args[-1] in env.values else evaluate(args[-1], env, 64)
    return bits, env.memory(address, bits)


def do_rmw(args, env, want):
    """(rmw N m NEW): the value there, which NEW calls `old`; NEW is stored."""
    bits = number(args[0], env)
    _, address = env.values[args[1]]
    old = env.memory(address, bits)
    env.values["old"] = (bits, old)
    width, new = evaluate(args[2], env, bits)
    if width != bits:
        raise TermError(f"rmw: {show(args[2])} has {width} bits, not {bits}")
    env.effects.append(("store", address, bits, new & mask(bits)))
    return bits, old


def do_merge(args, env, want):
    """(merge OLD NEW): what a register OLD holds when NEW was written to a part of it."""
    width, value = evaluate(args[1], env, env.width)
    _, old = env.raw[args[0]]
    return 64, value if width >= 32 else old & ~mask(width) | value


def do_whole(args, env, want):
    """(whole a): all 64 bits of the register."""
    return env.raw[args[0]]


def do_trap_if(args, env, want):
    _, condition = evaluate(args[0], env)
    if condition:
        raise Trap(number(args[1], env))
    return evaluate(args[2], env, want)


def do_assume(args, env, want):
    _, condition = evaluate(args[0], env)
    if not condition:
        raise Undefined(show(args[0]))
    return evaluate(args[1], env, want)


def do_fround(args, env, want):
    mode = args[0]
    if mode in env.values:
        mode = ROUND_IMM.get(number(mode, env))
    width, value = evaluate(args[1], env, want)
    if is_nan(value, width):
        return width, QUIET[width]
    return width, from_float(f_round(str(mode), to_float(value, width)), width)


def do_promote(args, env, want):
    _, value = evaluate(args[0], env, 32)
    return 64, from_float(to_float(value, 32), 64)


def do_demote(args, env, want):
    _, value = evaluate(args[0], env, 64)
    return 32, from_float(to_float(value, 64), 32)


def do_fcmpmask(args, env, want):
    predicate = number(args[0], env)
    width, a = evaluate(args[1], env, want)
    _, b = evaluate(args[2], env, width)
    unordered = is_nan(a, width) or is_nan(b, width)
    x, y = to_float(a, width), to_float(b, width)
    holds = MASK_TESTS[predicate](not unordered and x < y, not unordered and x == y, unordered)
    return width, mask(width) if holds else 0


def do_lanes(args, env, want):
    """(lanes W TERM): TERM for each lane of W bits; (lanes W N TERM): N of them."""
    width = number(args[0], env)
    count = number(args[1], env) if len(args) == 3 else 128 // width
    result = 0
    for index in range(count):
        got, value = evaluate(args[-1], LaneEnv(env, width, index), width)
        if got != width:
            raise TermError(f"a lane of {show(args[-1])} has {got} bits, not {width}")
        result |= value << index * width
    return width * count, result


def do_at(args, env, want):
    """(at W K a): lane K, modulo those there are, of the whole vector a."""
    width = number(args[0], env)
    _, index = evaluate(args[1], env, 32)
    outer = env.outer if isinstance(env, LaneEnv) else env
    total, value = evaluate(args[2], outer, 128)
    return width, value >> index % (total // width) * width & mask(width)


def do_saturate(is_signed):
    def saturate(args, env, want):
        to = number(args[0], env)
        width, value = evaluate(args[1], env)
        low, high = (-(1 << to - 1), mask(to - 1)) if is_signed else (0, mask(to))
        return to, min(max(signed(value, width), low), high) & mask(to)
    return saturate


def do_fma(args, env, want):
    width, a = evaluate(args[0], env, want)
    (_, b), (_, c) = (evaluate(arg, env, width) for arg in args[1:])
    return width, fused(a, b, c, width)


def do_cond(args, env, want):
    cc = env.values.get(args[0], args[0])
    if isinstance(cc, int):
        cc = list(CONDITIONS)[cc]
    if env.flags is None:
        raise Undefined("flags")
    return 1, int(bool(CONDITIONS[str(cc)](env.flags.get)))


def do_ea(args, env, want):
    return want or env.width, env.values[args[0]][1] & mask(want or env.width)


def do_canonical(args, env, want):
    width = number(args[0], env)
    return width, QUIET[width]


def do_magic(index, function):
    def term(args, env, want):
        width, d = evaluate(args[0], env, want)
        return width, function(width, d)[index] & mask(width)
    return term


SPECIAL = {
    "const": do_const, "bv": do_bv, "ite": do_ite, "extract": do_extract, "concat": do_concat,
    "load": do_load, "trap-if": do_trap_if, "assume": do_assume, "fround": do_fround,
    "fpromote": do_promote, "fdemote": do_demote, "fcmpmask": do_fcmpmask, "cond": do_cond,
    "ea": do_ea, "lanes": do_lanes, "at": do_at, "sat_s": do_saturate(True),
    "sat_u": do_saturate(False), "fma": do_fma,
    "ea": do_ea, "rmw": do_rmw, "merge": do_merge, "whole": do_whole,
    "canonical_nan": do_canonical,
    "magic_mul_u": do_magic(0, magic_u), "magic_shift_u": do_magic(1, magic_u),
    "magic_add_u": do_magic(2, magic_u), "magic_mul_s": do_magic(0, magic_s),
    "magic_shift_s": do_magic(1, magic_s),
}


ALU_FLAGS = {
    "add": flags_add, "sub": flags_cmp, "and": flags_test,
    "or": lambda a, b, w: flags_test(a | b, a | b, w),
    "xor": lambda a, b, w: flags_test(a ^ b, a ^ b, w),
}


def set_flags(term, env):
    """The flags a flag term describes, or None if it is not one."""
    head = term[0]
    if head in ("cmp", "test", "fcmp", "ptest"):
        first = next((arg for arg in term[1:] if has_width(arg)), term[1])
        width, _ = evaluate(first, env)
        a, b = (evaluate(arg, env, width)[1] for arg in term[1:])
        return {"cmp": flags_cmp, "test": flags_test, "fcmp": flags_fcmp,
                "ptest": flags_ptest}[head](a, b, width)
    if head == "alu":
        operation, a, b = term[1:]
        width, _ = evaluate([operation, a, b], env)
        a, b = (evaluate(arg, env, width)[1] for arg in (a, b))
        return ALU_FLAGS[operation](a, b, width)
    if head == "bt":
        width, a = evaluate(term[1], env)
        _, n = evaluate(term[2], env, width)
        return Flags(c=a >> n % width & 1)
    return None
