"""Functions: calls of guests and of the host, what they pass, how they fail."""

import math

import wasmtime as w
from cases import Guest, case, cases, first_line, func_type, host, show, tried

ECHO = {
    "i32": (0, 1, -1, 2**31 - 1, -2**31, 2**32 - 1, 2**35 + 3),
    "i64": (0, -1, 2**63 - 1, -2**63, 2**64 - 1),
    "f32": (0.0, -0.0, 1.5, 0.1, 1e300, math.inf, -math.inf, math.nan),
    "f64": (0.0, -0.0, 0.1, 5e-324, 1e308, math.inf, math.nan),
    "externref": (None, "text", 7, 2.5, [], (1, 2)),
}


@cases(**{name: (name, values) for name, values in ECHO.items()})
def value_goes_through_a_guest(name, values):
    guest = Guest(f'(module (func (export "f") (param {name}) (result {name}) local.get 0))')
    return [guest.call("f", value) for value in values]


@cases(**{name: (name, values) for name, values in ECHO.items()})
def value_goes_through_the_host(name, values):
    store = w.Store()
    echo = w.Func(store, func_type(f"{name} -> {name}"), lambda value: value)
    return [echo(store, value) for value in values]


@cases(**{name: (name, values) for name, values in ECHO.items()})
def value_goes_through_guest_and_host(name, values):
    guest = Guest(f"""(module (import "" "" (func (param {name}) (result {name})))
        (func (export "f") (param {name}) (result {name}) (call 0 (local.get 0))))""",
                  host(f"{name} -> {name}", lambda value: value))
    return [guest.call("f", value) for value in values]


@cases(**{name: name for name in ECHO})
def value_wrapped_as_val(name):
    guest = Guest(f'(module (func (export "f") (param {name}) (result {name}) local.get 0))')
    make = getattr(w.Val, name)
    value = 1.5 if name[0] == "f" else 3
    return guest.call("f", make(value))


@case
def function_reference_goes_through():
    guest = Guest("""(module (func $one (export "one") (result i32) i32.const 1)
        (func (export "f") (param funcref) (result funcref) local.get 0)
        (func (export "null") (result funcref) ref.null func))""")
    given = guest.call("f", guest["one"])
    return given, given(guest.store), guest.call("f", None), guest.call("null")


@case
def host_function_as_reference():
    guest = Guest("""(module (table 1 funcref) (func (export "f") (param funcref) (result i32)
        (table.set (i32.const 0) (local.get 0)) (call_indirect (result i32) (i32.const 0))))""")
    store = guest.store
    return (guest.call("f", w.Func(store, func_type("-> i32"), lambda: 77)),
            first_line(guest.call, "f", w.Func(store, func_type("-> i64"), lambda: 77)),
            first_line(guest.call, "f", None))


@case
def results_are_none_one_or_a_list():
    guest = Guest("""(module (func (export "none")) (func (export "one") (result i32) i32.const 1)
        (func (export "two") (result i32 f64) i32.const 2 f64.const 0.5)
        (func (export "many") (result i32 i64 f32 f64 i32 i64 i32 i32 i32)
            i32.const 1 i64.const 2 f32.const 3 f64.const 4 i32.const 5 i64.const 6 i32.const 7
            i32.const 8 i32.const 9))""")
    return [guest.call(name) for name in ("none", "one", "two", "many")]


@case
def twenty_parameters():
    names = ["i32", "i64", "f32", "f64"] * 5
    store = w.Store()
    add = w.Func(store, func_type(" ".join(names) + " -> f64"), lambda *all: float(sum(all)))
    module = w.Module(store.engine, f"""(module (import "" "" (func $h (param {' '.join(names)})
        (result f64))) (func (export "f") (param {' '.join(names)}) (result f64)
        {' '.join(f'local.get {i}' for i in range(20))} call $h))""")
    f = w.Instance(store, module, [add]).exports(store)["f"]
    return f(store, *[i if name[0] == "i" else i + 0.5 for i, name in enumerate(names)])


@case
def host_returns_many():
    guest = Guest("""(module (import "" "" (func (result i32 i64 f64)))
        (func (export "f") (result f64 i64 i32) (local i32 i64 f64) call 0
            local.set 2 local.set 1 local.set 0 local.get 2 local.get 1 local.get 0))""",
                  host("-> i32 i64 f64", lambda: (1, 2, 3.5)))
    return guest.call("f")


# ---- wrong values --------------------------------------------------------------------------------

@cases(few=(), many=(1, 2, 3), first=("a", 1.0), second=(1, 1), none=(None, 1.0),
       wrapped=lambda: None)
def arguments_that_do_not_fit(*given):
    guest = Guest('(module (func (export "f") (param i32 f32)))')
    if len(given) == 1:
        given = (w.Val.i64(1), 1.0)
    return tried(guest.call, "f", *given)


@cases(nothing=None, float=1.5, text="a", list=[1], wrapped=7)
def result_of_the_host_that_does_not_fit(value):
    store = w.Store()
    func = w.Func(store, func_type("-> i32"), lambda: w.Val.i64(1) if value == 7 else value)
    return tried(func, store)


@cases(nothing=None, few=(1,), many=(1, 2, 3), number=4)
def results_of_the_host_that_do_not_fit(value):
    store = w.Store()
    func = w.Func(store, func_type("-> i32 i32"), lambda: value)
    return tried(func, store)


@case
def result_that_is_not_wanted():
    store = w.Store()
    return tried(w.Func(store, func_type("->"), lambda: 1), store)


@case
def host_function_of_another_arity():
    store = w.Store()
    return (tried(w.Func(store, func_type("i32 ->"), lambda: None), store, 1),
            tried(w.Func(store, func_type("->"), lambda x: None), store))


@case
def function_wants_its_types():
    return (tried(w.Func, w.Store(), "type", lambda: None),
            tried(w.Func, "store", func_type("->"), lambda: None))


@case
def type_of_functions():
    guest = Guest('(module (func (export "f") (param i32 externref) (result f64) unreachable))')
    store = w.Store()
    return (guest["f"].type(guest.store),
            w.Func(store, func_type("i32 i64 ->"), lambda a, b: None).type(store))


# ---- exceptions and traps of the host ------------------------------------------------------------

class Unusual(Exception):
    pass


@cases(value=ValueError("bad"), own=Unusual("mine"), trap=w.Trap("words"), exit=SystemExit(3),
       error=w.WasmtimeError("an error"), interrupt=KeyboardInterrupt())
def exception_of_a_host_function(error):
    def fail():
        raise error
    guest = Guest('(module (import "" "" (func)) (func (export "f") call 0))', host("->", fail))
    try:
        return guest.call("f")
    except BaseException as found:
        return found is error, type(found).__name__, str(found)


@case
def exception_of_a_host_function_called_by_the_host():
    def fail():
        raise Unusual("here")
    store = w.Store()
    return tried(w.Func(store, func_type("->"), fail), store)


@case
def exception_through_many_frames():
    def fail(n):
        raise Unusual(n)
    guest = Guest("""(module (import "" "" (func (param i32))) (func $f (export "f") (param i32)
        (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1))))
            (else (call 0 (i32.const 9))))))""", host("i32 ->", fail))
    return tried(guest.call, "f", 100), tried(guest.call, "f", 1000)


@case
def store_works_after_an_exception():
    def fail():
        raise Unusual()
    guest = Guest("""(module (import "" "" (func)) (func (export "f") call 0)
        (func (export "g") (result i32) i32.const 4))""", host("->", fail))
    return [type(tried(guest.call, "f")).__name__, guest.call("g")] * 2


@case
def exception_in_the_start_function():
    def fail():
        raise Unusual("start")
    return tried(Guest, '(module (import "" "" (func)) (start 0))', host("->", fail))


# ---- reentry and callers -------------------------------------------------------------------------

@case
def host_calls_the_guest_again():
    def again(caller, n):
        return caller["f"](caller, n - 1) + 1 if n else 0
    guest = Guest("""(module (import "" "" (func (param i32) (result i32)))
        (func (export "f") (param i32) (result i32) (call 0 (local.get 0))))""",
                  host("i32 -> i32", again, access_caller=True))
    return guest.call("f", 20)


@case
def trap_within_a_call_of_the_host():
    def inner(caller):
        return [type(tried(caller["trap"], caller)).__name__] and 5
    guest = Guest("""(module (import "" "" (func (result i32))) (func (export "trap") unreachable)
        (func (export "f") (result i32) call 0))""", host("-> i32", inner, access_caller=True))
    return guest.call("f")


@case
def trap_within_a_call_of_the_host_goes_on():
    guest = Guest("""(module (import "" "" (func)) (func (export "trap") unreachable)
        (func (export "f") call 0))""",
                  host("->", lambda caller: caller["trap"](caller), access_caller=True))
    found = tried(guest.call, "f")
    return type(found).__name__, found.trap_code and found.trap_code.name


@case
def caller_gives_exports():
    seen = []

    def look(caller):
        seen.append([show(caller.get(name)) for name in ("m", "g", "t", "f", "", "x")])
        seen.append(show(tried(lambda: caller["x"])))
        seen.append(caller["g"].value(caller))
        caller["g"].set_value(caller, 6)
        caller["m"].write(caller, b"abc", 4)
    guest = Guest("""(module (import "" "" (func)) (memory (export "m") 1)
        (global (export "g") (mut i32) (i32.const 5)) (table (export "t") 1 funcref)
        (func (export "f") (result i32) call 0 (i32.load8_u (i32.const 5))))""",
                  host("->", look, access_caller=True))
    return guest.call("f"), guest["g"].value(guest.store), seen


@case
def caller_ends_with_the_call():
    kept = []
    guest = Guest('(module (import "" "" (func)) (memory (export "m") 1) (func (export "f") '
                  'call 0))', host("->", kept.append, access_caller=True))
    guest.call("f")
    return kept[0].get("m"), tried(kept[0]._context)


@case
def caller_of_a_call_by_the_host():
    seen = []
    store = w.Store()
    w.Func(store, func_type("->"), lambda caller: seen.append(caller.get("m")), True)(store)
    return seen


@case
def caller_of_an_imported_start_function():
    seen = []
    Guest('(module (import "" "" (func)) (memory (export "m") 1) (data (i32.const 0) "hi") '
          '(start 0))', host("->", lambda caller: seen.append(caller["m"].read(caller, 0, 2)),
                             access_caller=True))
    return seen


@case
def caller_makes_things():
    def make(caller):
        memory = w.Memory(caller, w.MemoryType(w.Limits(1, None)))
        memory.write(caller, b"\x2a", 9)
        return memory.read(caller, 9, 10)[0]
    guest = Guest("""(module (import "" "" (func (result i32)))
        (func (export "f") (result i32) call 0))""", host("-> i32", make, access_caller=True))
    return guest.call("f")


@case
def function_outlives_its_python_object():
    guest = Guest("""(module (import "" "" (func (result i32)))
        (func (export "f") (result i32) call 0))""", host("-> i32", lambda: 12))
    return [guest.call("f") for _ in range(3)]


@case
def many_host_functions():
    store = w.Store()
    funcs = [w.Func(store, func_type("-> i32"), lambda i=i: i) for i in range(200)]
    return sum(func(store) for func in funcs)


@case
def recursion_ends_with_a_trap():
    guest = Guest('(module (func $f (export "f") (call $f)))')
    found = tried(guest.call, "f")
    return found.trap_code.name, len(found.frames) > 1, found.frames[0].func_index


@case
def recursion_through_the_host_ends_with_an_exception():
    guest = Guest('(module (import "" "" (func)) (func (export "f") call 0))',
                  host("->", lambda caller: caller["f"](caller), access_caller=True))
    return isinstance(tried(guest.call, "f"), (w.Trap, RecursionError))


@case
def item_of_another_store():
    return first_line(Guest, '(module (import "" "" (func)))',
                      lambda store: w.Func(w.Store(store.engine), func_type("->"), lambda: None))
