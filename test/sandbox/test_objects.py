"""Objects of the collected heap: what keeps them alive, in every mode, with a collection at each
allocation. A root that is missed faults at once, for the space left behind is closed."""

import ctypes

from kit import LIB, NULL_REFERENCE, assemble, capi
from testkit import Failure, expect, main, test

STRESS = ("stint", "D", "gc-stress", "y")
MODES = {
    "plain": [],
    "stress": [STRESS],
    "stress, unoptimized": [STRESS, ("stint", "O", "opt-level", "0")],
    "stress, without signals": [STRESS, ("stint", "O", "signals-based-traps", "n")],
    "stress, interpreter": [STRESS, ("stint", "C", "compiler", "interpreter")],
    "stress, gs": [STRESS, ("stint", "O", "gs", "y")],
    "stress, checked": [STRESS, ("stint", "C", "verify", "y"), ("stint", "C", "check-ra", "y")],
}


def in_all_modes(text, check, before=None):
    wasm = assemble(text)
    for name, options in MODES.items():
        store = capi.Store(capi.Engine(LIB, options))
        if before:
            before(store)
        instance = store.instantiate(store.module(wasm))
        try:
            check(store, lambda export, *args: store.call(instance.export(export).of.func,
                                                          [("i32", a) for a in args]))
        except Failure as wrong:
            raise Failure(f"{name}: {wrong}")
        store.close()


def same(found, *wanted):
    expect([number for _, number in found] == list(wanted), f"{found} and not {wanted}")


NODE = """(type $n (struct (field $v i32) (field $l (mut (ref null $n)))
                              (field $r (mut (ref null $n)))))
(func $new (param i32) (result (ref $n))
  (drop (struct.new_default $n))
  (struct.new $n (local.get 0) (ref.null $n) (ref.null $n)))
"""


@test
def values_across_calls():
    # More references than registers live across calls that allocate, in frames of a recursion.
    count = 24
    locals_ = " ".join(f"(local $x{i} (ref null $n))" for i in range(count))
    sets = "\n".join(f"(local.set $x{i} (call $new (i32.add (local.get 0) (i32.const {i}))))"
                     for i in range(count))
    sums = "\n".join(f"(local.set $s (i32.add (local.get $s) (struct.get $n $v (local.get $x{i}))))"
                     for i in range(count))
    text = f"""(module {NODE}
      (func $f (export "f") (param i32) (result i32) {locals_} (local $s i32)
        {sets}
        (if (local.get 0) (then
          (local.set $s (call $f (i32.sub (local.get 0) (i32.const 1))))))
        {sums} (local.get $s)))"""

    def check(store, call):
        depth = 6
        total = sum(k * count + count * (count - 1) // 2 for k in range(depth + 1))
        same(call("f", depth), total)
    in_all_modes(text, check)


@test
def a_tree():
    text = f"""(module {NODE}
      (func $build (export "build") (param i32) (result (ref null $n)) (local $t (ref null $n))
        (if (i32.eqz (local.get 0)) (then (return (ref.null $n))))
        (local.set $t (call $new (local.get 0)))
        (struct.set $n $l (local.get $t) (call $build (i32.sub (local.get 0) (i32.const 1))))
        (struct.set $n $r (local.get $t) (call $build (i32.sub (local.get 0) (i32.const 1))))
        (local.get $t))
      (func $sum (param (ref null $n)) (result i32)
        (if (result i32) (ref.is_null (local.get 0)) (then (i32.const 0)) (else
          (i32.add (struct.get $n $v (local.get 0)) (i32.add
            (call $sum (struct.get $n $l (local.get 0)))
            (call $sum (struct.get $n $r (local.get 0))))))))
      (func (export "sum") (param i32) (result i32) (call $sum (call $build (local.get 0)))))"""

    def check(store, call):
        same(call("sum", 7), 247)
    in_all_modes(text, check)


@test
def many_arguments():
    # Beyond the registers of the convention: on the stack, by calls and tail calls of every kind.
    refs = "(param (ref null $n))" * 14
    gets = " ".join(f"(local.get {i})" for i in range(14))
    sums = "(i32.const 0)" + "".join(f" (i32.add (struct.get $n $v (local.get {i})))"
                                     for i in range(14))
    makes = " ".join(f"(call $new (i32.const {1 << i}))" for i in range(14))
    text = f"""(module {NODE}
      (type $t (func {refs} (result i32)))
      (table 1 funcref) (elem (i32.const 0) $g)
      (func $g (type $t) (drop (call $new (i32.const 5))) {sums})
      (func $f (type $t) (drop (call $new (i32.const 6))) (return_call $g {gets}))
      (func $h (type $t) (drop (call $new (i32.const 6)))
        (return_call_indirect (type $t) {gets} (i32.const 0)))
      (func (export "f") (result i32) (call $f {makes}))
      (func (export "h") (result i32) (call $h {makes}))
      (func (export "i") (result i32) (call_indirect (type $t) {makes} (i32.const 0))))"""

    def check(store, call):
        for name in "fhi":
            same(call(name), (1 << 14) - 1)
    in_all_modes(text, check)


@test
def many_results():
    types = "(ref null $n)" * 9
    makes = " ".join(f"(call $new (i32.const {1 << i}))" for i in range(9))
    text = f"""(module {NODE}
      (func $v (param (ref null $n)) (result i32) (drop (call $new (i32.const 1)))
        (struct.get $n $v (local.get 0)))
      (func $m (result {types}) {makes})
      (func (export "f") (result i32) (local $s i32)
        (call $m) {"(local.set $s (i32.add (local.get $s) (call $v)))" * 0}
        {"(call $v) (local.get $s) (i32.add) (local.set $s)" * 9} (local.get $s)))"""

    def check(store, call):
        same(call("f"), (1 << 9) - 1)
    in_all_modes(text, check)


@test
def places_outside_frames():
    text = f"""(module {NODE}
      (global $one (ref $n) (struct.new $n (i32.const 1) (ref.null $n) (ref.null $n)))
      (global $c (ref $n) (struct.new $n (i32.const 2) (ref.null $n) (global.get $one)))
      (global $g (mut (ref null $n)) (global.get $one))
      (table $t 4 (ref null $n) (struct.new $n (i32.const 4) (ref.null $n) (ref.null $n)))
      (elem $e (ref null $n) (item (struct.new $n (i32.const 8) (ref.null $n) (ref.null $n))))
      (export "g" (global $g))
      (func (export "f") (result i32)
        (drop (call $new (i32.const 9)))
        (table.set $t (i32.const 1) (call $new (i32.const 16)))
        (drop (table.grow $t (call $new (i32.const 32)) (i32.const 5000)))
        (drop (call $new (i32.const 9)))
        (table.init $t $e (i32.const 2) (i32.const 0) (i32.const 1))
        (drop (call $new (i32.const 9)))
        (i32.add (struct.get $n $v (global.get $g)) (i32.add (struct.get $n $v (global.get $c))
        (i32.add (struct.get $n $v (table.get $t (i32.const 0)))
        (i32.add (struct.get $n $v (table.get $t (i32.const 1)))
        (i32.add (struct.get $n $v (table.get $t (i32.const 2)))
                 (struct.get $n $v (table.get $t (i32.const 5000)))))))))
      (func (export "same") (result i32)
        (ref.eq (global.get $g) (struct.get $n $r (global.get $c)))))"""

    def check(store, call):
        same(call("f"), 63)
        same(call("same"), 1)
    in_all_modes(text, check)


@test
def arrays():
    text = f"""(module {NODE}
      (type $a (array (mut (ref null $n)))) (type $b (array (mut i8)))
      (data $d "abcdefgh") (elem $e (ref null $n) (item (ref.null $n)))
      (func (export "f") (param i32) (result i32)
        (local $a (ref null $a)) (local $i i32) (local $s i32)
        (local.set $a (array.new $a (call $new (i32.const 3)) (local.get 0)))
        (loop $l
          (array.set $a (local.get $a) (local.get $i) (call $new (local.get $i)))
          (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 2))) (local.get 0))))
        (array.copy $a $a (local.get $a) (i32.const 1) (local.get $a) (i32.const 0) (i32.const 3))
        (drop (array.new_fixed $a 3 (call $new (i32.const 1)) (ref.null $n)
                                    (call $new (i32.const 2))))
        (local.set $i (i32.const 0))
        (loop $l
          (local.set $s (i32.add (local.get $s)
            (struct.get $n $v (array.get $a (local.get $a) (local.get $i)))))
          (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 0))))
        (local.get $s))
      (func (export "d") (result i32) (local $b (ref $b))
        (local.set $b (array.new_data $b $d (i32.const 2) (i32.const 4)))
        (drop (call $new (i32.const 1)))
        (i32.add (array.get_u $b (local.get $b) (i32.const 3))
                 (i32.shl (array.len (local.get $b)) (i32.const 8))))
      (func (export "big") (result i32)
        (array.len (array.new_default $b (i32.const 3000000)))))"""

    def check(store, call):
        # [0 0 3 2 4 3 6 3 8 3] behind the copy: 0 0 3 2
        same(call("f", 10), 0 + 0 + 3 + 2 + 4 + 3 + 6 + 3 + 8 + 3)
        same(call("d"), ord("f") + (4 << 8))
        same(call("big"), 3000000)
    in_all_modes(text, check)


@test
def tests_across_calls():
    # What stands in for null and i31 in tests may itself be alive across a collection.
    text = f"""(module {NODE} (type $m (sub (struct (field i32) (field i32)))) (type $f (func))
      (func (export "f") (param i32) (result i32) (local $x anyref) (local $s i32)
        (if (i32.eq (local.get 0) (i32.const 1)) (then (local.set $x (call $new (i32.const 4)))))
        (if (i32.eq (local.get 0) (i32.const 2)) (then (local.set $x (ref.i31 (i32.const 4)))))
        (if (i32.eq (local.get 0) (i32.const 3))
          (then (local.set $x (struct.new $m (i32.const 4) (i32.const 5)))))
        (local.set $s (ref.test (ref $n) (local.get $x)))
        (drop (call $new (i32.const 4)))
        (local.set $s (i32.add (local.get $s) (i32.add
          (i32.mul (i32.const 10) (ref.test (ref null $n) (local.get $x)))
          (i32.mul (i32.const 100) (ref.test (ref struct) (local.get $x))))))
        (drop (call $new (i32.const 4)))
        (i32.add (local.get $s) (i32.add
          (i32.mul (i32.const 1000) (ref.test (ref $m) (local.get $x)))
          (i32.mul (i32.const 10000) (ref.test (ref eq) (local.get $x)))))))"""

    def check(store, call):
        for number, wanted in enumerate((10, 10111, 10000, 11100)):
            same(call("f", number), wanted)
    in_all_modes(text, check)


@test
def without_a_heap():
    # A module that can never have an object still checks and tests null.
    wasm = assemble("""(module
      (func (export "len") (result i32) (local $x (ref null array)) (array.len (local.get $x)))
      (func (export "test") (result i32) (local $x anyref)
        (i32.add (ref.test (ref struct) (local.get $x))
                 (ref.test (ref eq) (ref.i31 (i32.const 3)))))
      (func (export "null") (result i32) (ref.test (ref array) (ref.null any))))""")
    for options in list(MODES.values()) + [[("stint", "O", "opt-level", "0")]]:
        store = capi.Store(capi.Engine(LIB, options))
        instance = store.instantiate(store.module(wasm))
        try:
            store.call(instance.export("len").of.func, [])
        except capi.Trap as trap:
            expect(trap.code == NULL_REFERENCE, trap)
        else:
            raise Failure("no trap")
        same(store.call(instance.export("test").of.func, []), 1)
        same(store.call(instance.export("null").of.func, []), 0)
        store.close()


@test
def host_functions():
    # The host holds an argument while a guest it calls collects, and gives it back.
    text = f"""(module
      (import "h" "swap" (func $swap (param externref externref) (result externref externref)))
      (import "h" "many" (func $many {"(param externref)" * 12} (result i32)))
      {NODE}
      (func (export "collect") (drop (call $new (i32.const 1))))
      (func $pass (param externref) (result i32)
        (return_call $many {"(local.get 0)" * 12}))
      (func (export "tail") (result i32) (local $x (ref null $n))
        (local.set $x (call $new (i32.const 7)))
        (i32.add (call $pass (extern.convert_any (local.get $x)))
                 (struct.get $n $v (local.get $x))))
      (func (export "f") (result i32) (local $x (ref null $n)) (local $e externref)
        (local.set $x (call $new (i32.const 7)))
        (call $swap (extern.convert_any (call $new (i32.const 2000)))
                    (extern.convert_any (call $new (i32.const 30))))
        (local.set $e)
        (call $value)
        (i32.sub (call $value (local.get $e)))
        (i32.add (struct.get $n $v (local.get $x))))
      (func $value (param externref) (result i32)
        (struct.get $n $v (ref.cast (ref $n) (any.convert_extern (local.get 0))))))"""

    def before(store):
        def collect():
            store.call(store.test_instance.export("collect").of.func, [])
        lib = store.lib
        ext = ["externref", "externref"]

        def swap(_env, _caller, args, _n, out, _m):
            collect()
            for i in (0, 1):
                lib.wasmtime_val_clone(ctypes.byref(args[i]), ctypes.byref(out[1 - i]))
            collect()
            return 0

        def many(_env, _caller, args, n, out, _m):
            collect()
            out[0].kind, out[0].of.i64 = capi.KIND["i32"], n
            return 0
        for name, function, params, results in (("swap", swap, ext, ext),
                                                ("many", many, ["externref"] * 12, ["i32"])):
            pointer = capi.CALLBACK(function)
            lib.keep.append(pointer)
            lib.check(lib.wasmtime_linker_define_func(
                store.linker, b"h", ctypes.c_size_t(1), name.encode(), ctypes.c_size_t(4),
                store.functype(params, results), pointer, None, None))
        instantiate = store.instantiate

        def keep(module):
            store.test_instance = instantiate(module)
            return store.test_instance
        store.instantiate = keep

    def check(store, call):
        same(call("f"), (30 - 2000 + 7) & 0xffffffff)
        same(call("tail"), 19)
    in_all_modes(text, check, before)


@test
def finalizers():
    text = """(module (type $n (struct))
      (func (export "keep") (param externref) (result externref)
        (drop (struct.new $n)) (local.get 0))
      (func (export "collect") (drop (struct.new $n))))"""
    wasm = assemble(text)
    ended = []
    finalizer = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(ended.append)
    lib = LIB
    store = capi.Store(capi.Engine(lib, [STRESS]))
    instance = store.instantiate(store.module(wasm))
    val = capi.Val(kind=capi.KIND["externref"])
    lib.wasmtime_externref_new(store.context, ctypes.c_void_p(77), finalizer,
                               ctypes.byref(val.of.ref))
    result, trap = capi.Val(), ctypes.c_void_p()
    lib.check(lib.wasmtime_func_call(
        store.context, ctypes.byref(instance.export("keep").of.func), ctypes.byref(val),
        ctypes.c_size_t(1), ctypes.byref(result), ctypes.c_size_t(1), ctypes.byref(trap)))
    expect(lib.wasmtime_externref_data(store.context, ctypes.byref(result.of.ref)) == 77, "data")
    collect = instance.export("collect").of.func
    lib.wasmtime_val_unroot(ctypes.byref(val))
    store.call(collect, [])
    expect(not ended, "ended while a root is left")
    lib.wasmtime_val_unroot(ctypes.byref(result))
    store.call(collect, [])
    expect(ended == [77], ended)
    lib.wasmtime_externref_new(store.context, ctypes.c_void_p(78), finalizer,
                               ctypes.byref(val.of.ref))
    store.close()
    expect(ended == [77, 78], ended)
    lib.wasmtime_val_unroot(ctypes.byref(val))  # also when the store is gone


@test
def a_full_heap_traps():
    text = f"""(module {NODE} (type $b (array i64))
      (func (export "fill") (local $l (ref null $n))
        (loop $a
          (local.set $l (struct.new $n (i32.const 1) (local.get $l) (ref.null $n)))
          (br $a)))
      (func (export "huge") (result i32) (array.len (array.new_default $b (i32.const -1))))
      (func (export "ok") (result i32) (struct.get $n $v (call $new (i32.const 4)))))"""
    wasm = assemble(text)
    for options in ([], [("stint", "O", "signals-based-traps", "n")]):
        options = options + [("stint", "W", "max-gc-heap-size", "1000000")]
        store = capi.Store(capi.Engine(LIB, options))
        instance = store.instantiate(store.module(wasm))
        full = "GC heap out of memory"
        for name, words in (("fill", full), ("huge", "allocation size too large"), ("fill", full)):
            try:
                store.call(instance.export(name).of.func, [])
            except (capi.Trap, capi.Error) as trap:
                expect(words in str(trap), trap)
            else:
                raise Failure("no trap")
            same(store.call(instance.export("ok").of.func, []), 4)


main()
