"""The SQLite extension of the examples against modules that declare, return and do what they
should not: always an error of the query, and the connection goes on."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from documents import installed, need_tools
from testkit import ROOT, expect, main, output, test

# A module with memory and alloc, around what each case is about.
FRAME = """(module (memory (export "memory") 1)
  (func (export "alloc") (param i32) (result i32) {alloc})
  {body})"""

# What is wrong with a module, and what wasm_load says.
NOT_LOADED = [
    ('(func (export "f(integer -> integer") (param i64) (result i64) (i64.const 1))',
     'is no declaration'),
    ('(func (export "f(number) -> integer") (param i64) (result i64) (i64.const 1))',
     'is no declaration'),
    ('(func (export "f(integer) -> integer, ") (param i64) (result i64) (i64.const 1))',
     'is no declaration'),
    ('(func (export "f() -> table()") (result i32) (i32.const 1))', 'is no declaration'),
    ('(func (export "f() -> table(integer)") (result i32) (i32.const 1))', 'is no declaration'),
    ('(func (export "f(real) -> integer") (param i64) (result i64) (i64.const 1))',
     'declared otherwise'),
    ('(func (export "f(text) -> integer") (param i32) (result i64) (i64.const 1))',
     'declared otherwise'),
    ('(func (export "f(real) -> aggregate real") (param i32 f64) (result i32) (i32.const 1))',
     'no export "f.final"'),
    ('(func (export "f(real) -> aggregate real") (param i32 f64) (result i32) (i32.const 1))'
     '(func (export "f.final") (param i32) (result i32) (i32.const 1))', 'another type'),
    ('(func (export "f() -> table(a any)") (result i32) (i32.const 1))', 'no export "f.next"'),
    ('', 'exports no function'),
    ('(import "env" "memory2" (memory 1))', 'env'),
]

# What a function returns, and what the query says.
CALLS = [
    ('(func (export "f() -> text") (result i64) (i64.const 0x7fffffff_00000010))', 'f()',
     'outside of its memory'),
    ('(func (export "f() -> text") (result i64) (i64.const 0xffffffff_ffffffff))', 'f()',
     'outside of its memory'),
    ('(func (export "f() -> blob") (result i64) (i64.const 0x00000000_00010000))', 'hex(f())',
     '1: '),
    ('(func (export "f() -> any") (result i32) (i32.const 65530))', 'f()',
     'outside of its memory'),
    ('(data (i32.const 8) "\\03\\00\\00\\00\\ff\\ff\\ff\\ff\\08\\00\\00\\00")'
     '(func (export "f() -> any") (result i32) (i32.const 8))', 'f()', 'outside of its memory'),
    ('(data (i32.const 8) "\\63\\00\\00\\00\\ff\\ff\\ff\\ff\\08\\00\\00\\00")'
     '(func (export "f() -> any") (result i32) (i32.const 8))', 'f() IS NULL', '1: 1'),
    ('(import "env" "print" (func $print)) '
     '(func (export "f() -> integer") (result i64) (call $print) (i64.const 1))', 'f()',
     'env'),
    ('(import "sql" "error" (func $error (param i32 i32))) (data (i32.const 8) "so\\0anot")'
     '(func (export "f() -> integer") (result i64)'
     ' (call $error (i32.const 8) (i32.const 6)) (i64.const 1))', 'f()', 'f: so not'),
    ('(import "sql" "error" (func $error (param i32 i32)))'
     '(func (export "f() -> integer") (result i64)'
     ' (call $error (i32.const -1) (i32.const -1)) (i64.const 1))', 'f()', 'without a text'),
    ('(func $s (start $s) (loop (br 0))) (func (export "f") (result i64) (i64.const 1))'
     .replace("(start $s)", "") + '(start $s)', 'f()', 'stopped after'),
    ('(func (export "f") (result i64) (loop (memory.fill (i32.const 0) (i32.const 0)'
     ' (i32.const 65536)) (br 0)) (i64.const 1))', 'f()', 'stopped after'),
    ('(table $t 1 funcref) (func (export "f") (result i64)'
     ' (loop (drop (table.grow (ref.null func) (i32.const 1000))) (br 0)) (i64.const 1))', 'f()',
     'could not grow'),
]

TABLE = '(func (export "f(integer) -> table(a any, b text)") (param i64) (result i32) {open})' \
        '(func (export "f.next") (param $c i32) (param $row i32) (result i32) {next})'
TABLES = [
    (TABLE.format(open="(i32.const 0)", next="(unreachable)"), "count(*) FROM f(1)", "1: 0"),
    (TABLE.format(open="(i32.const 1)", next="(i32.const 1)"),
     "a IS NULL AND b IS NULL FROM f(1) LIMIT 1", "1: 1"),
    (TABLE.format(open="(i32.const 1)", next="(unreachable)"), "* FROM f(1)", "unreachable"),
    (TABLE.format(open="(i32.const 1)", next="(loop (br 0)) (i32.const 1)"), "* FROM f(1)",
     "stopped after"),
    (TABLE.format(open="(i32.const 1)", next="(i32.store (local.get $row) (i32.const 4))"
                  "(i32.store offset=4 (local.get $row) (i32.const -1)) (i32.const 1)"),
     "* FROM f(1)", "outside of its memory"),
    (TABLE.format(open="(i32.const 1)", next="(i32.const 0)"), "* FROM f", "takes 1 argument"),
]

ALLOCS = [("(i32.const 0)", "no room"), ("(i32.const 4)", "no room"), ("(i32.const -8)", "no room"),
          ("(i32.const 65528)", "no room"), ("(unreachable)", "unreachable"),
          ("(loop (br 0)) (i32.const 8)", "stopped after")]


class Shell:
    """sqlite3 with the extension; `ask` gives a line of answers or the error."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.env = installed(folder)
        for file in (ROOT / "examples/sqlite").iterdir():
            if file.suffix in (".c", ".h", "") and not os.access(file, os.X_OK):
                shutil.copy(file, folder)
        output("make", "-s", "wasm.so", cwd=folder, env=self.env)

    def ask(self, *queries):
        script = ".load ./wasm\nSELECT wasm_limit('milliseconds', 100);\n"
        done = subprocess.run(["sqlite3"], input=script + "\n".join(queries) + "\n",
                              cwd=self.folder, env=self.env, text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        expect(done.returncode in (0, 1), f"exit status {done.returncode}: {done.stdout}")
        return re.sub(r"^100\n", "", done.stdout)

    def ask_module(self, body, *queries, alloc="(i32.const 8)"):
        module = self.folder / "module.wat"
        module.write_text(FRAME.format(alloc=alloc, body=body)
                          if "(import" not in body else move_imports(body, alloc))
        return self.ask("SELECT wasm_load('module.wat') IS NOT NULL;", *queries,
                        "SELECT 'goes ' || 'on';")


def move_imports(body, alloc):
    """Imports come before everything else."""
    at = body.index("(import")
    depth = end = 0
    for end in range(at, len(body)):
        depth += {"(": 1, ")": -1}.get(body[end], 0)
        if depth == 0:
            break
    rest = FRAME.format(alloc=alloc, body=body[:at] + body[end + 1:])
    return rest.replace("(module", "(module " + body[at:end + 1], 1)


def with_shell(function):
    def run():
        need_tools("make", "pkg-config", "sqlite3")
        with tempfile.TemporaryDirectory(prefix="stint-test-") as folder:
            function(Shell(folder))
    run.__name__ = function.__name__
    return test(run)


def expect_answer(got, want, what):
    """`want` is part of an error, or "1: " and the one answer behind that of loading."""
    if want.startswith("1: "):
        expect(got.split("\n")[:2] == ["1", want[3:]], f"{what}\n{got}")
    else:
        expect("rror" in got and want in got, f"{what}\nwant {want}\n{got}")
    expect(got.endswith("goes on\n"), f"{what}\n{got}")


@with_shell
def what_is_declared_wrong_is_not_loaded(shell):
    for body, want in NOT_LOADED:
        expect_answer(shell.ask_module(body), want, body)


@with_shell
def what_is_returned_wrong_is_an_error(shell):
    for body, call, want in CALLS:
        expect_answer(shell.ask_module(body, f"SELECT {call};"), want, body)


@with_shell
def tables_that_misbehave_are_errors(shell):
    for body, query, want in TABLES:
        expect_answer(shell.ask_module(body, f"SELECT {query};"), want, body)


@with_shell
def room_for_arguments_is_checked(shell):
    body = '(func (export "f(text) -> integer") (param i32 i32) (result i64) (i64.const 1))'
    for alloc, want in ALLOCS:
        got = shell.ask_module(body, "SELECT f('x');", alloc=alloc)
        expect_answer(got, want, alloc)


@with_shell
def what_was_under_way_ends_with_the_instance(shell):
    """An error in one statement voids the states that another one has in that module."""
    body = TABLE.format(open="(i32.const 1)", next="(i32.const 1)") + \
        '(func (export "adding(integer) -> aggregate integer") (param i32 i64) (result i32)' \
        ' (i32.add (local.get 0) (i32.wrap_i64 (local.get 1))))' \
        '(func (export "adding.final") (param i32) (result i64) (i64.extend_i32_u (local.get 0)))' \
        '(func (export "crash") (param i64) (result i64) (unreachable))'
    got = shell.ask_module(body, "SELECT adding(column1) FROM (VALUES (1), (2), (NULL));",
                           "SELECT adding(column1) FROM (VALUES (1)) WHERE 0;",
                           "SELECT adding(crash(column1)) FROM (VALUES (1), (2));",
                           "SELECT (SELECT crash(1)) FROM f(1);",
                           "SELECT adding(column1) FROM (VALUES (5));")
    lines = got.split("\n")
    expect([line for line in lines if "rror" not in line] == ["1", "3", "0", "5", "goes on", ""],
           got)
    expect(len([line for line in lines if "unreachable" in line]) == 2, got)


@with_shell
def loading_is_for_the_application(shell):
    got = shell.ask("CREATE VIEW v AS SELECT wasm_load('module.wat');", "SELECT * FROM v;",
                    "SELECT wasm_limit('parsecs', 1);", "SELECT wasm_limit('megabytes', 0);",
                    "SELECT wasm_load(NULL);", "SELECT wasm_load(x'');",
                    "SELECT wasm_load(x'0061736d01000000ff');", "SELECT 'goes ' || 'on';")
    for part in ("unsafe use of wasm_load", "the limits are", "a limit is positive",
                 "cannot read NULL", "failed to"):
        expect(part in got, f"{part!r} is missing in\n{got}")
    expect(got.endswith("goes on\n"), got)


main()
