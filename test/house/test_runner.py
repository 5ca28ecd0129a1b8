"""The test driver notices what it is there to notice: a driver that lets things pass is worse
than none."""

import subprocess
import sys
import tempfile
from pathlib import Path

import cli_tests
import run_tests
from testkit import BUILD, ROOT, expect, main, test

ENV = {"PATH": "/usr/bin:/bin", "BUILD": str(BUILD)}


def counted(output, status=0):
    result = run_tests.count_output("program", status, output)
    return result.passed, result.failed, len(result.skipped)


def outcome(text, env=None):
    """Runs the one test of a script given as text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.t"
        path.write_text(text)
        script = cli_tests.Script(path)
        return script.run(script.cases[0], env or ENV)


def passes(text):
    return not outcome(text).differences


@test
def counts_of_a_program_are_read():
    expect(counted("3 passed, 0 failed\n") == (3, 0, 0), "two numbers")
    expect(counted("skipped: x: why\n3 passed, 0 failed, 1 skipped\n") == (3, 0, 1), "three")
    expect(counted("bad\n3 passed, 2 failed, 0 skipped\n", 1) == (3, 2, 0), "failures")


@test
def a_program_that_misbehaves_has_failed():
    expect(counted("", 0)[1] == 1, "prints nothing")
    expect(counted("all well\n", 0)[1] == 1, "prints no counts")
    expect(counted("3 passed, 0 failed, 0 skipped\n", 1)[1] == 1, "exit status 1")
    expect(counted("3 passed, 0 failed, 0 skipped\n", -11)[1] == 1, "crashes at its end")
    expect(counted("0 passed, 0 failed, 0 skipped\n")[1] == 1, "runs nothing")
    expect(counted("3 passed, 0 failed, 1 skipped\n")[1] == 1, "skips without a name")
    expect(counted("3 passed, 0 failed, 0 skipped\nnoise\n")[1] == 1, "counts are not last")


@test
def output_must_be_exact():
    expect(passes("test t\n$ echo hi\n> hi\n"), "the same")
    expect(not passes("test t\n$ echo hi\n> ho\n"), "another line")
    expect(not passes("test t\n$ echo hi\n"), "a line too many")
    expect(not passes("test t\n$ true\n> hi\n"), "a line too few")
    expect(not passes("test t\n$ echo hi >&2\n"), "on standard error")
    expect(passes("test t\n$ echo hi >&2\n! hi\n"), "expected on standard error")
    expect(not passes("test t\n$ printf hi\n> hi\n"), "no newline at the end")
    expect(passes("test t\n$ printf hi\n> hi\n>-\n"), "no newline, expected")
    expect(not passes("test t\n$ echo hi\n> hi\n>-\n"), "a newline, not expected")


@test
def exit_status_must_be_right():
    expect(not passes("test t\n$ exit 3\n"), "3 for 0")
    expect(not passes("test t\n$ exit 3\n= 4\n"), "3 for 4")
    expect(passes("test t\n$ exit 3\n= 3\n"), "3 for 3")


@test
def patterns_match_whole_lines():
    expect(passes("test t\n$ echo abc\n>~ a.c\n"), "whole")
    expect(not passes("test t\n$ echo abcd\n>~ a.c\n"), "the beginning only")
    expect(passes("test t\n$ seq 9\n> 1\n>...\n> 9\n"), "dots between")
    expect(passes("test t\n$ seq 2\n> 1\n>...\n> 2\n"), "dots for nothing")
    expect(not passes("test t\n$ seq 9\n>...\n> 8\n"), "dots do not reach over the end")
    expect(passes("test t\n$ seq 9\n>...\n"), "dots alone")


@test
def files_and_input_reach_the_command():
    expect(passes("file a\n    one\n      two\n\ntest t\n$ cat a\n> one\n>   two\n"), "file")
    expect(passes('bytes b\n    00 61 "bc" ; rest\ntest t\n$ wc -c <b\n> 4\n'), "bytes")
    expect(passes("test t\n$ cat\n< x\n< y\n> x\n> y\n"), "standard input")
    assembled = "file m.wat\n    (module)\ntest t\n$ head -c 8 m.wasm | wc -c\n> 8\n"
    expect(passes(assembled), "a text module")
    expect(not passes("file m.wat\n    (modul)\ntest t\n$ true\n"), "what does not assemble fails")


@test
def unmet_needs_skip():
    expect(outcome("test t\nneeds shared\n$ false\n").skip, "without SHARED")
    expect(not outcome("test t\nneeds shared\n$ true\n", dict(ENV, SHARED="/")).skip, "with it")
    expect(outcome("needs no-such-command-here\ntest t\n$ false\n").skip, "a command")


@test
def bless_rewrites_only_what_differs():
    text = "test a\n$ echo 1\n>~ .\n! no\n\n# kept\ntest b\n$ echo 2; exit 5\n> 3\n"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.t"
        path.write_text(text)
        script = cli_tests.Script(path)
        for case in script.cases:
            script.bless(case, script.run(case, ENV))
        script.save()
        want = "test a\n$ echo 1\n>~ .\n\n# kept\ntest b\n$ echo 2; exit 5\n> 2\n= 5\n"
        expect(path.read_text() == want, path.read_text())


@test
def no_test_at_all_is_a_failure():
    done = subprocess.run([sys.executable, "-B", ROOT / "test/run_tests.py", "--build", BUILD,
                           "no test has this in its name"], stdout=subprocess.PIPE)
    expect(done.returncode == 1, "exit status")
    expect(done.stdout == b"0 passed, 0 failed, 0 skipped\n", done.stdout)


main()
