"""Memories, tables, globals, tags and the values that are references."""

import ctypes
import gc

import wasmtime as w
from cases import (Guest, TYPES, case, cases, configured, first_line, func_type, kind_of_failure,
                   show, trap_of, tried)


def memory(least=1, most=None, **more):
    store = w.Store(w.Engine(configured(wasm_custom_page_sizes=True)))
    return store, w.Memory(store, w.MemoryType(w.Limits(least, most), **more))


# ---- memories ------------------------------------------------------------------------------------

@cases(empty=(0, None), one=(1, 2), none_more=(2, 2))
def memory_of_the_host(least, most):
    store, it = memory(least, most)
    return it.type(store), it.size(store), it.data_len(store), it.page_size(store)


@case
def memory_starts_with_zeros():
    store, it = memory(2)
    return it.read(store).count(0) == 131072


@cases(nothing=(0, 0), one=(0, 1), middle=(10, 14), end=(65532, None), beyond=(65530, 70000),
       outside=(70000, 70010), negative=(-4, None), backwards=(20, 10), both=(-10, -4),
       all=(None, None))
def memory_read(start, stop):
    store, it = memory()
    it.write(store, bytes(range(32)), 8)
    it.write(store, b"tail", 65532)
    found = it.read(store, start, stop)
    return len(found), found[:20]


@cases(start=(b"abc", 0), none=(b"abc", None), end=(b"abcd", 65532), over=(b"abcde", 65532),
       outside=(b"a", 65536), empty=(b"", 5), empty_outside=(b"", 65536), negative=(b"xyz", -3),
       negative_over=(b"wxyz", -3), array=(bytearray(b"ar"), 3))
def memory_write(data, start):
    store, it = memory()
    return tried(it.write, store, data, start), it.read(store, 0, 8), it.read(store, -6)


@cases(none=(0, 1, 3), one=(1, 1, 3), all=(2, 1, 3), over=(3, 1, 3), open=(5, 1, None),
       huge=(1 << 33, 1, None), negative=(-1, 1, None), empty=(1, 0, 1))
def memory_growth(delta, least, most):
    store, it = memory(least, most)
    found = tried(it.grow, store, delta)
    return found, it.size(store), it.data_len(store)


@case
def memory_grows_by_bytes():
    store, it = memory(10, 20, page_size_log2=0)
    return (it.data_len(store), it.grow(store, 7), it.data_len(store),
            first_line(it.grow, store, 4), it.page_size(store), it.page_size_log2(store),
            it.type(store))


@case
def memory_of_64_bits():
    store, it = memory(1, 5, is_64=True)
    return it.type(store), it.grow(store, 2), it.size(store), first_line(it.grow, store, 10)


@case
def memory_pointers_see_the_guest():
    guest = Guest("""(module (memory (export "m") 1) (func (export "f") (param i32) (result i32)
        (i32.store8 (i32.const 3) (local.get 0)) (i32.load8_u (i32.const 7))))""")
    data = guest["m"].data_ptr(guest.store)
    data[7] = 200
    found = guest.call("f", 55)
    buffer = guest["m"].get_buffer_ptr(guest.store, 4, 0)
    return found, data[3], list(buffer), ctypes.sizeof(guest["m"].get_buffer_ptr(guest.store))


@case
def memory_grown_by_the_guest():
    guest = Guest("""(module (memory (export "m") 1 3) (func (export "f") (param i32) (result i32)
        (memory.grow (local.get 0))))""")
    return [(guest.call("f", n), guest["m"].size(guest.store)) for n in (0, 1, 5, 1, 1, -1)]


@case
def memory_is_imported():
    store = w.Store()
    it = w.Memory(store, w.MemoryType(w.Limits(1, 4)))
    it.write(store, b"\7", 100)
    module = w.Module(store.engine, """(module (import "" "" (memory 1)) (func (export "f")
        (result i32) (drop (memory.grow (i32.const 1))) (i32.load8_u (i32.const 100))))""")
    found = w.Instance(store, module, [it]).exports(store)["f"](store)
    return found, it.size(store)


@cases(small=(1, 2, "(memory 2)"), open=(1, None, "(memory 1 2)"), wide=(1, 3, "(memory 1 2)"),
       fits=(2, 2, "(memory 1 2)"), index=(1, 2, "(memory i64 1 2)"),
       shared=(1, 2, "(memory 1 2 shared)"))
def memory_does_not_fit_an_import(least, most, wanted):
    store = w.Store()
    it = w.Memory(store, w.MemoryType(w.Limits(least, most)))
    module = w.Module(store.engine, f'(module (import "a" "b" {wanted}))')
    return tried(w.Instance, store, module, [it])


# ---- shared memories -----------------------------------------------------------------------------

def shared(least=1, most=3):
    engine = w.Engine(configured(shared_memory=True))
    return engine, w.SharedMemory(engine, w.MemoryType(w.Limits(least, most), shared=True))


@case
def shared_memory():
    engine, it = shared()
    return it.type(), it.data_len(), it.grow(1), it.data_len(), first_line(it.grow, 5)


@case
def shared_memory_negative_growth():
    return tried(shared()[1].grow, -1)


@case
def shared_memory_needs_a_shared_type():
    engine = w.Engine(configured(shared_memory=True))
    return kind_of_failure(w.SharedMemory, engine, w.MemoryType(w.Limits(1, 2)))


@case
def shared_memory_is_off_at_first():
    return kind_of_failure(w.SharedMemory, w.Engine(), w.MemoryType(w.Limits(1, 2), shared=True))


@case
def shared_type_makes_no_memory_of_a_store():
    store = w.Store(w.Engine(configured(shared_memory=True)))
    return kind_of_failure(w.Memory, store, w.MemoryType(w.Limits(1, 2), shared=True))


@case
def shared_memory_in_two_stores():
    engine, it = shared()
    module = w.Module(engine, """(module (import "" "" (memory 1 3 shared))
        (func (export "add") (result i32) (i32.atomic.rmw.add (i32.const 16) (i32.const 5)))
        (func (export "size") (result i32) memory.size))""")
    stores = [w.Store(engine), w.Store(engine)]
    exports = [w.Instance(store, module, [it]).exports(store) for store in stores]
    found = [exports[i]["add"](stores[i]) for i in (0, 1, 0)]
    it.grow(1)
    return found, it.data_ptr()[16], [exports[i]["size"](stores[i]) for i in (0, 1)]


@case
def shared_memory_does_not_fit():
    engine, it = shared()
    store = w.Store(engine)
    return [tried(w.Instance, store, w.Module(engine, f'(module (import "a" "b" {wanted}))'), [it])
            for wanted in ("(memory 1)", "(memory 1 2 shared)", "(memory 2 3 shared)")]


# ---- tables --------------------------------------------------------------------------------------

def table(kind="externref", least=3, most=None, init=None):
    store = w.Store()
    return store, w.Table(store, w.TableType(TYPES[kind](), w.Limits(least, most)), init)


@cases(externs=("externref", 2, 5, "x"), functions=("funcref", 1, None, None),
       empty=("externref", 0, 0, None))
def table_of_the_host(kind, least, most, init):
    store, it = table(kind, least, most, init)
    return it.type(store), it.size(store), [it.get(store, i) for i in range(least + 1)]


@case
def table_of_functions():
    store = w.Store()
    func = w.Func(store, func_type("-> i32"), lambda: 8)
    it = w.Table(store, w.TableType(w.ValType.funcref(), w.Limits(2, None)), func)
    it.set(store, 1, None)
    return it.get(store, 0)(store), it.get(store, 1)


@cases(inside=0, end=2, over=3, far=1 << 40)
def table_set_and_get(index):
    store, it = table()
    return tried(it.set, store, index, "value"), tried(it.get, store, index)


@cases(zero=(0, 5), one=(1, 5), most=(2, 5), over=(3, 5), open=(10, None), huge=(1 << 40, None))
def table_growth(delta, most):
    store, it = table(most=most)
    return tried(it.grow, store, delta, "new"), it.size(store), it.get(store, it.size(store) - 1)


@cases(number=("funcref", 1), text=("funcref", "x"), val=("funcref", w.Val.externref(1)),
       i32=("externref", w.Val.i32(1)))
def table_wants_its_elements(kind, value):
    store, it = table(kind)
    return tried(it.set, store, 0, value), tried(it.grow, store, 1, value)


@case
def table_seen_by_the_guest():
    guest = Guest("""(module (table (export "t") 3 10 externref)
        (func (export "get") (param i32) (result externref) (table.get (local.get 0)))
        (func (export "set") (param i32 externref) (table.set (local.get 0) (local.get 1)))
        (func (export "size") (result i32) table.size)
        (func (export "fill") (param externref) (table.fill (i32.const 0) (local.get 0)
            (i32.const 2))))""")
    it, store = guest["t"], guest.store
    it.set(store, 1, "host")
    guest.call("set", 2, "guest")
    it.grow(store, 2, "grown")
    found = [guest.call("get", i) for i in range(5)]
    guest.call("fill", "full")
    return found, guest.call("size"), [show(it.get(store, i)) for i in range(5)]


@case
def table_of_calls():
    guest = Guest("""(module (type $t (func (result i32))) (table (export "t") 4 funcref)
        (elem (i32.const 0) $a) (func $a (result i32) i32.const 1)
        (func (export "f") (param i32) (result i32) (call_indirect (type $t) (local.get 0))))""")
    store = guest.store
    guest["t"].set(store, 1, w.Func(store, func_type("-> i32"), lambda: 2))
    guest["t"].set(store, 2, w.Func(store, func_type("i32 -> i32"), lambda x: 3))
    return [trap_of(guest.call, "f", i)[0] or guest.call("f", i) for i in (2, 3, 4, -1)] + [
        guest.call("f", 0), guest.call("f", 1), guest["t"].get(store, 0)(store)]


@cases(small="(table 4 externref)", closed="(table 3 3 externref)", kind="(table 3 funcref)",
       fits="(table 3 externref)", wide="(table 3 20 externref)")
def table_for_an_import(wanted):
    store, it = table(most=10)
    module = w.Module(store.engine, f'(module (import "a" "b" {wanted}))')
    return tried(w.Instance, store, module, [it])


# ---- globals -------------------------------------------------------------------------------------

@cases(i32=("i32", 5, -6), i64=("i64", 2**40, -1), f32=("f32", 1.5, 0.1), f64=("f64", 0.1, 1e300),
       externref=("externref", "a", None), null=("externref", None, [1]))
def global_of_the_host(kind, first, second):
    store = w.Store()
    it = w.Global(store, w.GlobalType(TYPES[kind](), True), first)
    before = it.value(store)
    it.set_value(store, second)
    return it.type(store), before, it.value(store)


@case
def global_of_a_function():
    store = w.Store()
    func = w.Func(store, func_type("-> i32"), lambda: 3)
    it = w.Global(store, w.GlobalType(w.ValType.funcref(), True), func)
    before = it.value(store)(store)
    it.set_value(store, None)
    return before, it.value(store)


@cases(const="i32", other="i64")
def global_that_is_constant(kind):
    store = w.Store()
    it = w.Global(store, w.GlobalType(TYPES[kind](), False), 5)
    return tried(it.set_value, store, 6), it.value(store)


@cases(float=1.5, text="x", none=None, wrapped=w.Val.i64(3))
def global_wants_its_type(value):
    store = w.Store()
    ty = w.GlobalType(w.ValType.i32(), True)
    return tried(w.Global, store, ty, value), tried(w.Global(store, ty, 1).set_value, store, value)


@case
def global_wants_a_type():
    return tried(w.Global, w.Store(), w.ValType.i32(), 1)


@case
def global_shared_by_two_instances():
    store = w.Store()
    it = w.Global(store, w.GlobalType(w.ValType.i64(), True), 1)
    module = w.Module(store.engine, """(module (import "" "" (global (mut i64))) (func (export "f")
        (result i64) (global.set 0 (i64.mul (global.get 0) (i64.const 3))) (global.get 0)))""")
    exports = [w.Instance(store, module, [it]).exports(store) for _ in range(2)]
    return [exports[i]["f"](store) for i in (0, 1, 0)], it.value(store)


@cases(type="(global i64)", mutable="(global (mut i32))", fits="(global i32)",
       reference="(global externref)")
def global_for_an_import(wanted):
    store = w.Store()
    it = w.Global(store, w.GlobalType(w.ValType.i32(), False), 5)
    module = w.Module(store.engine, f'(module (import "a" "b" {wanted}))')
    return tried(w.Instance, store, module, [it])


@case
def global_exported_constant():
    guest = Guest("""(module (global (export "a") i32 (i32.const 1))
        (global (export "b") f64 (f64.const 0.5)) (global (export "c") (mut externref)
        (ref.null extern)))""")
    return [(guest[name].type(guest.store), guest[name].value(guest.store)) for name in "abc"]


# ---- kinds that are mixed up ---------------------------------------------------------------------

@cases(func="(func)", memory="(memory 1)", table="(table 1 funcref)", globals="(global i32)",
       tag="(tag)", type="(func (param i32))")
def item_of_another_kind(wanted):
    store = w.Store()
    engine = store.engine
    module = w.Module(engine, f'(module (import "mod" "item" {wanted}))')
    items = [w.Func(store, func_type("->"), lambda: None),
             w.Memory(store, w.MemoryType(w.Limits(1, None))),
             w.Table(store, w.TableType(w.ValType.funcref(), w.Limits(1, None)), None),
             w.Global(store, w.GlobalType(w.ValType.i32(), False), 1),
             w.Tag(store, w.TagType(func_type("->")))]
    return [tried(w.Instance, store, module, [item]) for item in items]


# ---- tags ----------------------------------------------------------------------------------------

@case
def tag_of_the_host():
    store = w.Store()
    one, two = (w.Tag(store, w.TagType(func_type("i32 f64 ->"))) for _ in range(2))
    return one.type(store), one.eq(store, one), one.eq(store, two)


@case
def tag_of_a_guest():
    guest = Guest('(module (tag (export "a") (param i64)) (export "b" (tag 0)) (tag (export "c")))')
    return (guest["a"].type(guest.store), guest["a"].eq(guest.store, guest["b"]),
            guest["a"].eq(guest.store, guest["c"]))


@case
def tag_wants_a_type():
    return tried(w.Tag, w.Store(), func_type("->"))


@case
def tag_with_results():
    store = w.Store()
    return kind_of_failure(lambda: w.Tag(store, w.TagType(func_type("-> i32"))))


@cases(fits="(tag (param i32))", other="(tag (param i64))", none="(tag)")
def tag_for_an_import(wanted):
    store = w.Store()
    module = w.Module(store.engine, f'(module (import "a" "b" {wanted}))')
    return tried(w.Instance, store, module, [w.Tag(store, w.TagType(func_type("i32 ->")))])


@case
def exception_that_nobody_catches():
    guest = Guest('(module (tag $e (param i32)) (func (export "f") (throw $e (i32.const 1))))')
    found = tried(guest.call, "f")
    return type(found).__name__


@case
def exception_caught_by_its_tag():
    guest = Guest("""(module (tag $e (param i32)) (func $throw (throw $e (i32.const 42)))
        (func (export "f") (result i32) (block $h (result i32)
            (try_table (catch $e $h) (call $throw)) (i32.const 0))))""")
    return guest.call("f")


# ---- references and the collector ----------------------------------------------------------------

class Watched:
    def __init__(self):
        self.log = []

    def thing(self, name):
        outer = self

        class Thing:
            def __del__(self):
                outer.log.append(name)
        return Thing()

    def collect(self, store):
        store.gc()
        gc.collect()
        return list(self.log)


@case
def reference_goes_with_the_store():
    watched = Watched()
    store, it = table(least=1)
    it.set(store, 0, watched.thing("a"))
    before = watched.collect(store)
    del it
    store.close()
    gc.collect()
    return before, watched.log


@case
def reference_goes_when_overwritten():
    watched = Watched()
    store = w.Store()
    it = w.Global(store, w.GlobalType(w.ValType.externref(), True), watched.thing("a"))
    before = watched.collect(store)
    it.set_value(store, None)
    return before, watched.collect(store)


@case
def reference_goes_after_a_call():
    watched = Watched()
    guest = Guest('(module (func (export "f") (param externref)))')
    guest.call("f", watched.thing("a"))
    return watched.collect(guest.store)


@case
def reference_stays_in_the_guest():
    watched = Watched()
    guest = Guest("""(module (global $g (mut externref) (ref.null extern))
        (func (export "keep") (param externref) (global.set $g (local.get 0)))
        (func (export "get") (result externref) (global.get $g)))""")
    guest.call("keep", watched.thing("a"))
    before = watched.collect(guest.store)
    found = type(guest.call("get")).__name__
    guest.call("keep", None)
    return before, found, watched.collect(guest.store)


@case
def reference_keeps_its_identity():
    guest = Guest('(module (func (export "f") (param externref) (result externref) local.get 0))')
    thing = object()
    return guest.call("f", thing) is thing


@case
def many_references():
    guest = Guest("""(module (table (export "t") 1000 externref)
        (func (export "set") (param i32 externref) (table.set (local.get 0) (local.get 1))))""")
    for i in range(1000):
        guest.call("set", i, [i])
    guest.store.gc()
    return sum(guest["t"].get(guest.store, i)[0] for i in range(1000))


@case
def garbage_of_the_guest():
    guest = Guest("""(module (type $s (struct (field i64))) (func (export "f") (param i32)
        (result i64) (local (ref null $s)) (loop
            (local.set 1 (struct.new $s (i64.extend_i32_u (local.get 0))))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (struct.get $s 0 (local.get 1))))""")
    return guest.call("f", 10000), guest.store.gc(), guest.call("f", 3)
