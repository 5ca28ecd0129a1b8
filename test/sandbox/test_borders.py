"""Values that cross the border between host and guest.

An i32 in a register is zero-extended: generated code takes it for an index without looking again.
What comes from the host may have anything in the upper half of its slot, so each place where values
come in must drop it. The guest shows what it got by widening it, which costs no instruction.
"""

import ctypes
from ctypes import byref, c_size_t, c_void_p

from kit import LIB, MODES, OUT_OF_BOUNDS, Guest, assemble, capi, new_store
from testkit import expect, main, test

DIRT = 0xdeadbeef << 32
N = 12  # more than there are argument registers

PARAMS = "(module (memory 1)" + "".join(f"""
  (func (export "widen{k}") (param {"i32 " * N}) (result i64) (i64.extend_i32_u (local.get {k})))
  (func (export "load{k}") (param {"i32 " * N}) (result i32) (i32.load8_u (local.get {k})))"""
                                         for k in range(N)) + """
  (func (export "float") (param f32) (result i64)
    (i64.extend_i32_u (i32.reinterpret_f32 (local.get 0))))
  (func (export "null") (param externref) (result i32) (ref.is_null (local.get 0))))"""


@test
def parameters():
    wasm = assemble(PARAMS)
    for mode, options in MODES.items():
        guest = Guest(wasm, options)

        def raw(name, words):
            try:
                return guest.store.call_raw(guest.func(name), words, 1)[0]
            except capi.Trap as trap:
                return f"trap {trap.code}"

        for k in range(N):
            words = [DIRT | 0x80000000 + i for i in range(N)]
            got = raw(f"widen{k}", words)
            expect(got == words[k] - DIRT, f"{mode}: parameter {k} came in as {got:#x}")
            words[k] = DIRT | 65535
            expect(raw(f"load{k}", words) == 0, f"{mode}: load by parameter {k}")
            words[k] = DIRT | 65536
            expect(raw(f"load{k}", words) == f"trap {OUT_OF_BOUNDS}", f"{mode}: by parameter {k}")
        got = raw("float", [DIRT | 0x3f800000])
        expect(got == 0x3f800000, f"{mode}: an f32 came in as {got:#x}")
        expect(raw("null", [DIRT]) == 1, f"{mode}: null with dirt above it")
        guest.close()


def results_module(n):
    types = "i32 " * n
    drops = "(drop) " * (n - 1)
    return f"""(module (import "host" "get" (func $get (result {types}))) (memory 1)
  (func (export "widen") (result {"i64 " * n}) (local {types})
    (call $get) {" ".join(f"(local.set {k})" for k in reversed(range(n)))}
    {" ".join(f"(i64.extend_i32_u (local.get {k}))" for k in range(n))})
  (func (export "load") (result i32) (call $get) {drops} (i32.load8_u)))"""


@test
def results_of_host_functions():
    """One result, as many as fit registers, and more: those come back in memory."""
    for n in (1, 6, 9):
        wasm = assemble(results_module(n))
        for mode, options in MODES.items():
            store, index, rest = new_store(options), 65535, [2**31 + k for k in range(1, n)]
            store.define_raw("host", "get", [], ["i32"] * n,
                             lambda _: [DIRT | index] + [DIRT | k for k in rest])
            guest = Guest(wasm, store=store)
            wanted = [65535] + rest
            guest.expect(wanted, "widen")
            guest.expect([0], "load")
            index = 65536
            guest.expect(OUT_OF_BOUNDS, "load")
            guest.close()


def dirty_val(number):
    val = capi.Val(kind=capi.I32)
    val.of.i64 = DIRT | number
    return val


GLOBALS = """(module (import "host" "global" (global $in (mut i32))) (import "host" "get" (func $get
    (result i32)))
  (global $own (export "own") (mut i32) (i32.const 0))
  (func (export "in") (result i64) (i64.extend_i32_u (global.get $in)))
  (func (export "out") (result i64) (i64.extend_i32_u (global.get $own)))
  (func (export "call") (result i64) (i64.extend_i32_u (call $get)))
  (func (export "param") (param i32) (result i64) (i64.extend_i32_u (local.get 0))))"""


@test
def values_of_the_checked_api():
    """Globals, parameters and results as wasmtime_val_t, whose union is wider than an i32."""
    wasm = assemble(GLOBALS)
    for options in MODES.values():
        store = new_store(options)
        item = store.new_global(("i32", 1), mutable=True)
        store.define("host", "global", item)

        def get(_env, _caller, _args, _nargs, out, _nout):
            ctypes.memmove(byref(out[0]), byref(dirty_val(77)), ctypes.sizeof(capi.Val))
            return 0

        pointer = capi.CALLBACK(get)
        LIB.check(LIB.wasmtime_linker_define_func(
            store.linker, b"host", c_size_t(4), b"get", c_size_t(3), store.functype([], ["i32"]),
            pointer, None, None))
        guest = Guest(wasm, store=store)
        store.global_set(item, dirty_val(0x80000001))
        guest.expect([0x80000001], "in")
        store.global_set(guest.instance.export("own"), dirty_val(0x80000002))
        guest.expect([0x80000002], "out")
        guest.expect([77], "call")
        results, trap = (capi.Val * 1)(), c_void_p()
        store.lib.check(LIB.wasmtime_func_call(
            store.context, byref(guest.func("param")), byref(dirty_val(5)), c_size_t(1), results,
            c_size_t(1), byref(trap)), trap)
        expect(results[0].of.i64 == 5, f"a parameter came in as {results[0].of.i64:#x}")
        guest.close()


CALLEE = f"""(module (table (export "table") 1 funcref) (elem (i32.const 0) $f)
  (func $f (export "f") (param {"i32 " * N}) (result {"i64 " * N})
    {" ".join(f"(i64.extend_i32_u (local.get {k}))" for k in range(N))}))"""
# The caller's values are the lower halves of i64 that have something in the upper.
CALLER = f"""(module (type $f (func (param {"i32 " * N}) (result {"i64 " * N})))
  (import "callee" "f" (func $f (type $f))) (import "callee" "table" (table 1 funcref))
  (func (export "import") (param i64) (result {"i64 " * N})
    {" ".join("(i32.wrap_i64 (local.get 0))" for _ in range(N))} (call $f))
  (func (export "indirect") (param i64) (result {"i64 " * N})
    {" ".join("(i32.wrap_i64 (local.get 0))" for _ in range(N))}
    (call_indirect (type $f) (i32.const 0)))
  (func (export "tail") (param i64) (result {"i64 " * N})
    {" ".join("(i32.wrap_i64 (local.get 0))" for _ in range(N))} (return_call $f)))"""


@test
def calls_between_instances():
    callee, caller = assemble(CALLEE), assemble(CALLER)
    for mode, options in MODES.items():
        store = new_store(options)
        first = Guest(callee, store=store)
        store.register("callee", first.instance)
        second = Guest(caller, store=store)
        for name in ("import", "indirect", "tail"):
            got = second.run(name, ("i64", DIRT | 0x87654321))
            expect(got == [0x87654321] * N, f"{mode}: {name}: {got}")
        store.close()


def leb(number):
    out = bytearray()
    while True:
        out.append(number & 127 | (128 if number > 127 else 0))
        number >>= 7
        if not number:
            return bytes(out)


def section(number, content):
    return bytes([number]) + leb(len(content)) + content


def many_types(count):
    """A module of nothing but `count` function types, all different."""
    types = bytearray(leb(count))
    for number in range(count):
        digits = []
        while number:
            digits.append(0x7c + number % 4)
            number //= 4
        types += b"\x60" + leb(len(digits) + 1) + bytes(digits) + b"\x7e\x00"
    return b"\0asm\1\0\0\0" + section(1, bytes(types))


@test
def gs_without_a_memory():
    """Entry stubs load gs for instances without memories too. Were numbers of types to stand where
    a memory's base belongs: two above 2^15, side by side, are no address, and loading it faults."""
    store = new_store(MODES["gs"])
    store.module(many_types(1 << 15))
    guest = Guest(assemble("""(module (type (func (param i32 f32 f64 i64 i32 i32 i32 i32 f32)))
      (type $three (func (result i32 i32 i32)))
      (func (export "three") (type $three) (i32.const 1) (i32.const 2) (i32.const 3)))"""),
                  store=store)
    guest.expect([1, 2, 3], "three")
    guest.close()


@test
def host_functions_called_by_the_host():
    """Through an export that is an import, the host calls its own function: there is a store, but
    no instance that calls."""
    store, seen = new_store(), []

    def look(_env, caller, _args, _nargs, _out, _nout):
        item = capi.Extern()
        seen.append((LIB.wasmtime_caller_context(c_void_p(caller)),
                     LIB.wasmtime_caller_export_get(c_void_p(caller), b"memory", c_size_t(6),
                                                    byref(item)) or 0))
        return 0

    pointer = capi.CALLBACK(look)
    LIB.check(LIB.wasmtime_linker_define_func(
        store.linker, b"host", c_size_t(4), b"look", c_size_t(4), store.functype([], []), pointer,
        None, None))
    guest = Guest(assemble("""(module (import "host" "look" (func $look))
      (memory (export "memory") 1) (export "look" (func $look))
      (func (export "call") (call $look)))"""), store=store)
    guest.expect([], "look")
    guest.expect([], "call")
    context = store.context.value
    expect([place for place, _ in seen] == [context] * 2, f"{seen}, and not {context}")
    expect([bool(found & 0xff) for _, found in seen] == [False, True], seen)
    guest.close()


@test
def things_of_other_engines():
    """A number of a type means something else in another engine: refused, and not mixed up."""
    wasm = assemble('(module (import "host" "f" (func)) (func (export "g")))')
    one, other = new_store(), new_store()
    one.define_func("host", "f", [], [], lambda _: [])
    other.module(many_types(100))
    other.define_func("host", "f", [], [], lambda _: [])

    def refused(linker, context, module):
        handle, trap = capi.InstanceHandle(), c_void_p()
        try:
            LIB.check(LIB.wasmtime_linker_instantiate(linker, context, module, byref(handle),
                                                      byref(trap)), trap)
        except capi.Error as error:
            return "engine" in str(error).lower()
        return False

    here, there = one.module(wasm), other.module(wasm)
    expect(refused(one.linker, one.context, there), "a module of another engine")
    expect(refused(other.linker, one.context, here), "a linker of another engine")
    expect(refused(one.linker, other.context, here), "a store of another engine")
    expect(not refused(one.linker, one.context, here), "all of one engine")
    one.close()
    other.close()


@test
def memories_that_cannot_be():
    """The host may ask for a memory larger than its address space: an error, nothing is opened."""
    store = new_store()
    for minimum, maximum in ((65537, 70000), (66000, 0xffffffff), (2, 1)):
        try:
            store.new_memory(minimum, maximum)
            raise AssertionError(f"a memory of {minimum} to {maximum} pages was made")
        except capi.Error as error:
            expect("pages" in str(error), error)
    size = LIB.wasmtime_memory_data_size(store.context, byref(store.new_memory(1, 2).of.handle))
    expect(size == 65536, size)
    store.close()


@test
def guards_beyond_all_address_space():
    """A guard is what the compiler relies on: more than asked for is fine, none for a sum that
    wraps is not. What the system cannot give is an error."""
    wasm = assemble('(module (memory 1) (func (export "f") (param i32) (result i32) '
                    "(i32.load offset=30000000 (local.get 0))))")
    for guard in (0, 4096, 1 << 30, 1 << 47, 2**63, 2**64 - (2 << 30), 2**64 - 4096, 2**64 - 1):
        setting = ("memory_guard_size_set", ctypes.c_uint64(guard))
        try:
            guest = Guest(wasm, [setting])
        except capi.Error as error:
            expect(guard > 1 << 30, f"{guard:#x}: {error}")
            continue
        expect(guard <= 1 << 30, f"{guard:#x} bytes of guard were to be had")
        guest.expect(OUT_OF_BOUNDS, "f", 2**32 - 1)
        guest.close()


# Settings that change what code relies on: an artifact of one may not run under another.
SETTINGS = {
    "default": [], "gs": MODES["gs"], "explicit": MODES["explicit bounds"],
    "no signals": MODES["no signals"],
    "epochs": [("epoch_interruption_set", ctypes.c_bool(True))],
    "fuel": [("consume_fuel_set", ctypes.c_bool(True))],
    "no SIMD": [("wasm_simd_set", ctypes.c_bool(False)), ("wasm_relaxed_simd_set",
                                                           ctypes.c_bool(False))],
}


@test
def artifacts_of_other_settings():
    wasm = assemble('(module (memory 1) (func (export "f") (param i32) (result i32) '
                    "(i32.load (local.get 0))))")
    stores = {name: new_store(options) for name, options in SETTINGS.items()}
    artifacts = {name: store.serialize(store.module(wasm)) for name, store in stores.items()}
    for made, artifact in artifacts.items():
        for used, store in stores.items():
            try:
                guest = store.instantiate(store.deserialize(artifact))
                expect(made == used, f"code for {made} runs in an engine with {used}")
                if used == "fuel":
                    LIB.check(LIB.wasmtime_context_set_fuel(store.context, ctypes.c_uint64(100)))
                if used == "epochs":
                    LIB.wasmtime_context_set_epoch_deadline(store.context, ctypes.c_uint64(1))
                got = store.call(guest.export("f").of.func, [("i32", 65532)])
                expect(got == [("i32", 0)], f"{made}: {got}")
            except capi.Error as error:
                expect(made != used and "compiled for" in str(error), f"{made}, {used}: {error}")
    plain, full = new_store(MODES["plain CPU"]), stores["default"]
    full.deserialize(plain.serialize(plain.module(wasm)))  # what it has not, nobody misses
    try:
        plain.deserialize(artifacts["default"])
        raise AssertionError("code for a newer processor was taken")
    except capi.Error as error:
        expect("processor" in str(error), error)
    for store in (*stores.values(), plain):
        store.close()


main()
