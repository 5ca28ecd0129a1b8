"""Settings of engines, and limits of stores."""

import threading
import time

import wasmtime as w
from cases import (Guest, case, cases, configured, first_line, host, kind_of_failure, trap_of,
                   tried)

# A setting, what a module needs it for, and other settings that stand in the way.
FEATURES = {
    "wasm_threads": ("(module (memory 1 1 shared) (func (drop (i32.atomic.load "
                     "(i32.const 0)))))", {}),
    "wasm_tail_call": ("(module (func $f return_call $f))", {}),
    "wasm_simd": ("(module (func (drop (v128.const i64x2 0 0))))", {"wasm_relaxed_simd": False}),
    "wasm_relaxed_simd": ("(module (func (param v128) (drop (i32x4.relaxed_trunc_f32x4_s "
                          "(local.get 0)))))", {}),
    "wasm_multi_value": ("(module (func (result i32 i32) i32.const 1 i32.const 2))", {}),
    "wasm_multi_memory": ("(module (memory 1) (memory 1))", {}),
    "wasm_memory64": ("(module (memory i64 1))", {}),
    "wasm_bulk_memory": ("(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) "
                         "(i32.const 0))))", {}),
    "wasm_function_references": ("(module (type $t (func)) (func (param (ref $t)) "
                                 "(call_ref $t (local.get 0))))",
                                 {"wasm_gc": False, "wasm_exceptions": False}),
    "wasm_gc": ("(module (type (struct (field i32))))", {"wasm_exceptions": False}),
    "wasm_exceptions": ("(module (tag) (func throw 0))", {}),
    "wasm_wide_arithmetic": ("(module (func (param i64 i64 i64 i64) (result i64 i64) local.get 0 "
                             "local.get 1 local.get 2 local.get 3 i64.add128))", {}),
    "wasm_custom_page_sizes": ("(module (memory 1 (pagesize 1)))", {}),
}


def is_accepted(wat, **options):
    engine = w.Engine(configured(**options))
    return kind_of_failure(w.Module.validate, engine, w.wat2wasm(wat))


@cases(**{name: name for name in FEATURES})
def feature_on_and_off(name):
    wat, others = FEATURES[name]
    return is_accepted(wat, **{name: True}), is_accepted(wat, **{**others, name: False})


@cases(**{name: name for name in FEATURES})
def feature_at_first(name):
    return kind_of_failure(w.Module.validate, w.Engine(), w.wat2wasm(FEATURES[name][0]))


SETTINGS = {
    "debug_info": True, "parallel_compilation": False, "cranelift_debug_verifier": True,
    "cranelift_nan_canonicalization": True, "wasm_relaxed_simd_deterministic": True,
    "memory_may_move": False, "memory_reservation": 1 << 20, "memory_guard_size": 1 << 16,
    "memory_reservation_for_growth": 1 << 20, "strategy": "auto", "cranelift_opt_level": "none",
    "max_wasm_stack": 1 << 18, "gc_support": True, "wasm_component_model": False,
    "shared_memory": True, "wasm_reference_types": True, "profiler": "none",
}


@cases(**{name: (name, value) for name, value in SETTINGS.items()})
def setting_changes_no_result(name, value):
    guest = Guest("""(module (memory (export "m") 1 4)
        (func (export "f") (param i32) (result i32)
            (i32.store (i32.const 8) (local.get 0))
            (drop (memory.grow (i32.const 2)))
            (i32.add (i32.load (i32.const 8)) (memory.size))))""", **{name: value})
    return guest.call("f", 39), guest["m"].size(guest.store)


@cases(**{name: name for name in ("none", "speed", "speed_and_size", "most", 1)
          if isinstance(name, str)})
def optimization_level(level):
    return Guest("""(module (func (export "f") (result i32) i32.const 5))""",
                 cranelift_opt_level=level).call("f")


@cases(auto="auto", cranelift="cranelift", other="winch")
def strategy(name):
    return Guest('(module (func (export "f")))', strategy=name).call("f")


@case
def profiler_that_is_none_of_them():
    return configured(profiler="gprof")


@cases(**{name: name for name in ("debug_info", "wasm_threads", "consume_fuel", "max_wasm_stack",
                                  "memory_reservation", "cache")})
def setting_wants_its_type(name):
    return tried(setattr, w.Config(), name, 1.5)


@case
def settings_cannot_be_read():
    return tried(lambda: w.Config().debug_info)


@case
def cache_cannot_be_turned_off():
    return configured(cache=False)


@case
def cache_file_must_exist():
    return kind_of_failure(lambda: configured(cache="/nowhere/at/all.toml"))


@case
def config_serves_one_engine():
    config = w.Config()
    w.Engine(config)
    return tried(w.Engine, config)


@case
def engine_wants_a_config():
    return w.Engine(1)


@case
def engine_has_no_interpreter_of_its_own():
    return w.Engine().is_pulley()


@case
def store_wants_an_engine():
    return w.Store("engine")


@case
def store_keeps_data():
    return w.Store(w.Engine(), {"a": 1}).data(), w.Store().data(), w.Store(data=[]).data()


@case
def store_data_is_released():
    class Data:
        gone = False

        def __del__(self):
            Data.gone = True
    store = w.Store(w.Engine(), Data())
    before = Data.gone
    store.close()
    return before, Data.gone


# ---- fuel ----------------------------------------------------------------------------------------

def fuelled(wat, fuel, *imports):
    guest = Guest.__new__(Guest)
    guest.engine = w.Engine(configured(consume_fuel=True))
    guest.store = w.Store(guest.engine)
    guest.store.set_fuel(fuel)
    guest.module = w.Module(guest.engine, wat)
    guest.instance = w.Instance(guest.store, guest.module, [make(guest.store) for make in imports])
    guest.exports = guest.instance.exports(guest.store)
    return guest


@case
def fuel_needs_a_setting():
    store = w.Store()
    return tried(store.set_fuel, 1), tried(store.get_fuel)


@case
def fuel_starts_with_none():
    store = w.Store(w.Engine(configured(consume_fuel=True)))
    return store.get_fuel(), tried(store.set_fuel, 7), store.get_fuel()


BODIES = {
    "nothing": "", "nop": "nop nop", "constant": "i32.const 1 drop", "block": "block nop end",
    "arithmetic": "(drop (i32.add (i32.const 1) (i32.mul (local.get 0) (i32.const 3))))",
    "if_taken": "(if (i32.const 1) (then nop) (else i32.const 1 drop))",
    "if_not_taken": "(if (i32.const 0) (then nop) (else i32.const 1 drop))",
    "returns": "i32.const 1 drop return", "branch": "(block (br 0))",
    "loop": "(loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))",
    "table": "(block (block (br_table 0 1 (local.get 0))))",
    "call": "call $callee call $callee", "host": "call $host",
    "indirect": "(call_indirect (i32.const 0))", "tail": "return_call $callee",
    "memory": "(i32.store (i32.const 0) (i32.load (i32.const 4)))",
    "grow": "(drop (memory.grow (i32.const 1)))", "size": "(drop (memory.size))",
    "fill": "(memory.fill (i32.const 0) (i32.const 7) (i32.const 1000))",
    "copy": "(memory.copy (i32.const 0) (i32.const 8) (i32.const 1000))",
    "global": "(global.set 0 (global.get 0))", "select": "(drop (select (i32.const 1) "
    "(i32.const 2) (i32.const 0)))", "vector": "(drop (i32x4.add (v128.const i64x2 0 0) "
    "(v128.const i64x2 0 0)))", "null": "(drop (ref.is_null (ref.null func)))",
    "table_grow": "(drop (table.grow (ref.null func) (i32.const 3)))",
    "struct": "(drop (struct.get $s 0 (struct.new_default $s)))",
    "array": "(drop (array.new_default $a (i32.const 10)))",
    "caught": "(block (try_table (catch_all 0) (throw $e)))",
}


@cases(**BODIES)
def fuel_used(body):
    guest = fuelled(f"""(module (import "" "" (func $host)) (type $s (struct (field i32)))
        (type $a (array i64)) (tag $e)
        (memory 1) (table 1 100 funcref) (elem (i32.const 0) $callee)
        (global (mut i32) (i32.const 0)) (func $callee nop i32.const 1 drop)
        (func (export "f") (param i32) {body}))""", 10000, host("->", lambda: None))
    before = guest.store.get_fuel()
    guest.call("f", 5)
    return before, before - guest.store.get_fuel()


@case
def fuel_runs_out():
    guest = fuelled('(module (func (export "f") (loop (br 0))))', 1000)
    return trap_of(guest.call, "f")[0], guest.store.get_fuel()


@cases(none=0, one=1, few=3, enough=6, more=7)
def fuel_of_a_call(fuel):
    guest = fuelled("""(module (func $g i32.const 1 drop)
        (func (export "f") call $g call $g))""", 100)
    guest.store.set_fuel(fuel)
    return trap_of(guest.call, "f")[0], guest.store.get_fuel()


@case
def fuel_runs_out_at_the_start():
    return trap_of(fuelled, '(module (func $f call $f) (start $f))', 50)[0]


@case
def fuel_can_be_read_and_set_by_a_host_function():
    seen = []

    def refill(caller):
        seen.append(guest.store.get_fuel())
        guest.store.set_fuel(500)
    guest = fuelled('(module (import "" "" (func)) (func (export "f") i32.const 1 drop call 0))',
                    100, host("->", refill, access_caller=True))
    guest.call("f")
    return seen, guest.store.get_fuel()


# ---- epochs --------------------------------------------------------------------------------------

SPIN = '(module (func (export "spin") (loop (br 0))) (func (export "f") (result i32) i32.const 7))'


@case
def epoch_reached_stops_a_call():
    guest = Guest('(module (func (export "f")))', epoch_interruption=True)
    guest.store.set_epoch_deadline(1)
    before = tried(guest.call, "f")
    guest.engine.increment_epoch()
    return before, trap_of(guest.call, "f")[0]


@case
def epoch_can_be_moved_on():
    guest = Guest(SPIN, epoch_interruption=True)
    guest.store.set_epoch_deadline(1)
    guest.engine.increment_epoch()
    first = trap_of(guest.call, "f")[0]
    guest.store.set_epoch_deadline(1)
    return first, guest.call("f")


@case
def epoch_of_another_thread_stops_a_loop():
    guest = Guest(SPIN, epoch_interruption=True)
    guest.store.set_epoch_deadline(1)

    def later():
        time.sleep(0.05)
        guest.engine.increment_epoch()
    thread = threading.Thread(target=later)
    thread.start()
    found = trap_of(guest.call, "spin")
    thread.join()
    return found[0], [frame.func_index for frame in found[1]]


@case
def epoch_incremented_by_a_host_function():
    guest = Guest('(module (import "" "" (func)) (func (export "f") (loop (call 0) (br 0))))',
                  host("->", lambda: guest.engine.increment_epoch()), epoch_interruption=True)
    guest.store.set_epoch_deadline(3)
    return trap_of(guest.call, "f")[0]


# ---- limits --------------------------------------------------------------------------------------

def limited(wat, **limits):
    engine = w.Engine()
    store = w.Store(engine)
    store.set_limits(**limits)
    return store, tried(w.Instance, store, w.Module(engine, wat), [])


@cases(below=65535, exact=65536, none=0, unlimited=-1)
def memory_limit(size):
    return limited("(module (memory 1))", memory_size=size)[1]


@cases(below=131071, exact=131072)
def memory_limit_and_growth(size):
    store, instance = limited("""(module (memory (export "m") 1)
        (func (export "grow") (result i32) (memory.grow (i32.const 1))))""", memory_size=size)
    exports = instance.exports(store)
    return (exports["grow"](store), exports["m"].size(store),
            first_line(exports["m"].grow, store, 1))


@cases(below=9, exact=10)
def table_limit(elements):
    return limited("(module (table 10 funcref))", table_elements=elements)[1]


@cases(below=11, exact=12)
def table_limit_and_growth(elements):
    store, instance = limited("""(module (table (export "t") 10 funcref)
        (func (export "grow") (result i32) (table.grow (ref.null func) (i32.const 2))))""",
                              table_elements=elements)
    exports = instance.exports(store)
    return (exports["grow"](store), exports["t"].size(store),
            first_line(exports["t"].grow, store, 1, None))


@cases(instances=dict(instances=1), memories=dict(memories=1), tables=dict(tables=1))
def limit_of_number(limits):
    store, first = limited("(module (memory 1) (table 1 funcref))", **limits)
    module = w.Module(store.engine, "(module (memory 1) (table 1 funcref))")
    return first, first_line(w.Instance, store, module, [])


@case
def limit_of_items_made_by_the_host():
    store = w.Store()
    store.set_limits(memory_size=65536, table_elements=2)
    table = w.TableType(w.ValType.funcref(), w.Limits(3, None))
    memories = [w.MemoryType(w.Limits(pages, None)) for pages in (1, 2)]
    return ([first_line(w.Memory, store, memory) for memory in memories],
            first_line(w.Table, store, table, None))


@case
def small_stack_overflows_sooner():
    def depth(size):
        guest = Guest("""(module (global (export "n") (mut i32) (i32.const 0))
            (func $f (export "f") (global.set 0 (i32.add (global.get 0) (i32.const 1)))
                (call $f)))""", max_wasm_stack=size)
        code = trap_of(guest.call, "f")[0]
        return code, guest["n"].value(guest.store)
    small, large = depth(1 << 16), depth(1 << 20)
    return small[0], large[0], 8 * small[1] < large[1] < 32 * small[1]
