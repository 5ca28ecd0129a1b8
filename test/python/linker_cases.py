"""Linkers: names, shadowing, modules that need each other, what is missing."""

import wasmtime as w
from cases import Guest, case, cases, configured, first_line, func_type, kind_of_failure, tried

TWO = """(module (import "m" "two" (func $two (result i32)))
    (func (export "f") (result i32) (i32.add (call $two) (i32.const 3))))"""


class Linked:
    def __init__(self, **options):
        self.engine = w.Engine(configured(**options)) if options else w.Engine()
        self.store = w.Store(self.engine)
        self.linker = w.Linker(self.engine)

    def module(self, wat):
        return w.Module(self.engine, wat)

    def instance(self, wat):
        return self.linker.instantiate(self.store, self.module(wat))

    def call(self, instance, name, *args):
        return instance.exports(self.store)[name](self.store, *args)

    def define(self, module, name, wat):
        """The item that a text exports as "x"."""
        item = w.Instance(self.store, self.module(wat), []).exports(self.store)["x"]
        return self.linker.define(self.store, module, name, item)


@case
def linked_function_of_the_host():
    it = Linked()
    it.linker.define_func("m", "two", func_type("-> i32"), lambda: 2)
    return it.call(it.instance(TWO), "f")


@case
def linked_function_in_two_stores():
    it = Linked()
    it.linker.define_func("m", "two", func_type("-> i32"), lambda: 2)
    first = it.call(it.instance(TWO), "f")
    it.store = w.Store(it.engine)
    return first, it.call(it.instance(TWO), "f")


@case
def linked_function_with_caller():
    it = Linked()
    it.linker.define_func("m", "two", func_type("-> i32"),
                          lambda caller: caller["m"].size(caller), access_caller=True)
    wat = TWO.replace("(func (export", '(memory (export "m") 4) (func (export')
    return it.call(it.instance(wat), "f")


@cases(func=('(func (export "x"))', "(func)"), memory=('(memory (export "x") 1)', "(memory 1)"),
       globals=('(global (export "x") i32 (i32.const 9))', "(global i32)"),
       table=('(table (export "x") 2 funcref)', "(table 2 funcref)"),
       tag=('(tag (export "x"))', "(tag)"))
def linked_item_of_each_kind(item, wanted):
    it = Linked()
    it.define("a", "b", f"(module {item})")
    return it.linker.get(it.store, "a", "b"), it.instance(f'(module (import "a" "b" {wanted}))')


@case
def missing_import():
    it = Linked()
    return tried(it.instance, TWO)


@cases(func="(func)", memory="(memory 1)", globals="(global i32)", table="(table 1 funcref)")
def missing_import_of_each_kind(wanted):
    return tried(Linked().instance, f'(module (import "some" "thing" {wanted}))')


@case
def missing_import_with_odd_names():
    return (tried(Linked().instance, '(module (import "" "" (func)))'),
            tried(Linked().instance, '(module (import "\u00e4" "a b" (func)))'))


@cases(params="(func $two (param i32) (result i32))", results="(func $two (result i64))",
       nothing="(func $two)")
def import_of_another_type(wanted):
    it = Linked()
    it.linker.define_func("m", "two", func_type("-> i32"), lambda: 2)
    return tried(it.instance, f'(module (import "m" "two" {wanted}))')


@case
def import_of_another_kind():
    it = Linked()
    it.linker.define_func("m", "two", func_type("-> i32"), lambda: 2)
    return tried(it.instance, '(module (import "m" "two" (memory 1)))')


@case
def name_defined_twice():
    it = Linked()
    it.linker.define_func("m", "n", func_type("->"), lambda: None)
    found = [tried(it.linker.define_func, "m", "n", func_type("->"), lambda: None)]
    found.append(tried(it.define, "m", "n", '(module (memory (export "x") 1))'))
    it.linker.allow_shadowing = True
    found.append(tried(it.define, "m", "n", '(module (memory (export "x") 1))'))
    found.append(it.linker.get(it.store, "m", "n"))
    it.linker.allow_shadowing = False
    found.append(tried(it.linker.define_func, "m", "n", func_type("->"), lambda: None))
    return found


@case
def name_is_shadowed():
    it = Linked()
    it.linker.allow_shadowing = True
    it.linker.define_func("m", "two", func_type("-> i32"), lambda: 2)
    first = it.instance(TWO)
    it.linker.define_func("m", "two", func_type("-> i32"), lambda: 20)
    return it.call(first, "f"), it.call(it.instance(TWO), "f")


@case
def names_are_looked_up():
    it = Linked()
    it.linker.define_func("m", "", func_type("->"), lambda: None)
    return [tried(it.linker.get, it.store, *names) for names in
            (("m", ""), ("m", "x"), ("", "m"), ("", ""))]


@case
def instance_is_defined():
    it = Linked()
    first = it.instance("""(module (func (export "two") (result i32) i32.const 2)
        (memory (export "memory") 1) (global (export "") i32 (i32.const 1)))""")
    it.linker.define_instance(it.store, "m", first)
    found = [it.linker.get(it.store, "m", name) for name in ("two", "memory", "")]
    return found, it.call(it.instance(TWO), "f"), tried(
        it.linker.define_instance, it.store, "m", first)


@case
def instance_must_be_one():
    it = Linked()
    return tried(it.linker.define_instance, it.store, "m", 5)


@case
def instances_share_a_memory():
    it = Linked()
    it.linker.define_instance(it.store, "m", it.instance('(module (memory (export "memory") 1))'))
    wat = """(module (import "m" "memory" (memory 1)) (func (export "f") (result i32)
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
        (i32.load (i32.const 0))))"""
    one, two = it.instance(wat), it.instance(wat)
    return [it.call(which, "f") for which in (one, two, one)]


@case
def command_starts_anew_each_time():
    it = Linked()
    it.linker.define_module(it.store, "m", it.module("""(module (global (mut i32) (i32.const 0))
        (func (export "_start") (global.set 0 (i32.const 1)))
        (func (export "two") (result i32) (global.set 0 (i32.add (global.get 0) (i32.const 1)))
            (global.get 0)))"""))
    instance = it.instance(TWO)
    return it.call(instance, "f"), it.call(instance, "f"), it.linker.get_default(it.store, "m")


@case
def reactor_is_initialized_once():
    it = Linked()
    it.linker.define_module(it.store, "m", it.module("""(module (global (mut i32) (i32.const 0))
        (func (export "_initialize") (global.set 0 (i32.const 10)))
        (func (export "two") (result i32) (global.set 0 (i32.add (global.get 0) (i32.const 1)))
            (global.get 0)))"""))
    instance = it.instance(TWO)
    return it.call(instance, "f"), it.call(instance, "f")


@cases(both='(module (func (export "_start")) (func (export "_initialize")))',
       wrong='(module (func (export "_start") (param i32)))',
       memory='(module (memory (export "memory") 1) (func (export "_start")))',
       globals='(module (global (export "g") i32 (i32.const 1)) (func (export "_start")))',
       missing='(module (import "x" "y" (func)) (func (export "_start")))',
       trap='(module (func (export "_initialize") unreachable))',
       nothing="(module)")
def module_is_defined(wat):
    it = Linked()
    return kind_of_failure(it.linker.define_module, it.store, "m", it.module(wat))


@case
def module_must_be_one():
    it = Linked()
    return tried(it.linker.define_module, it.store, "m", 5)


@case
def default_function():
    it = Linked()
    it.linker.define_func("a", "", func_type("-> i32"), lambda: 4)
    it.linker.define_func("b", "_start", func_type("-> i32"), lambda: 5)
    it.define("c", "", '(module (memory (export "x") 1))')
    found = [tried(it.linker.get_default, it.store, name) for name in ("a", "b", "c", "d")]
    return ([type(one).__name__ for one in found], found[0](it.store), found[1](it.store),
            found[3](it.store))


# ---- what is missing -----------------------------------------------------------------------------

HOLES = """(module (import "a" "f" (func $f (param i32) (result i64))) (import "a" "g" (func $g))
    (func (export "f") (result i64) (call $f (i32.const 1))) (func (export "g") call $g))"""


@case
def missing_functions_trap():
    it = Linked()
    it.linker.define_func("a", "g", func_type("->"), lambda: None)
    it.linker.define_unknown_imports_as_traps(it.module(HOLES))
    instance = it.instance(HOLES)
    found = tried(it.call, instance, "f")
    return type(found).__name__, str(found).split("\n")[-1].strip(), it.call(instance, "g")


@case
def missing_memory_cannot_trap():
    it = Linked()
    wat = '(module (import "a" "m" (memory 1)))'
    return tried(it.linker.define_unknown_imports_as_traps, it.module(wat)), tried(it.instance, wat)


@case
def missing_things_are_zero():
    it = Linked()
    wat = """(module (import "a" "f" (func $f (result i32 i64 f64 externref)))
        (import "a" "m" (memory 2 3)) (import "a" "g" (global f32)) (import "a" "t"
        (table 4 funcref)) (import "a" "x" (global (mut externref)))
        (export "m" (memory 0)) (export "g" (global 0)) (export "t" (table 0))
        (func (export "f") (result i32 i64 f64 externref) call $f))"""
    it.linker.define_unknown_imports_as_default_values(it.store, it.module(wat))
    instance = it.instance(wat)
    exports = instance.exports(it.store)
    return (it.call(instance, "f"), exports["m"].type(it.store), exports["g"].value(it.store),
            exports["t"].size(it.store))


@case
def missing_reference_has_no_default():
    it = Linked()
    module = it.module('(module (import "a" "f" (func (result (ref extern)))))')
    return kind_of_failure(it.linker.define_unknown_imports_as_default_values, it.store, module)


@case
def missing_things_of_what_is_no_module():
    it = Linked()
    return (tried(it.linker.define_unknown_imports_as_traps, 1),
            tried(it.linker.define_unknown_imports_as_default_values, it.store, 1))


# ---- ahead of time -------------------------------------------------------------------------------

@case
def prepared_instance():
    it = Linked()
    it.linker.define_func("m", "two", func_type("-> i32"), lambda: 2)
    pre = it.linker.instantiate_pre(it.module(TWO))
    stores = [w.Store(it.engine) for _ in range(3)]
    return [pre.instantiate(store).exports(store)["f"](store) for store in stores], pre.module


@case
def prepared_instance_lacks_an_import():
    it = Linked()
    return tried(it.linker.instantiate_pre, it.module(TWO)), tried(it.linker.instantiate_pre, 1)


@case
def prepared_instance_of_another_type():
    it = Linked()
    it.linker.define_func("m", "two", func_type("-> i64"), lambda: 2)
    return tried(it.linker.instantiate_pre, it.module(TWO))


@case
def prepared_instance_traps_at_its_start():
    it = Linked()
    pre = it.linker.instantiate_pre(it.module("(module (func $s unreachable) (start $s))"))
    return first_line(pre.instantiate, it.store)


@case
def prepared_instance_with_an_item_of_a_store():
    it = Linked()
    it.define("m", "g", '(module (global (export "x") i32 (i32.const 1)))')
    module = it.module('(module (import "m" "g" (global i32)))')
    return kind_of_failure(it.linker.instantiate, w.Store(it.engine), module)


@case
def linker_of_another_engine():
    it = Linked()
    return first_line(it.linker.instantiate, w.Store(), w.Module(w.Engine(), "(module)"))


@case
def start_function_that_traps():
    return first_line(Linked().instance, "(module (func $s unreachable) (start $s))")


@case
def exception_while_instantiating():
    def fail():
        raise ValueError("while linking")
    it = Linked()
    it.linker.define_func("", "", func_type("->"), fail)
    return tried(it.instance, '(module (import "" "" (func)) (start 0))')


@case
def linker_wants_types():
    it = Linked()
    return (tried(it.linker.define_func, "a", "b", "->", lambda: None),
            tried(it.linker.define, it.store, "a", "b", "item"))


@case
def guest_calls_what_another_exports():
    it = Linked()
    it.linker.define_instance(it.store, "m", it.instance(
        '(module (func (export "two") (result i32) unreachable))'))
    found = tried(it.call, it.instance(TWO), "f")
    return found.trap_code.name, found.frames


@case
def guest_is_kept_by_what_imports_it():
    guest = Guest("(module)")
    linker = w.Linker(guest.engine)
    linker.define_instance(guest.store, "m", w.Instance(guest.store, w.Module(
        guest.engine, '(module (func (export "two") (result i32) i32.const 5))'), []))
    instance = linker.instantiate(guest.store, w.Module(guest.engine, TWO))
    del linker
    return instance.exports(guest.store)["f"](guest.store)
