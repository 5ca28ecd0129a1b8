"""Terms as C expressions: constant folding and the numbers that rules compute come from here.

Every value is a u64 whose bits above the term's width are zero. Float operators call functions of
src/mach/rulemath.h, integer ones mostly become C's own operators.
"""

from rules import terms
from rules.terms import FLOAT_TYPES, TermError, has_width
from sexpr import show


def c_mask(width):
    return f"0x{(1 << width) - 1:x}u"


def cut(text, width):
    return f"({text})" if width >= 64 else f"(({text}) & {c_mask(width)})"


def c_signed(text, width):
    return f"rm_sext({text}, {width})"


class CEnv:
    """Names of C variables for the variables of a rule: name -> (C text, width)."""

    def __init__(self, names, width=64):
        self.names, self.width = names, width


def c_number(term, env):
    if isinstance(term, int):
        return term
    if term == "width":
        return env.width
    raise TermError(f"{show(term)} is not a number known when building")


def c_term(term, env, want=None):
    """(text, width)"""
    if isinstance(term, int):
        width = want or env.width
        return f"(u64)0x{terms.fitting(term, width):x}u", width
    if isinstance(term, str):
        if term in env.names:
            text, width = env.names[term]
            if width is None:  # a plain number takes the width of its place
                width = want or env.width
                return cut(text, width), width
            return text, width
        if term == "width":
            return str(env.width), want or env.width
        raise TermError(f"{term} is not known here")
    head, args = str(term[0]), term[1:]
    if head in SPECIAL:
        return SPECIAL[head](args, env, want)
    if head in terms.RESIZE:
        return resize(head, args, env)
    if "." in head:
        return float_operator(head, args, env)
    if head in SHIFTS:
        text, width = c_term(args[0], env, want)
        count, _ = c_term(args[1], env, width)
        return cut(SHIFTS[head].format(a=text, n=f"({count} & {width - 1})", w=width), width), width
    if head in UNARY:
        text, width = c_term(args[0], env, want)
        return cut(UNARY[head].format(a=text, w=width), width), width
    if head in TESTS:
        text, width = c_term(args[0], env)
        return TESTS[head].format(a=text, w=width), 1
    return n_ary(head, args, env, want)


def n_ary(head, args, env, want):
    template = BINARY.get(head) or COMPARE.get(head)
    if not template:
        raise TermError(f"no C form of {head}")
    first = next((arg for arg in args if has_width(arg)), args[0])
    _, width = c_term(first, env, want if head in BINARY else None)
    texts = []
    for arg in args:
        text, got = c_term(arg, env, width)
        if got != width:
            raise TermError(f"{head}: {show(arg)} has {got} bits, not {width}")
        texts.append(text)
    result = texts[0]
    for text in texts[1:]:
        result = template.format(a=result, b=text, w=width,
                                 sa=c_signed(result, width), sb=c_signed(text, width))
        if head in BINARY:
            result = cut(result, width)
    return (result, width) if head in BINARY else (result, 1)


BINARY = {
    "add": "{a} + {b}", "sub": "{a} - {b}", "mul": "{a} * {b}", "and": "{a} & {b}",
    "or": "{a} | {b}", "xor": "{a} ^ {b}", "udiv": "rm_udiv({a}, {b})", "urem": "rm_urem({a}, {b})",
    "sdiv": "rm_sdiv({sa}, {sb})", "srem": "rm_srem({sa}, {sb})",
    "mulhu": "rm_mulhu({a}, {b}, {w})", "mulhs": "rm_mulhs({sa}, {sb}, {w})",
    "fadd": "rm_fadd({a}, {b}, {w})", "fsub": "rm_fsub({a}, {b}, {w})",
    "fmul": "rm_fmul({a}, {b}, {w})", "fdiv": "rm_fdiv({a}, {b}, {w})",
    "fmin": "rm_fmin({a}, {b}, {w})", "fmax": "rm_fmax({a}, {b}, {w})",
}
COMPARE = {
    "eq": "(u64)({a} == {b})", "ne": "(u64)({a} != {b})", "ult": "(u64)({a} < {b})",
    "ule": "(u64)({a} <= {b})", "ugt": "(u64)({a} > {b})", "uge": "(u64)({a} >= {b})",
    "slt": "(u64)((i64){sa} < (i64){sb})", "sle": "(u64)((i64){sa} <= (i64){sb})",
    "sgt": "(u64)((i64){sa} > (i64){sb})", "sge": "(u64)((i64){sa} >= (i64){sb})",
    "feq": "rm_feq({a}, {b}, {w})", "flt": "rm_flt({a}, {b}, {w})",
    "fle": "rm_fle({a}, {b}, {w})",
    "funord": "(rm_isnan({a}, {w}) | rm_isnan({b}, {w}))",
}
SHIFTS = {
    "shl": "{a} << {n}", "lshr": "{a} >> {n}", "ashr": "rm_ashr({a}, {n}, {w})",
    "rotl": "rm_rotl({a}, {n}, {w})", "rotr": "rm_rotl({a}, ({w} - {n}) & ({w} - 1), {w})",
}
UNARY = {
    "neg": "(u64)0 - {a}", "not": "~{a}", "clz": "rm_clz({a}, {w})", "ctz": "rm_ctz({a}, {w})",
    "popcnt": "(u64)__builtin_popcountll({a})", "fsqrt": "rm_fsqrt({a}, {w})",
    "magic_mul_u": "rm_magic_u({a}, {w}).mul", "magic_shift_u": "rm_magic_u({a}, {w}).shift",
    "magic_add_u": "rm_magic_u({a}, {w}).add", "magic_mul_s": "rm_magic_s({a}, {w}).mul",
    "magic_shift_s": "rm_magic_s({a}, {w}).shift",
}
TESTS = {"isnan": "rm_isnan({a}, {w})", "sign": "({a} >> ({w} - 1))"}


def resize(head, args, env):
    to = c_number(args[0], env)
    text, width = c_term(args[1], env)
    if head in ("zext", "low"):
        return (cut(text, to) if to < width else text), to
    if head == "sext":
        return cut(c_signed(text, width), to), to
    raise TermError(f"no C form of {head}")


def float_operator(head, args, env):
    kind, name = head.split(".")
    bits = FLOAT_TYPES[kind]
    if name in ("itof_s", "itof_u"):
        text, width = c_term(args[0], env)
        value = c_signed(text, width) if name == "itof_s" else text
        return f"rm_{name}({value}, {bits})", bits
    to = c_number(args[0], env)
    text, _ = c_term(args[1], env, bits)
    if name in ("fits_s", "fits_u"):
        return f"rm_{name}({text}, {bits}, {to})", 1
    if name in ("ftoi_s", "ftoi_u"):
        return cut(f"rm_{name}({text}, {bits}, {to})", to), to
    raise TermError(f"no C form of {head}")


def c_const(args, env, want):
    return c_term(args[0], env, want)


def c_bv(args, env, want):
    width = c_number(args[1], env)
    if isinstance(args[0], int):
        return f"(u64)0x{args[0] & terms.mask(width):x}u", width
    return cut(c_term(args[0], env, width)[0], width), width


def c_assume(args, env, want):
    return c_term(args[1], env, want)


def c_ite(args, env, want):
    condition, _ = c_term(args[0], env)
    width = want
    for arm in args[1:]:
        if width is None and has_width(arm):
            width = c_term(arm, env)[1]
    yes, got = c_term(args[1], env, width)
    no, _ = c_term(args[2], env, got)
    return f"({condition} ? {yes} : {no})", got


def c_extract(args, env, want):
    high, low = c_number(args[0], env), c_number(args[1], env)
    text, _ = c_term(args[2], env, high + 1)
    return cut(f"{text} >> {low}", high - low + 1), high - low + 1


def c_fround(args, env, want):
    text, width = c_term(args[1], env, want)
    return f"rm_{args[0]}({text}, {width})", width


def c_promote(args, env, want):
    return f"rm_promote({c_term(args[0], env, 32)[0]})", 64


def c_demote(args, env, want):
    return f"rm_demote({c_term(args[0], env, 64)[0]})", 32


def c_canonical(args, env, want):
    width = c_number(args[0], env)
    return f"0x{terms.QUIET[width]:x}u", width


SPECIAL = {"const": c_const, "bv": c_bv, "ite": c_ite, "assume": c_assume, "extract": c_extract,
           "fround": c_fround, "fpromote": c_promote, "fdemote": c_demote,
           "canonical_nan": c_canonical}
