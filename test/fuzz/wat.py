#!/usr/bin/env python3
"""Generated modules as text: what `stint parse` makes of it must be the same module.

usage: wat.py [--stint PATH] [--wasm-tools PATH] [--seed N] [--count N]

`wasm-tools smith` makes a module, `wasm-tools print` a text of it, flat or folded; printed again
from the bytes that `stint parse` makes, the text must be the same. What differs is kept.
"""

import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

# What the generator may use; everything Stint reads.
FEATURES = ("gc", "exceptions", "tail-call", "memory64", "simd", "relaxed-simd", "threads",
            "custom-page-sizes", "wide-arithmetic", "extended-const")


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, check=False)


def generate(tools, seed, folder):
    """A module in folder/a.wasm that depends on the seed alone."""
    source = random.Random(seed)
    (folder / "bytes").write_bytes(source.randbytes(source.choice([300, 3000, 20000])))
    options = [word for key in FEATURES for word in (f"--{key}-enabled", "true")]
    options += ["--compact-imports-enabled", "false", "--max-memories", "3", "--max-tables", "4"]
    done = run(tools, "smith", folder / "bytes", "-o", folder / "a.wasm", *options)
    if done.returncode:
        sys.exit(done.stderr.decode(errors="replace"))


def differs(args, seed, folder):
    """Why the text does not come back as it was; None if it does."""
    form = ["--fold-instructions"] if seed % 2 else []
    text = run(args.wasm_tools, "print", *form, folder / "a.wasm").stdout
    (folder / "a.wat").write_bytes(text)
    done = run(args.stint, "parse", folder / "a.wat", "-o", folder / "b.wasm")
    if done.returncode:
        return done.stderr.decode(errors="replace")
    again = run(args.wasm_tools, "print", *form, folder / "b.wasm").stdout
    return None if again == text else "another text comes back"


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("--stint", default=str(ROOT / "build" / "stint"))
    parser.add_argument("--wasm-tools", default="wasm-tools")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=500)
    args = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="stint-fuzz-") as name:
        for seed in range(args.seed, args.seed + args.count):
            generate(args.wasm_tools, seed, Path(name))
            why = differs(args, seed, Path(name))
            if why:
                wrong += 1
                kept = Path(tempfile.gettempdir()) / f"stint-fuzz-{seed}.wat"
                kept.write_bytes((Path(name) / "a.wat").read_bytes())
                print(f"{kept}: {why}")
    print(f"{args.count} modules, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
