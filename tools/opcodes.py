#!/usr/bin/env python3
"""The table of what every operator of WebAssembly becomes: docs/opcodes.md.

usage: opcodes.py [--stint PATH] [--write]

Each row of src/wasm/ops.def gets a function that does nothing else; the passes' dumps of it give
the nodes of the intermediate form, the x86-64 instructions the rules made of them, and the calls
into the runtime. Without --write the table is compared with the one in docs/. Only operators of
MAY_CALL may call the runtime: those whose own work is large or that are rare.
"""

import argparse
import collections
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "opcodes.md"

# Bulk operations, growth, waiting, throwing, and allocation where the heap is full.
MAY_CALL = re.compile(r"""(memory|table)\.(grow|copy|fill|init) | (data|elem)\.drop |
    memory\.atomic\.(wait32|wait64|notify) | throw(_ref)? | rethrow | delegate | try_table | catch |
    (struct|array)\.new.* | array\.(fill|copy|init_data|init_elem)""", re.X)

TYPES = {"i": "i32", "I": "i64", "f": "f32", "F": "f64", "v": "v128", "a": "i32"}
IMMEDIATES = {
    "NONE": "", "MEMARG": "", "ATOMIC": "", "MEM": "", "FENCE": "", "MEMARG_LANE": " 1",
    "LANE": " 1", "I32": " 7", "I64": " 7", "F32": " 1.5", "F64": " 1.5", "DATA": " 0",
    "ELEM": " 0", "DATA_MEM": " 0", "V128": " i32x4 1 2 3 4",
    "SHUFFLE": " 3 18 5 20 7 22 9 24 0 17 2 19 4 21 6 23",
}

# What the functions use. A type of its own for each kind of field and element.
MODULE = """
  (type $none (func))
  (type $unary (func (param i32) (result i32)))
  (type $point (sub (struct (field $x (mut i32)) (field $y i64))))
  (type $pixel (sub final $point (struct (field $x (mut i32)) (field $y i64) (field (mut i8)))))
  (type $bytes (array (mut i8)))
  (type $words (array (mut i32)))
  (type $funcs (array (mut funcref)))
  (import "env" "f" (func $host (type $unary)))
  (memory 1 4 shared)
  (table $t 8 16 funcref)
  (global $g (mut i32) (i32.const 0))
  (tag $e (param i32))
  (data "abcdefgh")
  (elem func $callee)
  (func $callee (type $unary) (local.get 0))
"""

# Operators with a typing rule of their own: parameters and results, then the body.
OWN = {
    "UNREACHABLE": ("", "unreachable"),
    "BLOCK": ("(param i32) (result i32)", "(block (result i32) (local.get 0))"),
    "LOOP": ("(param i32)", "(loop (br_if 0 (local.get 0)))"),
    "IF": ("(param i32) (result i32)",
           "(if (result i32) (local.get 0) (then (i32.const 3)) (else (i32.const 5)))"),
    "ELSE": None, "END": None,
    "TRY": ("", "try call $void catch_all end"),
    "CATCH": ("(result i32)", "try (result i32) call $number catch $e end"),
    "CATCH_ALL": None,
    "DELEGATE": ("", "block try call $void delegate 0 end"),
    "RETHROW": ("", "try call $void catch_all rethrow 0 end"),
    "THROW": ("(param i32)", "(throw $e (local.get 0))"),
    "THROW_REF": ("(param exnref)", "(throw_ref (local.get 0))"),
    "TRY_TABLE": ("(result i32)", "(block $h (result i32) (try_table (result i32) (catch $e $h)"
                  " (call $number)))"),
    "BR": ("(param i32) (result i32)", "(block (result i32) (br 0 (local.get 0)))"),
    "BR_IF": ("(param i32 i32) (result i32)",
              "(block (result i32) (br_if 0 (local.get 0) (local.get 1)))"),
    "BR_TABLE": ("(param i32) (result i32)",
                 "(block (block (block (block (block (br_table 0 1 2 3 4 (local.get 0)))"
                 " (return (i32.const 11))) (return (i32.const 13))) (return (i32.const 17)))"
                 " (return (i32.const 19))) (i32.const 23)"),
    "RETURN": ("(param i32) (result i32)", "(return (local.get 0))"),
    "CALL": ("(param i32) (result i32)", "(call $callee (local.get 0))"),
    "CALL_INDIRECT": ("(param i32 i32) (result i32)",
                      "(call_indirect $t (type $unary) (local.get 0) (local.get 1))"),
    "RETURN_CALL": ("(param i32) (result i32)", "(return_call $callee (local.get 0))"),
    "RETURN_CALL_INDIRECT": (
        "(param i32 i32) (result i32)",
        "(return_call_indirect $t (type $unary) (local.get 0) (local.get 1))"),
    "CALL_REF": ("(param i32 (ref null $unary)) (result i32)",
                 "(call_ref $unary (local.get 0) (local.get 1))"),
    "RETURN_CALL_REF": ("(param i32 (ref null $unary)) (result i32)",
                        "(return_call_ref $unary (local.get 0) (local.get 1))"),
    "DROP": ("(param i32)", "(drop (local.get 0))"),
    "SELECT": ("(param i32 i32 i32) (result i32)",
               "(select (local.get 0) (local.get 1) (local.get 2))"),
    "SELECT_T": ("(param i64 i64 i32) (result i64)",
                 "(select (result i64) (local.get 0) (local.get 1) (local.get 2))"),
    "LOCAL_GET": ("(param i32) (result i32)", "(local.get 0)"),
    "LOCAL_SET": ("(param i32 i32) (result i32)", "(local.set 0 (local.get 1)) (local.get 0)"),
    "LOCAL_TEE": ("(param i32 i32) (result i32)", "(local.tee 0 (local.get 1))"),
    "GLOBAL_GET": ("(result i32)", "(global.get $g)"),
    "GLOBAL_SET": ("(param i32)", "(global.set $g (local.get 0))"),
    "TABLE_GET": ("(param i32) (result funcref)", "(table.get $t (local.get 0))"),
    "TABLE_SET": ("(param i32 funcref)", "(table.set $t (local.get 0) (local.get 1))"),
    "TABLE_INIT": ("(param i32 i32 i32)",
                   "(table.init $t 0 (local.get 0) (local.get 1) (local.get 2))"),
    "TABLE_COPY": ("(param i32 i32 i32)",
                   "(table.copy $t $t (local.get 0) (local.get 1) (local.get 2))"),
    "TABLE_GROW": ("(param funcref i32) (result i32)",
                   "(table.grow $t (local.get 0) (local.get 1))"),
    "TABLE_SIZE": ("(result i32)", "(table.size $t)"),
    "TABLE_FILL": ("(param i32 funcref i32)",
                   "(table.fill $t (local.get 0) (local.get 1) (local.get 2))"),
    "MEMORY_COPY": ("(param i32 i32 i32)",
                    "(memory.copy (local.get 0) (local.get 1) (local.get 2))"),
    "REF_NULL": ("(result anyref)", "(ref.null any)"),
    "REF_IS_NULL": ("(param anyref) (result i32)", "(ref.is_null (local.get 0))"),
    "REF_FUNC": ("(result funcref)", "(ref.func $callee)"),
    "REF_EQ": ("(param eqref eqref) (result i32)", "(ref.eq (local.get 0) (local.get 1))"),
    "REF_AS_NON_NULL": ("(param anyref) (result anyref)", "(ref.as_non_null (local.get 0))"),
    "BR_ON_NULL": ("(param anyref) (result i32)",
                   "(block (drop (br_on_null 0 (local.get 0))) (return (i32.const 1)))"
                   " (i32.const 0)"),
    "BR_ON_NON_NULL": ("(param anyref) (result i32)",
                       "(drop (block (result (ref any)) (br_on_non_null 0 (local.get 0))"
                       " (return (i32.const 0)))) (i32.const 1)"),
    "STRUCT_NEW": ("(param i32 i64) (result (ref $point))",
                   "(struct.new $point (local.get 0) (local.get 1))"),
    "STRUCT_NEW_DEFAULT": ("(result (ref $point))", "(struct.new_default $point)"),
    "STRUCT_GET": ("(param (ref null $point)) (result i32)",
                   "(struct.get $point $x (local.get 0))"),
    "STRUCT_GET_S": ("(param (ref null $pixel)) (result i32)",
                     "(struct.get_s $pixel 2 (local.get 0))"),
    "STRUCT_GET_U": ("(param (ref null $pixel)) (result i32)",
                     "(struct.get_u $pixel 2 (local.get 0))"),
    "STRUCT_SET": ("(param (ref null $point) i32)",
                   "(struct.set $point $x (local.get 0) (local.get 1))"),
    "ARRAY_NEW": ("(param i32 i32) (result (ref $words))",
                  "(array.new $words (local.get 0) (local.get 1))"),
    "ARRAY_NEW_DEFAULT": ("(param i32) (result (ref $words))",
                          "(array.new_default $words (local.get 0))"),
    "ARRAY_NEW_FIXED": ("(param i32 i32) (result (ref $words))",
                        "(array.new_fixed $words 2 (local.get 0) (local.get 1))"),
    "ARRAY_NEW_DATA": ("(param i32 i32) (result (ref $bytes))",
                       "(array.new_data $bytes 0 (local.get 0) (local.get 1))"),
    "ARRAY_NEW_ELEM": ("(param i32 i32) (result (ref $funcs))",
                       "(array.new_elem $funcs 0 (local.get 0) (local.get 1))"),
    "ARRAY_GET": ("(param (ref null $words) i32) (result i32)",
                  "(array.get $words (local.get 0) (local.get 1))"),
    "ARRAY_GET_S": ("(param (ref null $bytes) i32) (result i32)",
                    "(array.get_s $bytes (local.get 0) (local.get 1))"),
    "ARRAY_GET_U": ("(param (ref null $bytes) i32) (result i32)",
                    "(array.get_u $bytes (local.get 0) (local.get 1))"),
    "ARRAY_SET": ("(param (ref null $words) i32 i32)",
                  "(array.set $words (local.get 0) (local.get 1) (local.get 2))"),
    "ARRAY_LEN": ("(param (ref null $words)) (result i32)", "(array.len (local.get 0))"),
    "ARRAY_FILL": ("(param (ref null $words) i32 i32 i32)",
                   "(array.fill $words (local.get 0) (local.get 1) (local.get 2) (local.get 3))"),
    "ARRAY_COPY": ("(param (ref null $words) i32 (ref null $words) i32 i32)",
                   "(array.copy $words $words (local.get 0) (local.get 1) (local.get 2)"
                   " (local.get 3) (local.get 4))"),
    "ARRAY_INIT_DATA": ("(param (ref null $bytes) i32 i32 i32)",
                        "(array.init_data $bytes 0 (local.get 0) (local.get 1) (local.get 2)"
                        " (local.get 3))"),
    "ARRAY_INIT_ELEM": ("(param (ref null $funcs) i32 i32 i32)",
                        "(array.init_elem $funcs 0 (local.get 0) (local.get 1) (local.get 2)"
                        " (local.get 3))"),
    "REF_TEST": ("(param anyref) (result i32)", "(ref.test (ref $point) (local.get 0))"),
    "REF_TEST_NULL": ("(param anyref) (result i32)",
                      "(ref.test (ref null $point) (local.get 0))"),
    "REF_CAST": ("(param anyref) (result anyref)", "(ref.cast (ref $point) (local.get 0))"),
    "REF_CAST_NULL": ("(param anyref) (result anyref)",
                      "(ref.cast (ref null $pixel) (local.get 0))"),
    "BR_ON_CAST": ("(param anyref) (result anyref)",
                   "(block (result anyref) (br_on_cast 0 anyref (ref $pixel) (local.get 0)))"),
    "BR_ON_CAST_FAIL": (
        "(param anyref) (result anyref)",
        "(block (result anyref) (br_on_cast_fail 0 anyref (ref $pixel) (local.get 0)))"),
    "ANY_CONVERT_EXTERN": ("(param externref) (result anyref)",
                           "(any.convert_extern (local.get 0))"),
    "EXTERN_CONVERT_ANY": ("(param anyref) (result externref)",
                           "(extern.convert_any (local.get 0))"),
    "REF_I31": ("(param i32) (result i31ref)", "(ref.i31 (local.get 0))"),
    "I31_GET_S": ("(param i31ref) (result i32)", "(i31.get_s (local.get 0))"),
    "I31_GET_U": ("(param i31ref) (result i32)", "(i31.get_u (local.get 0))"),
}
# Said where another row's function shows it.
SHOWN_WITH = {"ELSE": "if", "END": "block", "CATCH_ALL": "try"}

ROW = re.compile(r'^OP\((\w+), \w+, \w+, "([^"]+)", (\w+), "([^"]*)"', re.M)
Row = collections.namedtuple("Row", "name text immediate sig")


def rows():
    found = [Row(*m.groups()) for m in ROW.finditer((ROOT / "src/wasm/ops.def").read_text())]
    if len(found) < 500:
        sys.exit(f"opcodes.py: {len(found)} operators found in ops.def")
    return found


def libcalls():
    text = (ROOT / "src/vmabi/libcall.def").read_text()
    return re.findall(r"^X\((\w+),", text, re.M)


def function(row):
    if row.sig == "*":
        own = OWN[row.name]
        return own and f"(func {own[0]} {own[1]})"
    operands, results = row.sig.split(":")
    params = "".join(f" (param {TYPES[c]})" for c in operands)
    result = "".join(f" (result {TYPES[c]})" for c in results)
    reads = "".join(f" local.get {i}" for i in range(len(operands)))
    return f"(func{params}{result}{reads} {row.text}{IMMEDIATES[row.immediate]})"


def module(table):
    bodies = [(row, function(row)) for row in table]
    shown = [row for row, body in bodies if body]
    text = "(module" + MODULE
    text += "".join(f"  {body}\n" for _, body in bodies if body)
    # Behind the functions of the table: callees that need no number.
    text += "  (func $void (call_indirect $t (type $none) (i32.const 0)))\n"
    text += "  (func $number (result i32) (call $host (i32.const 1))))\n"
    return text, shown


def dumps(stint, text):
    """{(pass, function index): lines}"""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "opcodes.wat"
        source.write_text(text)
        done = subprocess.run(
            [stint, "compile", "-O", "inline=n", "-C", "cpu=baseline", "-D", "dump=schedule+lower",
             "-W", "legacy-exceptions=y", "-o", "/dev/null", str(source)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"opcodes.py: {done.stdout[-3000:]}")
    found, key = {}, None
    for line in done.stdout.splitlines():
        start = re.match(r";; pass (\w+), function (\d+)", line)
        if start:
            key = start.group(1), int(start.group(2))
            found[key] = []
        elif key:
            found[key].append(line)
    return found


# Nodes and instructions that only bring operands and take results away.
PLUMBING = {"param", "return", "entry", "ret", "result", "jump", "jmp"}


def names(lines, pattern):
    found = []
    for line in lines[1:]:
        word = re.match(pattern, line)
        if word and word.group(1).split(".")[0] not in PLUMBING:
            found.append(word.group(1))
    return found


def describe(lines_ir, lines_code, calls):
    ir = names(lines_ir, r"\s+v\d+(?: =|:) ([\w.]+)")
    code = names(lines_code, r"\s+(?:.* = )?([a-z]\w*(?:[./]\w+)*)")
    numbers = [int(m.group(1)) for line in lines_ir
               if (m := re.match(r"\s+v\d+(?: =|:) \w*libcall[\w.]* (\d+)", line))]
    return ir, code, [calls[n] for n in numbers]


def squeeze(words):
    """`a a a b` as `a ×3 b`."""
    out = []
    for word in words:
        if out and out[-1][0] == word:
            out[-1][1] += 1
        else:
            out.append([word, 1])
    return " ".join(w if n == 1 else f"{w} ×{n}" for w, n in out)


def make(stint):
    table = rows()
    text, shown = module(table)
    found = dumps(stint, text)
    number = {row.name: i + 2 for i, row in enumerate(shown)}  # behind $host and $callee
    calls = libcalls()
    lines = [HEAD]
    wrong = []
    for row in table:
        if row.name not in number:
            lines.append(f"| `{row.text}` | shown with `{SHOWN_WITH[row.name]}` | | |")
            continue
        index = number[row.name]
        ir, code, called = describe(found["schedule", index], found["lower", index], calls)
        lines.append(f"| `{row.text}` | {squeeze(ir)} | {squeeze(code)} | {' '.join(called)} |")
        if called and not MAY_CALL.fullmatch(row.text):
            wrong.append(f"{row.text} calls the runtime: {' '.join(called)}")
    return "\n".join(lines) + "\n", wrong


HEAD = """\
# Operators

What each operator of WebAssembly becomes on x86-64, at the baseline CPU: nodes of the intermediate
form, the instructions that rules make of them, and calls into the runtime. Operands that come and
results that go are left out; constants that are folded too. Made by `tools/opcodes.py --write`
from a function for each row of `src/wasm/ops.def`, and compared in `./check`.

| operator | nodes | instructions | calls |
|---|---|---|---|"""


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--stint", default=str(ROOT / "build" / "stint"))
    ap.add_argument("--write", action="store_true")
    args = ap.parse_args()
    text, wrong = make(args.stint)
    if args.write:
        TABLE.write_text(text)
    elif text != TABLE.read_text():
        wrong.append("docs/opcodes.md is not what the compiler does: tools/opcodes.py --write, "
                     "and read the difference")
    print("\n".join(wrong) or "opcodes.py: as in docs/opcodes.md")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
