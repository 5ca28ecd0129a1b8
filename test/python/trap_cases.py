"""Traps: codes, frames, texts."""

import wasmtime as w
from cases import Guest, case, cases, first_line, func_type, host, trap_of, tried

BODIES = {
    "unreachable": "unreachable",
    "division": "(drop (i32.div_s (local.get 0) (i32.const 0)))",
    "remainder": "(drop (i64.rem_u (i64.const 1) (i64.const 0)))",
    "overflow": "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))",
    "conversion": "(drop (i32.trunc_f32_s (f32.const nan)))",
    "conversion_overflow": "(drop (i32.trunc_f64_u (f64.const 1e10)))",
    "load": "(drop (i32.load (i32.const 65533)))",
    "store": "(i64.store (i32.mul (local.get 0) (i32.const 100000)) (i64.const 0))",
    "offset": "(drop (i32.load8_u offset=4294967295 (i32.const 1)))",
    "fill": "(memory.fill (i32.const 65530) (i32.const 1) (i32.const 10))",
    "copy": "(memory.copy (i32.const 65530) (i32.const 0) (i32.const 10))",
    "init": "(memory.init $d (i32.const 0) (i32.const 2) (i32.const 5))",
    "table_get": "(drop (table.get (i32.const 10)))",
    "table_set": "(table.set (i32.const 5) (ref.null func))",
    "table_fill": "(table.fill (i32.const 1) (ref.null func) (i32.const 9))",
    "indirect_null": "(call_indirect (i32.const 1))",
    "indirect_out": "(call_indirect (i32.const 5))",
    "indirect_type": "(call_indirect (param i32) (i32.const 1) (i32.const 0))",
    "null_function": "(call_ref $t (ref.null $t))",
    "null_struct": "(drop (struct.get $s 0 (ref.null $s)))",
    "null_value": "(drop (ref.as_non_null (ref.null func)))",
    "array": "(drop (array.get $a (array.new_default $a (i32.const 3)) (i32.const 3)))",
    "cast": "(drop (ref.cast (ref $s) (ref.i31 (i32.const 1))))",
    "recursion": "(call $inner (local.get 0))",
    "atomic_alignment": "(drop (i32.atomic.load (i32.const 2)))",
    "wait": "(drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 0)))",
}


def trapping(body):
    return Guest(f"""(module $mod (type $t (func)) (type $s (struct (field i32)))
        (type $a (array i32)) (memory 1) (table 5 funcref) (elem (i32.const 0) $ok)
        (data $d "abcd") (func $ok)
        (func $inner (export "f") (param $p i32) {body})
        (func $outer (export "outer") (call $inner (i32.const 7))))""")


@cases(**BODIES)
def trap_code_and_words(body):
    found = tried(trapping(body).call, "f", 1)
    lines = str(found).split("\n")
    return (type(found).__name__, found.trap_code, found.trap_code and found.trap_code.name,
            lines[0], lines[-1] if lines[0] != lines[-1] else None)


@cases(**{name: body for name, body in BODIES.items() if name != "recursion"})
def trap_frames(body):
    return trap_of(trapping(body).call, "outer")


@cases(**{name: body for name, body in BODIES.items() if name != "recursion"})
def trap_text(body):
    return str(tried(trapping(body).call, "outer"))


@case
def trap_without_names():
    guest = Guest("""(module (func unreachable) (func call 0) (func (export "f") call 1))""")
    found = tried(guest.call, "f")
    return str(found), found.frames


@case
def trap_through_the_host():
    guest = Guest("""(module $m (import "" "" (func $host)) (func $in (export "in") unreachable)
        (func $out (export "out") call $host))""",
                  host("->", lambda caller: caller["in"](caller), access_caller=True))
    found = tried(guest.call, "out")
    return type(found).__name__, found.trap_code and found.trap_code.name


@case
def trap_through_two_modules():
    store = w.Store()
    first = w.Instance(store, w.Module(store.engine, """(module $first
        (func $inner (export "f") i32.const 0 drop unreachable))"""), [])
    second = w.Instance(store, w.Module(store.engine, """(module $second
        (import "first" "f" (func)) (func $outer (export "g") nop nop call 0))"""),
                        [first.exports(store)["f"]])
    found = tried(second.exports(store)["g"], store)
    return str(found), found.frames


@case
def trap_in_the_start_function():
    found = tried(Guest, '(module $mod (func $first unreachable) (start $first))')
    return str(found), type(found).__name__, found.frames


@cases(words="some words", empty="", lines="one\ntwo", wide="\u00e4\u4e2d")
def trap_made_by_the_host(words):
    def fail():
        raise w.Trap(words)
    store = w.Store()
    found = tried(w.Func(store, func_type("->"), fail), store)
    return str(found), found.frames, found.trap_code


@case
def trap_of_deep_recursion_has_a_bounded_text():
    found = tried(trapping(BODIES["recursion"]).call, "f", 1)
    lines = str(found).split("\n")
    return len(lines) < 200, lines[0], lines[1][:8], lines[-1]


@case
def trap_frames_can_be_kept():
    frames = tried(trapping("unreachable").call, "f", 1).frames
    return [(frame.func_name, frame.module_name) for frame in frames]


@case
def trap_leaves_the_store_usable():
    guest = Guest("""(module (global (export "g") (mut i32) (i32.const 0))
        (func (export "f") (global.set 0 (i32.add (global.get 0) (i32.const 1))) unreachable))""")
    for _ in range(3):
        tried(guest.call, "f")
    return guest["g"].value(guest.store)


@case
def trap_codes_have_these_numbers():
    return {code.name: code.value for code in w.TrapCode}


@case
def trap_of_a_table_of_the_host():
    store = w.Store()
    table = w.Table(store, w.TableType(w.ValType.funcref(), w.Limits(1, 2)), None)
    return first_line(table.set, store, 1, None), first_line(table.grow, store, 5, None)
