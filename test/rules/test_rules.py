#!/usr/bin/env python3
"""Runs both sides of every rule (tools/rulecheck.py), the wrong rules that it must catch, and
rules that the generator must refuse."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
COUNTS = re.compile(r"(\d+) passed, (\d+) failed$")
LOWER = ROOT / "rules" / "x64" / "lower.r"
FOLD = ROOT / "rules" / "fold.r"

# What is added to lower.r or fold.r, or taken out of lower.r, and what is said then.
REFUSED = [
    ("add", "(lower (add.i32 x y) (FADD_RR.4 x y))", "x is i32, FADD_RR wants a vec"),
    ("add", "(lower (add.i32 x y) (ADD_RR.2 x y))", "ADD_RR has no width 2"),
    ("add", "(lower (add.i32 x y) (ADD_RR.4 x))", "ADD_RR takes a b"),
    ("add", "(lower (add.i32 x y) (ADD_RR.4 x z))", "z is no value of the pattern"),
    ("add", "(lower (add.i64 x y) (ADD_RI.8 x 0x80000000))", "does not fit imm32s"),
    ("add", "(lower (add.i32 x y) (RDGSBASE))", "RDGSBASE has no meaning"),
    ("add", "(lower (add.i32 x (iconst k)) (when (ult k 0x100000000)) (ADD_RI.4 x k))",
     "4294967296 does not fit 32 bits"),
    ("add", "(lower (nonsense.i32 x) (NEG_R.4 x))", "nonsense.i32 has no meaning in ir.r"),
    ("add", "(lower (br c) (= f (cond c)) (JCC sometimes))", "no condition sometimes"),
    ("fold", "(fold (add.i32 x y) => (add.i64 x y))", "not i32"),
    ("fold", "(fold (ext_u.i64 x) => x)", "x is not i64"),
    ("add", "(lower (add.i32 x y)", "( is never closed"),
    ("take", "(lower (jump) (JMP))", "no rule always matches jump"),
    ("take", "(lower (fsqrt.@T x) (FSQRT_RR.@w x))", "no rule always matches fsqrt.f32, fsqrt.f64"),
]


def check(*arguments):
    """(passed, failed) of rulecheck.py; prints what failed."""
    command = [sys.executable, "-B", str(ROOT / "tools" / "rulecheck.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    lines = done.stdout.strip().split("\n")
    counts = COUNTS.match(lines[-1])
    if not counts:
        print(f"rulecheck.py {' '.join(arguments)}: {done.stderr.strip()[-400:]}")
        return 0, 1
    if done.returncode:
        print("\n".join(lines[:-1]))
    return int(counts[1]), int(counts[2])


def generate(folder, path, text):
    """Runs rulegen.py on rules with one file changed; its exit code and what it says."""
    shutil.copytree(ROOT / "rules", folder / "rules")
    (folder / path.relative_to(ROOT)).write_text(text)
    files = sorted(map(str, (folder / "rules").rglob("*.r")))
    done = subprocess.run([sys.executable, "-B", str(ROOT / "tools" / "rulegen.py"), "--out",
                           str(folder / "gen"), *files], capture_output=True, text=True)
    return done.returncode, done.stderr


def check_refused(kind, text, message):
    path = FOLD if kind == "fold" else LOWER
    source = path.read_text()
    if text not in source and kind == "take":
        print(f"lower.r has no {text}")
        return False
    changed = source.replace(text, "") if kind == "take" else text + "\n" + source
    with tempfile.TemporaryDirectory() as folder:
        code, said = generate(Path(folder), path, changed)
    if code and message in said and "Traceback" not in said:
        return True
    print(f"{kind} {text}: expected {message!r}, got {said[-300:]!r}")
    return False


def main():
    results = [check(), check("--wrong", str(ROOT / "test" / "rules" / "wrong.r")), check("--c")]
    refused = [check_refused(*case) for case in REFUSED]
    passed = sum(result[0] for result in results) + refused.count(True)
    failed = sum(result[1] for result in results) + refused.count(False)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
