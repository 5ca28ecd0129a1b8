"""Modules at the limits: they compile, or are refused, in bounded time and memory.

Each is made here, byte by byte. `stint validate` and a compilation run in a process of their own
under a limit of memory and time; the outcome is a success or one clear error, never a crash.
"""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from testkit import STINT, expect, main, test  # noqa: E402

SECONDS = 60
MEMORY = 4 << 30


def leb(n):
    out = bytearray()
    while True:
        byte = n & 0x7f
        n >>= 7
        out.append(byte | (0x80 if n else 0))
        if not n:
            return bytes(out)


def section(kind, body):
    return bytes([kind]) + leb(len(body)) + body


def vector(items):
    return leb(len(items)) + b"".join(items)


def body(code, local_runs=()):
    locals_ = vector([leb(n) + bytes([t]) for n, t in local_runs])
    whole = locals_ + code + b"\x0b"
    return leb(len(whole)) + whole


I32, I64 = 0x7f, 0x7e
HEAD = b"\0asm\1\0\0\0"


def module(code, params=(I32,), results=(I32,), local_runs=(), memory=False):
    types = section(1, vector([b"\x60" + vector([bytes([p]) for p in params])
                               + vector([bytes([r]) for r in results])]))
    return (HEAD + types + section(3, vector([leb(0)]))
            + (section(5, vector([b"\0\1"])) if memory else b"")
            + section(7, vector([leb(1) + b"f" + b"\0" + leb(0)]))
            + section(10, vector([body(code, local_runs)])))


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (64 << 30, 64 << 30))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (2 * SECONDS, 2 * SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def outcome(wasm, *words):
    with tempfile.TemporaryDirectory() as tmp:
        path = Path(tmp) / "m.wasm"
        path.write_bytes(wasm)
        command = [str(path) if w == "FILE" else w for w in [STINT, *words]]
        done = subprocess.run(command, capture_output=True, timeout=2 * SECONDS,
                              preexec_fn=limit, cwd=tmp)
    return done.returncode, done.stdout.decode(), done.stderr.decode("utf-8", "replace")


def compiles(wasm, argument, result):
    status, out, text = outcome(wasm, "run", "--invoke", "f", "FILE", str(argument))
    expect(status == 0 and out.strip() == str(result), f"exit {status}: {out} {text[-300:]}")


def is_refused(wasm, words):
    for command in (("validate", "FILE"), ("run", "FILE")):
        status, out, text = outcome(wasm, *command)
        text += out
        expect(status == 1, f"{command}: exit {status}: {text[-300:]}")
        expect(any(word in text for word in words), f"{command}: {text[-300:]}")


@test
def deep_blocks():
    n = 50_000
    compiles(module(b"\x02\x40" * n + b"\x0b" * n + b"\x20\0"), 5, 5)


@test
def deep_loops():
    """Each loop has a back edge and assigns a local: phis at every level."""
    n = 2_000
    code = b"\x03\x40" * n + b"\x20\0\x41\1\x6b\x21\0" + b"\x41\0\x0d\0\x0b" * n + b"\x20\0"
    compiles(module(code), 7, 6)


@test
def deep_ifs():
    n = 20_000
    code = b"\x20\0\x04\x40" * n + b"\x41\3\x21\0" + b"\x0b" * n + b"\x20\0"
    compiles(module(code), 9, 3)


@test
def fifty_thousand_locals():
    n = 49_999
    code = b"\x20\0\x21" + leb(n) + b"\x20" + leb(n)
    compiles(module(code, local_runs=[(n, I32)]), 8, 8)


@test
def many_locals_through_a_loop():
    """All of 20,000 locals change in a loop: so many phis."""
    n = 20_000
    code = b"\x03\x40"
    for i in range(1, n + 1):
        code += b"\x20" + leb(i) + b"\x41\1\x6a\x21" + leb(i)
    code += b"\x20\0\x41\1\x6b\x22\0\x0d\0\x0b\x20" + leb(n)
    compiles(module(code, local_runs=[(n, I32)]), 3, 3)


@test
def wide_branch_table():
    n = 65_520
    code = b"\x02\x40\x02\x40\x20\0\x0e" + leb(n)
    code += b"".join(leb(i & 1) for i in range(n)) + leb(1) + b"\x0b\x41\1\x0f\x0b\x41\2"
    compiles(module(code), 65_518, 1)


@test
def wide_branch_table_to_own_labels():
    n = 3_000
    code = b"\x02\x40" * n + b"\x20\0\x0e" + leb(n - 1)
    code += b"".join(leb(i) for i in range(n)) + b"\x0b"
    code += b"".join(b"\x20\0\x41\1\x6a\x21\0\x0b" for _ in range(n - 1)) + b"\x20\0"
    compiles(module(code), n - 10, n - 1)


@test
def many_branches_to_one_block():
    """A chain of 60,000 blocks in the dominator tree, each with a way to the end."""
    n = 60_000
    code = b"\x02\x40" + b"".join(b"\x20\0\x41" + leb(i % 60) + b"\x46\x0d\0" for i in range(n))
    compiles(module(code + b"\x0b\x20\0"), 100, 100)


@test
def seven_megabytes_of_arithmetic():
    code = b"\x20\0" + b"\x41\1\x6a" * 2_400_000
    compiles(module(code), 0, 2_400_000)


@test
def a_megabyte_of_live_values():
    n = 60_000
    code = b"".join(b"\x20\0\x41" + leb(i % 60) + b"\x73" for i in range(n)) + b"\x6a" * (n - 1)
    compiles(module(code), 0, sum(i % 60 for i in range(n)))


@test
def a_megabyte_of_loads_and_stores():
    n = 100_000
    code = b"\x20\0\x20\0\x28\2\0\x41\1\x6a\x36\2\0" * n + b"\x20\0\x28\2\0"
    compiles(module(code, memory=True), 16, n)


@test
def a_megabyte_of_calls():
    n = 100_000
    code = b"\x20\0\x04\x7f" + b"\x41\0\x10\0\x1a" * n + b"\x41\5\x05\x41\1\x0b"
    compiles(module(code), 1, 5)


@test
def more_than_the_limits():
    is_refused(module(b"\x20\0", local_runs=[(50_001, I32)]), ["too many locals"])
    is_refused(module(b"\x20\0", local_runs=[(2**32 - 1, I32)] * 2), ["too many locals"])
    is_refused(module(b"\x20\0\x0e" + leb(70_000) + b"\0" * 70_001), ["br_table", "branch"])
    is_refused(HEAD + section(1, leb(1_000_001) + b"\x60\0\0" * 1_000_001), ["types"])
    is_refused(module(b"\x20\0" + b"\x01" * 7_700_000), ["size", "large", "limit"])


@test
def sections_that_claim_four_gigabytes():
    for kind in range(14):
        is_refused(HEAD + bytes([kind]) + b"\xff\xff\xff\xff\x0f" + b"\0" * 8,
                   ["length out of bounds", "unexpected end", "malformed", "offset"])
        is_refused(HEAD + bytes([kind]) + b"\x05" + b"\xff\xff\xff\xff\x0f",
                   ["length out of bounds", "unexpected end", "malformed", "offset"])


@test
def a_million_types():
    wasm = HEAD + section(1, leb(1_000_000) + b"\x60\0\0" * 1_000_000)
    status, _, text = outcome(wasm, "validate", "FILE")
    expect(status == 0, f"exit {status}: {text[-300:]}")


main()
