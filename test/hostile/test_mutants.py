"""Damaged modules: each is refused with an offset and a reason, or is a module after all, in
bounded time and memory. `stint-dev mutate` goes on where this ends: in one process, with every
verifier.
"""

import random
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from testkit import BUILD, STINT, expect, main, test  # noqa: E402

SECONDS = 60
MEMORY = 1 << 30
I32, I64, FUNCREF = b"\x7f", b"\x7e", b"\x70"


def leb(n):
    out = b""
    while n >= 0x80:
        out, n = out + bytes([n & 0x7f | 0x80]), n >> 7
    return out + bytes([n])


def vector(*items):
    return leb(len(items)) + b"".join(items)


def section(kind, contents):
    return bytes([kind]) + leb(len(contents)) + contents


def name(text):
    return leb(len(text)) + text


def body(*code, local_runs=()):
    whole = vector(*local_runs) + b"".join(code) + b"\x0b"
    return leb(len(whole)) + whole


def module():
    """Some of everything: f counts down in a loop, calls itself, loads, stores, goes through the
    table and a br_table."""
    f = body(
        b"\x02\x40\x03\x40",                                  # block, loop
        b"\x20\0\x45\x0d\x01",                                # br_if 1 (i32.eqz (local.get 0))
        b"\x20\0\x20\0\x36\x02\x04",                          # i32.store offset=4
        b"\x20\x01\x20\0\x28\x02\x04\xac\x7c\x21\x01",        # local 1 += i32.load offset=4
        b"\x20\0\x41\x01\x6b\x21\0\x0c\0\x0b\x0b",            # local 0 -= 1, br 0
        b"\x02\x40\x02\x40\x20\x01\xa7\x0e\x02\0\x01\0\x0b",  # br_table
        b"\x20\x01\x41\0\x11\x01\0\x21\x01\x0b",              # call_indirect
        b"\x23\0\x20\x01\x7c\x24\0\x20\x01",                  # global.set
        local_runs=[leb(1) + I64])
    g = body(b"\x20\0\x42\x02\x7e\x41\0\x41\0\x41\x03\xfc\x08\0\0")  # i64.mul, memory.init
    return (b"\0asm\1\0\0\0"
            + section(1, vector(b"\x60" + vector(I32) + vector(I64),
                                b"\x60" + vector(I64) + vector(I64), b"\x60\0\0"))
            + section(3, vector(b"\0", b"\x01"))
            + section(4, vector(FUNCREF + b"\0\x03"))
            + section(5, vector(b"\x01\x01\x04"))
            + section(6, vector(I64 + b"\x01\x42\x2a\x0b"))
            + section(7, vector(name(b"f") + b"\0\0", name(b"memory") + b"\x02\0"))
            + section(9, vector(b"\0\x41\0\x0b" + vector(b"\x01", b"\0")))
            + section(12, leb(2))
            + section(10, vector(f, g))
            + section(11, vector(b"\x01" + name(b"abc"), b"\0\x41\x08\x0b" + name(b"defgh")))
            + section(0, name(b"name") + b"\x01" + name(vector(b"\0" + name(b"f"),
                                                               b"\x01" + name(b"g")))))


def damaged(wasm, seed):
    """One to three bytes are changed, doubled, left out, or the end is missing."""
    rng, data = random.Random(seed), bytearray(wasm)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(8, len(data))
        how = rng.randrange(5)
        if how == 0:
            data[at] = rng.randrange(256)
        elif how == 1:
            data[at] ^= 1 << rng.randrange(8)
        elif how == 2:
            data[at:at] = data[at:at + rng.randint(1, 4)]
        elif how == 3:
            del data[at:at + rng.randint(1, 4)]
        elif rng.random() < 0.3:
            del data[at:]
        if len(data) <= 9:
            break
    return bytes(data)


def limit():
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def stint(*words):
    done = subprocess.run([STINT, *words], capture_output=True, timeout=2 * SECONDS,
                          preexec_fn=limit)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


@test
def the_module_itself_is_sound():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.wasm"
        path.write_bytes(module())
        status, text = stint("run", "--invoke", "f", str(path), "5")
        expect(status == 0 and "\n30\n" in f"\n{text}", f"exit {status}: {text}")


@test
def every_mutant_is_refused_with_an_offset_or_runs():
    whole = module()
    verdicts = {0: 0, 1: 0}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.wasm"
        for seed in range(250):
            wasm = damaged(whole, seed)
            path.write_bytes(wasm)
            status, text = stint("validate", str(path))
            expect(status in (0, 1), f"seed {seed}: validate: exit {status}: {text[-300:]}")
            verdicts[status] += 1
            if status == 1:
                found = re.search(r"at offset (\d+): \w", text)
                expect(found and int(found.group(1)) <= len(wasm), f"seed {seed}: {text[-300:]}")
                expect(text.count("\n") <= 7, f"seed {seed}: more than one message: {text}")
                continue
            status, text = stint("run", "-W", "timeout=500ms", "--invoke", "f", str(path), "5")
            expect(status in (0, 1, 134), f"seed {seed}: run: exit {status}: {text[-300:]}")
    expect(min(verdicts.values()) > 20, f"damage of one kind only: {verdicts}")


@test
def every_truncation_is_refused_with_an_offset_or_runs():
    whole = module()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.wasm"
        for size in range(4, len(whole)):
            path.write_bytes(whole[:size])
            status, text = stint("validate", str(path))
            expect(status == 0 or status == 1 and re.search(r"at offset \d+: \w", text),
                   f"{size} bytes: exit {status}: {text[-300:]}")


@test
def mutants_pass_every_verifier():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.wasm"
        path.write_bytes(module())
        done = subprocess.run([str(BUILD / "stint-dev"), "mutate", "--count", "3000", str(path)],
                              capture_output=True, text=True, timeout=2 * SECONDS)
        expect(done.returncode == 0 and "0 crashes" in done.stdout,
               f"exit {done.returncode}: {done.stdout[-300:]}{done.stderr[-300:]}")


main()
