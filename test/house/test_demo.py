"""The program that ./demo shows draws, counts and stays inside."""

import os
import shutil
import subprocess

from testkit import BUILD, ROOT, STINT, expect, main, output, skip, test


def need_compiler():
    for tool in ("clang", "wasm-ld"):
        if not shutil.which(tool):
            skip(f"needs {tool}")
    if not os.path.exists("/usr/lib/wasm32-wasi/libc.a"):
        skip("needs wasi-libc")


@test
def picture_words_and_walls_are_right():
    """Every character is the result of thousands of floating-point operations."""
    need_compiler()
    output("make", "-s", f"BUILD={BUILD}", "demo", cwd=ROOT)
    got = output(STINT, "run", "--dir", ".", BUILD / "demo.wasm", "-w", "60", "-f", "1", "LICENSE",
                 cwd=ROOT)
    want = (ROOT / "test/data/demo.txt").read_text()
    expect(got == want, f"-- got\n{got}")


@test
def demo_script_shows_it():
    need_compiler()
    done = subprocess.run([ROOT / "demo"], cwd="/", env=dict(os.environ, BUILD=str(BUILD)),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    text, timings = done.stdout.decode(), done.stderr.decode()
    expect(done.returncode == 0, f"exit status {done.returncode}\n{text}{timings}")
    for part in ("rays traced", "README.md has", "/etc/passwd              refused"):
        expect(part in text, f"{part!r} is missing in\n{text}")
    expect("\033" not in text, "plain text into a pipe")
    for part in ("compile", "instantiate", "run"):
        expect(part in timings, f"{part!r} is missing in\n{timings}")


main()
