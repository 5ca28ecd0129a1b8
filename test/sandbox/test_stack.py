"""Stack exhaustion in every kind of frame, and the state of a store after traps.

An overflow is a trap wherever it happens: in a frame too large to begin, between instances, in host
functions that call back. Afterwards everything is as it was before the call: the stack may be used
whole again, and backtraces show only frames that are there.
"""

import sys
import threading

from kit import (LIB, MODES, OUT_OF_BOUNDS, STACK_OVERFLOW, UNREACHABLE, Guest, assemble, capi,
                 new_store, outcome)
from testkit import expect, main, test

VALUES = 4000  # values at once: 32 KiB of frame


def wide_body(between):
    """Reads many words, then adds them up from the last one: all are held at once."""
    loads = "".join(f"(local.set {k + 1} (i64.load offset={8 * k} (local.get 0)))"
                    for k in range(VALUES))
    return (f"(local {'i64 ' * VALUES}) {loads} {between} (i64.const 0) "
            + "".join(f"(i64.xor (local.get {k + 1})) (i64.const 3) (i64.mul)"
                      for k in reversed(range(VALUES))))


FRAMES = f"""(module (memory 1) (table 1 funcref) (elem (i32.const 0) $indirect)
  (type $i (func (param i32) (result i32)))
  (func $small (export "small") (param i32) (result i32)
    (i32.add (call $small (local.get 0)) (i32.const 1)))
  (func $even (export "mutual") (param i32) (result i32)
    (i32.add (call $odd (local.get 0)) (i32.const 1)))
  (func $odd (param i32) (result i32) (i32.sub (call $even (local.get 0)) (i32.const 1)))
  (func $indirect (export "indirect") (param i32) (result i32)
    (i32.add (call_indirect (type $i) (local.get 0) (i32.const 0)) (i32.const 1)))
  (func $args (export "args") (param {"i64 " * 40}) (result i64)
    (i64.add (call $args {" ".join(f"(local.get {39 - k})" for k in range(40))}) (i64.const 1)))
  (func $results (export "results") (param i32) (result {"i64 " * 20})
    (call $results (local.get 0)) (drop) (i64.const 1))
  (func $nothing)
  (func (export "wide leaf") (param i32) (result i64) {wide_body("")})
  (func (export "wide") (param i32) (result i64) {wide_body("(call $nothing)")})
  (func (export "count") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
      (else (return_call $other (i32.sub (local.get 0) (i32.const 1))))))
  (func $other (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1))
      (else (return_call $many (local.get 0) {"(i64.const 7) " * 30}))))
  (func $many (param i32 {"i64 " * 30}) (result i32)
    (return_call $other (i32.sub (local.get 0) (i32.const 1)))))"""


def max_stack(size):
    return [("max_wasm_stack_set", capi.c_size_t(size))]


@test
def every_kind_of_frame():
    wasm = assemble(FRAMES)
    for options in MODES.values():
        guest = Guest(wasm, options)
        for _ in range(2):
            for name in ("small", "mutual", "indirect", "results"):
                guest.expect(STACK_OVERFLOW, name, 0)
            guest.expect(STACK_OVERFLOW, "args", *[("i64", k) for k in range(40)])
        guest.expect([0], "wide", 8)
        guest.expect([0], "wide leaf", 8)
        guest.expect([1], "count", 100001)  # tail calls take no stack, whatever their arguments
        guest.close()


@test
def frames_that_do_not_fit():
    """There is room for a call, but not for its frame: the frame is asked about, not its top."""
    wasm = assemble(FRAMES)
    for mode in ("default", "unoptimized", "no signals"):
        for size, wanted in ((16 << 10, STACK_OVERFLOW), (256 << 10, [0])):
            guest = Guest(wasm, MODES[mode] + max_stack(size))
            guest.expect(wanted, "wide leaf", 0)
            guest.expect(wanted, "wide", 0)
            guest.close()


@test
def the_limit_is_kept():
    """Twice the stack, twice the depth: the limit is where it was set, and not the system's."""
    wasm = assemble("""(module (global $depth (export "depth") (mut i32) (i32.const 0))
      (func $down (export "down") (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
        (call $down) (global.set $depth (i32.const 0))))""")
    depths = []
    for size in (64 << 10, 128 << 10, 256 << 10):
        guest = Guest(wasm, max_stack(size) + [("stint", "O", "inline", "n")])  # a frame a call
        guest.expect(STACK_OVERFLOW, "down")
        depths.append(guest.store.global_get(guest.instance.export("depth"))[1])
        guest.close()
    expect(depths[0] <= (64 << 10) // 8, depths)
    for less, more in zip(depths, depths[1:]):
        expect(abs(more - 2 * less) <= 16, depths)


TWO = """(module (import "other" "down" (func $down (param i32 i64 i64 i64 i64 i64 i64 i64 i64)))
  (func (export "up") (param i32 i64 i64 i64 i64 i64 i64 i64 i64)
    (call $down (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)
      (local.get 5) (local.get 6) (local.get 7) (local.get 8)))
  (func (export "start") (call $down (i32.const 0) (i64.const 1) (i64.const 1) (i64.const 1)
    (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1))))"""
ONE = """(module (table (export "table") 1 funcref)
  (type $t (func (param i32 i64 i64 i64 i64 i64 i64 i64 i64)))
  (func (export "down") (type $t)
    (call_indirect (type $t) (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)
      (local.get 5) (local.get 6) (local.get 7) (local.get 8) (i32.const 0))))"""


@test
def between_instances():
    one, two = assemble(ONE), assemble(TWO)
    for options in MODES.values():
        store = new_store(options)
        first = Guest(one, store=store)
        store.register("other", first.instance)
        second = Guest(two, store=store)
        item = second.instance.export("up")
        val = capi.Val(kind=capi.FUNCREF)
        val.of.func = item.of.func
        store.lib.check(LIB.wasmtime_table_set(
            store.context, capi.byref(first.instance.export("table").of.handle),
            capi.c_uint64(0), capi.byref(val)))
        for _ in range(3):
            second.expect(STACK_OVERFLOW, "start")
        store.close()


CALLBACK = """(module (import "host" "again" (func $again (param i32)))
  (memory (export "memory") 1)
  (func (export "down") (param i32) (call $again (local.get 0)))
  (func (export "trap") (unreachable))
  (func (export "outer") (call $middle)) (func $middle (call $again (i32.const 0)) (call $last))
  (func $last (drop (i32.load (i32.const 65533)))))"""


def through_the_host(options):
    """Guests and host functions call each other until the stack ends; each level sees the trap."""
    store, seen = new_store(options), []

    def again(args):
        code = outcome(store, guest.func("down"), [("i32", args[0][1] + 1)])
        seen.append(code)
        raise RuntimeError("the level below has ended")

    store.define_func("host", "again", ["i32"], [], again)
    guest = Guest(assemble(CALLBACK), store=store)
    for _ in range(2):
        seen.clear()
        guest.expect("error", "down", 0)
        expect(len(seen) > 3 and seen[0] == STACK_OVERFLOW, f"{len(seen)} levels: {seen[:3]}")
        expect(set(seen[1:]) == {"error"}, seen[:9])
        guest.expect(UNREACHABLE, "trap")
    guest.close()


@test
def recursion_through_the_host():
    sys.setrecursionlimit(100000)
    for options in MODES.values():
        through_the_host(options)


def on_thread(stack_bytes, work):
    failures = []

    def run():
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    before = threading.stack_size(stack_bytes)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    if failures:
        raise failures[0]


@test
def threads_with_small_stacks():
    """The thread's stack ends before what guests may use: deep calls, large frames, callbacks."""
    wasm = assemble(FRAMES)

    def work():
        for mode in ("default", "no signals"):
            guest = Guest(wasm, MODES[mode] + max_stack(64 << 20))
            for _ in range(2):
                for name in ("small", "indirect", "results"):
                    guest.expect(STACK_OVERFLOW, name, 0)
                guest.expect(STACK_OVERFLOW, "args", *[("i64", k) for k in range(40)])
            guest.close()
            through_the_host(MODES[mode])

    on_thread(384 << 10, work)
    for size in (128 << 10, 192 << 10, 256 << 10):
        guest = Guest(wasm)
        on_thread(size, lambda: expect(guest.run("wide leaf", 0) in ([0], STACK_OVERFLOW), size))
        guest.close()


@test
def backtraces_after_nested_traps():
    """A trap that the host swallows leaves no frames behind, and none of the outer ones is lost."""
    for mode, options in MODES.items():
        store = new_store(options)
        inner = []

        def again(_args):
            try:
                store.call(guest.func("trap"), [])
            except capi.Trap as trap:
                inner.append(trap.functions)
            return []

        store.define_func("host", "again", ["i32"], [], again)
        guest = Guest(assemble(CALLBACK), store=store)
        for _ in range(3):
            try:
                store.call(guest.func("outer"), [])
                raise AssertionError("no trap")
            except capi.Trap as trap:
                expect(trap.code == OUT_OF_BOUNDS, f"{mode}: {trap.code}")
                expect(trap.functions == [5, 4, 3], f"{mode}: frames of {trap.functions}")
        # The inner trap shows what is beneath it too: one stay in the guest lies on the other.
        expect(inner == [[2, 4, 3]] * 3, f"{mode}: {inner}")
        guest.close()


main()
