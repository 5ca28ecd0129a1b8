"""How loops lie in the machine code."""

import re
import subprocess
import tempfile
from pathlib import Path

from testkit import STINT, expect, main, skip, test

STEP = """(func $step (param i32) (result i32)
  (if (i32.eq (local.get 0) (i32.const -1)) (then (throw $e)))
  (i32.xor (i32.shl (local.get 0) (i32.const 1)) (i32.const 5)))"""
LOOP = """(func (param $n i32) (result i32) (local $sum i32)
  (loop $again
    (local.set $sum (i32.add (local.get $sum) %s))
    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
  (local.get $sum))"""
CALL = "(call $step (local.get $n))"
TRY = "(block $out (result i32) (block $caught (br $out (try_table (result i32) " \
      f"(catch $e $caught) {CALL}))) (i32.const 7))"


def functions(text):
    """[[(offset, mnemonic, operands)]] by function."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "loop.wat"
        path.write_text(text)
        done = subprocess.run([STINT, "objdump", "-O", "inline=n", "-C", "cpu=baseline", path],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if "capstone" in done.stderr:
        skip("no disassembler: libcapstone4")
    expect(done.returncode == 0, done.stderr)
    found = []
    for line in done.stdout.splitlines():
        row = re.match(r"\s+([0-9a-f]+)\s+(\w+)\s*(.*?)\s*(;.*)?$", line)
        if line.startswith("function"):
            found.append([])
        elif row:
            found[-1].append((int(row.group(1), 16), row.group(2), row.group(3)))
    return found


def loop(code):
    """The mnemonics from the target of the only jump backwards to that jump."""
    for at, (offset, mnemonic, operands) in enumerate(code):
        if mnemonic.startswith("j") and int(operands, 16) < offset:
            return [m for o, m, _ in code[:at + 1] if o >= int(operands, 16)]
    expect(False, f"no loop in {code}")


@test
def a_try_that_never_throws_costs_a_loop_nothing():
    code = functions(f"(module (tag $e) {STEP} {LOOP % CALL} {LOOP % TRY})")
    plain, ready = loop(code[1]), loop(code[2])
    expect(plain == ready, f"without a try: {plain}, within: {ready}")
    expect(sum(m.startswith("j") for m in ready) == 1, f"one jump a turn: {ready}")


main()
