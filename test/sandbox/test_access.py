"""Accesses at the very edge of a memory, in every width, addressing form and mode of compilation.

Each module has one function per access; the expectation is computed here: an access of `width`
bytes at index + offset traps unless index + offset + width <= size. Taking a check, a guard page or
the zero-extension of an index out of the compiler makes these fail.
"""

import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from kit import BUILD, LIB, MODES, OUT_OF_BOUNDS, PAGE, assemble, capi
from testkit import expect, main, test

LOADS = [("i32.load8_u", 1), ("i32.load8_s", 1), ("i32.load16_u", 2), ("i32.load16_s", 2),
         ("i32.load", 4), ("i64.load8_u", 1), ("i64.load16_s", 2), ("i64.load32_u", 4),
         ("i64.load32_s", 4), ("i64.load", 8), ("f32.load", 4), ("f64.load", 8)]
STORES = [("i32.store8", 1), ("i32.store16", 2), ("i32.store", 4), ("i64.store8", 1),
          ("i64.store16", 2), ("i64.store32", 4), ("i64.store", 8), ("f32.store", 4),
          ("f64.store", 8)]
# The guard is 32 MiB: offsets just within and just beyond what it covers; the signs of disp32.
OFFSETS = [0, 1, 7, PAGE - 1, PAGE, 0x1fffff8, 0x1ffffff, 0x2000000, 0x2000001, 0x3000000,
           2**31 - 8, 2**31 - 1, 2**31, 2**32 - 8, 2**32 - 1]

# How the index reaches the access: its text, and the index it means for argument n.
FORMS = {
    "index": ("(local.get 0)", lambda n: n),
    "sum": ("(i32.add (local.get 0) (local.get 1))", lambda n: n),
    "wrapped sum": ("(i32.add (i32.add (local.get 0) (i32.const -16)) (i32.const 16))",
                    lambda n: n),
    "scaled": ("(i32.add (i32.shl (local.get 1) (i32.const 3)) (local.get 0))", lambda n: n),
    "from i64": ("(i32.wrap_i64 (i64.or (i64.extend_i32_u (local.get 0)) "
                 "(i64.const 0x7fffffff00000000)))", lambda n: n),
    "shifted right": ("(i32.shr_u (i32.shl (local.get 0) (i32.const 0)) (i32.const 0))",
                      lambda n: n),
}


def value_of(op):
    kind = op.split(".")[0]
    return {"i32": "(i32.const 0x55)", "i64": "(i64.const 0x55)", "f32": "(f32.const 1)",
            "f64": "(f64.const 1)"}[kind]


def access(op, offset, index):
    if "load" in op:
        return f"(drop ({op} offset={offset} {index}))"
    return f"({op} offset={offset} {index} {value_of(op)})"


# Forms that the compiler folds into one instruction with its memory operand.
FOLDED = {
    "read-modify-write": ("(i32.store offset={o} {x} "
                          "(i32.add (i32.load offset={o} {x}) (i32.const 1)))", 4),
    "and with memory": ("(drop (i32.and (local.get 0) (i32.load offset={o} {x})))", 4),
    "compare memory": ("(if (i32.lt_u (i32.load8_u offset={o} {x}) (i32.const 7)) "
                       "(then (nop)))", 1),
    "add f64": ("(f64.store (i32.const 0) (f64.add (f64.const 1) (f64.load offset={o} {x})))", 8),
    "immediate store": ("(i64.store offset={o} {x} (i64.const -1))", 8),
    "widening": ("(drop (i64.add (i64.const 3) (i64.load32_s offset={o} {x})))", 4),
}


def module_text():
    """All accesses; exports are named OP|FORM|OFFSET."""
    funcs, cases = [], []

    def add(name, body, width, offset):
        funcs.append(f'(func (export "{name}") (param i32 i32) {body})')
        cases.append((name, width, offset))

    for op, width in LOADS + STORES:
        for offset in OFFSETS:
            add(f"{op}|index|{offset}", access(op, offset, FORMS["index"][0]), width, offset)
        for form in FORMS:
            if form != "index":
                for offset in (0, 5, 2**31):
                    add(f"{op}|{form}|{offset}", access(op, offset, FORMS[form][0]), width, offset)
    for name, (text, width) in FOLDED.items():
        for offset in (0, 3, 0x2000000, 2**31 - 1, 2**32 - 1):
            body = text.format(o=offset, x="(local.get 0)")
            add(f"{name}|index|{offset}", body, width, offset)
    return ('(module (memory (export "memory") 1 3) (func (export "grow") (result i32) '
            "(memory.grow (i32.const 1)))" + "\n".join(funcs) + ")"), cases


TEXT, CASES = module_text()


def indices(size, width, offset):
    """Arguments around the edge, and at the top of the address space."""
    last = size - width - offset
    around = [last - 1, last, last + 1, last + width, 0, 1, 2**31 - 1, 2**31, 2**32 - width,
              2**32 - 1]
    return sorted({n for n in around if 0 <= n < 2**32})


def check_all(store, instance, size, cases):
    for name, width, offset in cases:
        func = instance.export(name).of.func
        for n in indices(size, width, offset):
            fits = n + offset + width <= size
            try:
                store.call(func, [("i32", n), ("i32", 0)])
                code = None
            except capi.Trap as trap:
                code = trap.code
            expect(code == (None if fits else OUT_OF_BOUNDS),
                   f"{name} at index {n:#x}, size {size:#x}: trap {code}")


def run_mode(options, wasm, cases=CASES):
    store = capi.Store(capi.Engine(LIB, options))
    instance = store.instantiate(store.module(wasm))
    check_all(store, instance, PAGE, cases)
    store.call(instance.export("grow").of.func, [])
    check_all(store, instance, 2 * PAGE, cases)
    store.close()


def add_mode(name, options):
    def run():
        run_mode(options, assemble(TEXT))
    run.__name__ = "edges_" + name.replace(" ", "_")
    test(run)


for mode, mode_options in MODES.items():
    add_mode(mode, mode_options)


@test
def edges_on_threads():
    """A store on each of several threads at once, with faults on all of them."""
    wasm, failures = assemble(TEXT), []

    def work():
        try:
            run_mode([], wasm, CASES[::7])
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect(not failures, failures)


CALLS = """(module
  (type $v (func)) (type $i (func (result i32)))
  (table 4 funcref) (elem (i32.const 0) $a $b)
  (func $a) (func $b (result i32) (i32.const 7))
  (func (export "call") (param i32) (call_indirect (type $v) (local.get 0)))
  (func (export "get") (param i32) (result i32) (call_indirect (type $i) (local.get 0)))
  (func $deep (export "deep") (param i32) (result i32)
    (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
  (func $wide (export "wide") (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
    (i64.add (call $wide (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)
      (local.get 6) (local.get 7) (local.get 8) (local.get 9) (local.get 10) (local.get 0))
      (i64.const 1))))"""


def trap_of(store, func, args):
    try:
        return store.call(func, args)
    except capi.Trap as trap:
        return trap.code


@test
def indirect_calls_and_the_stack():
    for name, options in MODES.items():
        store = capi.Store(capi.Engine(LIB, options))
        instance = store.instantiate(store.module(assemble(CALLS)))

        def run(export, *args):
            return trap_of(store, instance.export(export).of.func, [("i32", a) for a in args])

        expect(run("call", 0) == [], name)
        expect(run("call", 1) == 5, f"{name}: wrong signature")
        expect(run("get", 1) == [("i32", 7)], name)
        expect(run("get", 0) == 5, f"{name}: wrong signature")
        expect(run("call", 2) == 4, f"{name}: null")
        for index in (4, 2**31, 2**32 - 1):
            expect(run("call", index) == 3, f"{name}: index {index}")
        for _ in range(3):  # the stack is whole again after each overflow
            expect(run("deep", 0) == 0, f"{name}: stack overflow")
        wide = trap_of(store, instance.export("wide").of.func, [("i64", 1)] * 11)
        expect(wide == 0, f"{name}: stack overflow with stack arguments")
        store.close()


TWO = """(module
  (import "host" "again" (func $again))
  (memory (export "memory") 1)
  (func (export "set") (param i32) (i32.store (i32.const 0) (local.get 0)))
  (func (export "run") (param i32) (result i32)
    (i32.store (i32.const 8) (local.get 0))
    (call $again)
    (i32.store (i32.const 4) (i32.const 99))
    (i32.add (i32.load (i32.const 8)) (i32.load (i32.const 0))))
  (func (export "out") (drop (i32.load (i32.const 65533)))))"""


@test
def two_memories_with_re_entry():
    """An instance calls the host, which enters another one with its own memory, and comes back."""
    for name, options in MODES.items():
        store = capi.Store(capi.Engine(LIB, options))
        others = []

        def again(_args):
            if others:
                inner = others[0]
                store.call(inner.export("set").of.func, [("i32", 1000)])
                try:
                    store.call(inner.export("out").of.func, [])
                    raise AssertionError("no trap")
                except capi.Trap:
                    pass
            return []

        store.define_func("host", "again", [], [], again)
        wasm = assemble(TWO)
        first = store.instantiate(store.module(wasm))
        others.append(store.instantiate(store.module(wasm)))
        store.call(first.export("set").of.func, [("i32", 5)])
        expect(store.call(first.export("run").of.func, [("i32", 37)]) == [("i32", 42)], name)
        memory = store.memory_bytes(others[0].export("memory"))
        expect(memory[:12] == (1000).to_bytes(4, "little") + bytes(8), f"{name}: {memory[:12]}")
        store.close()


HANDLER = """
import faulthandler, sys
faulthandler.enable()
sys.path.insert(0, {tests!r})
import capi, ctypes
store = capi.Store(capi.Engine(capi.Library({lib!r})))
instance = store.instantiate(store.module(open({wasm!r}, "rb").read()))
for _ in range(3):
    try:
        store.call(instance.export("out").of.func, [])
    except capi.Trap as trap:
        print("trap", trap.code, flush=True)
ctypes.string_at(8)
"""


@test
def the_hosts_own_handler_still_works():
    """Guest faults become traps, and a fault of the host reaches the handler it had installed."""
    wasm = assemble('(module (memory 1) (func (export "out") (drop (i32.load (i32.const 65533)))))')
    with tempfile.TemporaryDirectory() as tmp:
        path = Path(tmp) / "m.wasm"
        path.write_bytes(wasm)
        script = HANDLER.format(tests=str(Path(__file__).resolve().parent.parent),
                                lib=str(BUILD / "libstint.so"), wasm=str(path))
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    expect(done.stdout.split() == ["trap", "1"] * 3, done.stdout + done.stderr)
    expect("Segmentation fault" in done.stderr, done.stderr)
    expect(done.returncode == -11, f"exit status {done.returncode}")


main()
