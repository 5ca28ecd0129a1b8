"""Reads the S-expressions of rules/: lists, symbols, integers, strings; `;` begins a comment.

A list is a `Node` (a Python list that knows its file and line), a symbol a `Sym`, an integer an
`int` (decimal or 0x, with sign), a string a `Str`. Nothing is evaluated here.
"""

import re


class SexprError(Exception):
    """What is wrong in a rule file, with its place."""


class Sym(str):
    __slots__ = ()


class Str(str):
    __slots__ = ()


class Node(list):
    """A list with the place it was read at, as `file:line`."""

    __slots__ = ("where",)

    def __init__(self, items=(), where="?"):
        super().__init__(items)
        self.where = where


TOKEN = re.compile(r'(?P<space>[ \t\r\n]+|;[^\n]*)|(?P<open>\()|(?P<close>\))'
                   r'|"(?P<string>[^"\n]*)"|(?P<atom>[^\s()";]+)')
INTEGER = re.compile(r"[+-]?(0x[0-9a-fA-F]+|[0-9]+)$")


def atom(text):
    return int(text, 0) if INTEGER.match(text) else Sym(text)


def parse(text, name="<text>"):
    """All expressions of a text, as a list."""
    stack, line, at = [Node(where=f"{name}:1")], 1, 0
    while at < len(text):
        match = TOKEN.match(text, at)
        where = f"{name}:{line}"
        if not match:
            raise SexprError(f"{where}: unexpected {text[at]!r}")
        kind = match.lastgroup
        if kind == "open":
            stack.append(Node(where=where))
        elif kind == "close":
            if len(stack) == 1:
                raise SexprError(f"{where}: unmatched )")
            done = stack.pop()
            stack[-1].append(done)
        elif kind == "string":
            stack[-1].append(Str(match["string"]))
        elif kind == "atom":
            stack[-1].append(atom(match["atom"]))
        line += match[0].count("\n")
        at = match.end()
    if len(stack) > 1:
        raise SexprError(f"{stack[-1].where}: ( is never closed")
    return stack[0]


def parse_file(path):
    with open(path, encoding="utf-8") as file:
        return parse(file.read(), str(path))


def show(expr):
    """The expression as text on one line."""
    if isinstance(expr, list):
        return "(" + " ".join(show(item) for item in expr) + ")"
    if isinstance(expr, Str):
        return f'"{expr}"'
    return str(expr)


# `(for ((A B ...) (a1 b1 ...) (a2 b2 ...)) FORM...)`: the forms once for each row, with @A, @B
# replaced inside symbols and strings. `for` may be nested, inside or outside other forms: what it
# makes stands in its place.
def expand(forms):
    """The forms with every `for` unrolled."""
    out = Node(where=getattr(forms, "where", "?"))
    for form in forms:
        if isinstance(form, list) and form and form[0] == "for":
            out += expand(list(unroll(form)))
        elif isinstance(form, list):
            out.append(expand(form))
        else:
            out.append(form)
    return out


def unroll(form):
    if len(form) < 3 or not isinstance(form[1], list) or len(form[1]) < 2:
        raise SexprError(f"{form.where}: (for ((NAMES) (ROW)...) FORM...)")
    names, *rows = form[1]
    for row in rows:
        row = row if isinstance(row, list) else [row]
        if len(row) != len(names):
            raise SexprError(f"{form.where}: {show(row)} has not a value for each of {show(names)}")
        table = dict(zip((str(name) for name in names), row))
        for body in form[2:]:
            yield substitute(body, table)


# @NAME, or @{NAME} where a letter or digit follows.
VARIABLE = re.compile(r"@(?:([A-Za-z][A-Za-z0-9]*)|\{([A-Za-z][A-Za-z0-9]*)\})")


def inner_text(value):
    """A value as a part of a symbol or string: strings without their quotes."""
    return str(value) if isinstance(value, Str) else show(value)


def substitute(expr, table):
    if isinstance(expr, list):
        return Node((substitute(item, table) for item in expr), expr.where)
    if not isinstance(expr, (Sym, Str)) or "@" not in expr:
        return expr
    whole = VARIABLE.fullmatch(expr)
    if whole and whole[whole.lastindex] in table:
        return table[whole[whole.lastindex]]
    text = VARIABLE.sub(
        lambda m: inner_text(table[m[m.lastindex]]) if m[m.lastindex] in table else m[0], expr)
    return Str(text) if isinstance(expr, Str) else atom(text)
