#!/usr/bin/env python3
"""Prints lines per room against their budget, and how long functions and files are.

A budget is a smoke alarm, not a target: at 125 % the room's header must explain, or the room be
split. This reports and never fails.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Room: budgeted lines with comments; a folder of isa/ counts for itself.
BUDGET = {
    "base": 2000,
    "wasm": 5500,
    "wat": 5000,
    "front": 4500,
    "ir": 3500,
    "opt": 5500,
    "ra": 3500,
    "mach": 3500,
    "isa/x64": 7500,
    "isa/a64": 6500,
    "isa/rv64": 5000,
    "comp + obj": 4000,
    "rt + os + vmabi": 9000,
    "interp": 3000,
    "api + include": 5500,
    "wasi": 4500,
    "wast": 1800,
    "cli": 2000,
    "dev, test, tools": 8500,
}
# Folders that are counted together. Rules of an ISA count for it, the others for opt.
GROUP = {"comp": "comp + obj", "obj": "comp + obj", "rt": "rt + os + vmabi",
         "os": "rt + os + vmabi", "vmabi": "rt + os + vmabi", "api": "api + include"}
CODE = {".c", ".h", ".def", ".r", ".py", ".inc"}


def row_of(path):
    """The table's row that a file counts for."""
    top, *rest = path.relative_to(ROOT).parts
    if top == "src" and len(rest) > 1:
        room = f"isa/{rest[1]}" if rest[0] == "isa" and len(rest) > 2 else rest[0]
        return GROUP.get(room, room)
    if top == "include":
        return "api + include"
    if top == "rules":
        return f"isa/{rest[0]}" if len(rest) > 1 else "opt"
    return "dev, test, tools"


# Tests are files that are dropped in and have no budget; what runs them has one.
TESTS = {"unit", "wasi", "api", "file", "cli", "data"}


def files():
    for top in ("src", "include", "rules", "dev", "test", "tools", "bench"):
        for path in sorted((ROOT / top).rglob("*")):
            parts = path.relative_to(ROOT).parts
            is_test = top == "test" and (parts[1] in TESTS or path.name.startswith("test_"))
            if path.suffix in CODE and path.is_file() and not is_test:
                yield path


def comment_lines(path, lines):
    """How many lines are comment, wholly or at their end."""
    if path.suffix in (".py", ".r"):
        return sum(1 for line in lines if "#" in line or ";" in line and path.suffix == ".r")
    count, inside = 0, False
    for line in lines:
        if inside or "/*" in line or "//" in line:
            count += 1
        start, end = line.rfind("/*"), line.rfind("*/")
        inside = start > end if start >= 0 or end >= 0 else inside
    return count


def functions(lines):
    """(length, name) of the C functions: those whose brace stands alone at the left edge."""
    start = None
    for at, line in enumerate(lines):
        if line == "{":
            start = at
        elif line == "}" and start is not None:
            first = start - 1
            while first > 0 and lines[first][:1] in (" ", "\t"):
                first -= 1
            name = re.search(r"(\w+)\s*\(", lines[first])
            yield at - first + 1, name[1] if name else "?"
            start = None
        elif re.match(r"(static )?(inline )?[\w *]+\([^;]*\) \{.*\}$", line):
            yield 1, line


def at_percent(sorted_values, percent):
    return sorted_values[min(len(sorted_values) - 1, len(sorted_values) * percent // 100)]


def main():
    rows, all_functions, all_files, product, comments = {}, [], [], 0, 0
    for path in files():
        lines = path.read_text(errors="replace").split("\n")[:-1]
        row = row_of(path)
        rows[row] = rows.get(row, 0) + len(lines)
        if path.parts[len(ROOT.parts)] not in ("src", "include", "rules"):
            continue
        name = str(path.relative_to(ROOT))
        product += len(lines)
        comments += comment_lines(path, lines)
        all_files.append((len(lines), name))
        if path.suffix in (".c", ".h"):
            all_functions += [(length, f"{what} in {name}") for length, what in functions(lines)]
    print(f"{'room':18}{'lines':>8}{'budget':>8}{'of it':>8}")
    for row in list(BUDGET) + sorted(set(rows) - set(BUDGET)):
        budget, used = BUDGET.get(row), rows.get(row, 0)
        share = f"{used * 100 // budget} %" if budget else "-"
        if budget and used * 4 > budget * 5:
            share += " !"
        print(f"{row:18}{used:8}{budget or '-':>8}{share:>8}")
    print(f"{'product':18}{product:8}{77000:8}{product * 100 // 77000:6} %")
    if not all_functions:
        return
    all_functions.sort()
    all_files.sort()
    lengths = [length for length, _ in all_functions]
    sizes = [size for size, _ in all_files]
    print(f"comments   {comments * 100 // max(product, 1)} % of lines (12 to 20)")
    print(f"functions  {len(lengths)}: median {at_percent(lengths, 50)},"
          f" p90 {at_percent(lengths, 90)} (50), p99 {at_percent(lengths, 99)} (150)")
    for length, name in reversed(all_functions[-3:]):
        print(f"           {length:5}  {name}")
    print(f"files      {len(sizes)}: median {at_percent(sizes, 50)}, p90 {at_percent(sizes, 90)}")
    for size, name in reversed(all_files[-3:]):
        print(f"           {size:5}  {name}{' (over 1500)' if size > 1500 else ''}")


if __name__ == "__main__":
    main()
    sys.exit(0)
