"""What the sandbox tests share: the library, the modes of compilation, modules from text."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import capi  # noqa: E402
from testkit import BUILD, STINT, expect  # noqa: E402

LIB = capi.Library(BUILD / "libstint.so")
PAGE = 65536

# Trap codes.
STACK_OVERFLOW, OUT_OF_BOUNDS, _, TABLE_OUT_OF_BOUNDS, NULL_CALL, BAD_SIGNATURE = range(6)
INTEGER_OVERFLOW, DIVISION_BY_ZERO, BAD_CONVERSION, UNREACHABLE = range(6, 10)
NULL_REFERENCE = 13

# Every way in which code is made must be as safe as every other.
MODES = {
    "default": [], "quick": [("stint", "O", "opt-level", "1")],
    "unoptimized": [("stint", "O", "opt-level", "0")], "gs": [("stint", "O", "gs", "y")],
    "explicit bounds": [("stint", "O", "explicit-bounds", "y")],
    "no signals": [("stint", "O", "signals-based-traps", "n")],
    "plain CPU": [("stint", "C", "cpu", "none")],
    "interpreter": [("stint", "C", "compiler", "interpreter")],
}


def assemble(text):
    return subprocess.run([STINT, "parse", "-"], input=text.encode(), stdout=subprocess.PIPE,
                          check=True).stdout


def new_store(options=()):
    return capi.Store(capi.Engine(LIB, options))


def outcome(store, func, args):
    """The values of the results, the code of the trap, or "error" where a host function failed."""
    try:
        return [value for _, value in store.call(func, args)]
    except capi.Trap as trap:
        return trap.code
    except capi.Error:
        return "error"


class Guest:
    """An instance in a store of its own, or in one that is given; exports are methods' names."""

    def __init__(self, wasm, options=(), store=None):
        self.store = store or new_store(options)
        self.instance = self.store.instantiate(self.store.module(wasm))

    def func(self, name):
        return self.instance.export(name).of.func

    def run(self, name, *args):
        """args: pairs, or numbers for i32. Values or a trap's code."""
        pairs = [arg if isinstance(arg, tuple) else ("i32", arg) for arg in args]
        return outcome(self.store, self.func(name), pairs)

    def expect(self, wanted, name, *args):
        got = self.run(name, *args)
        expect(got == wanted, f"{name}{args}: {got}, not {wanted}")

    def close(self):
        self.store.close()
