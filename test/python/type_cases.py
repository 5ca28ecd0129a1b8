"""Types and values, without a guest."""

import wasmtime as w
from cases import TYPES, case, cases, func_type, kind_of_failure, tried


@cases(**{name: name for name in TYPES})
def value_type(name):
    ty = TYPES[name]()
    return str(ty), repr(ty), [str(other()) for other in TYPES.values() if other() == ty]


@case
def value_types_differ_from_other_things():
    return w.ValType.i32() == "i32", w.ValType.i32() != w.ValType.i32(), w.ValType.i32() is None


@case
def value_type_has_no_constructor():
    return w.ValType()


@cases(nothing="->", one="i32 ->", result="-> f64", many="i32 i64 f32 f64 -> i64 i64",
       references="externref funcref -> funcref externref")
def function_type(text):
    return func_type(text)


@case
def function_type_of_a_hundred():
    ty = w.FuncType([w.ValType.i64()] * 100, [w.ValType.f32()] * 100)
    return len(ty.params), len(ty.results), ty.params[99], ty.results[99]


@case
def function_type_wants_types():
    return kind_of_failure(w.FuncType, [1], []), kind_of_failure(w.FuncType, [], ["i32"])


@case
def function_type_outlives_what_it_was_asked_for():
    params = func_type("i32 f32 ->").params
    return params


@cases(const=("i32", False), mutable=("i64", True), reference=("externref", True),
       function=("funcref", False))
def global_type(name, mutable):
    return w.GlobalType(TYPES[name](), mutable)


@case
def global_type_wants_a_value_type():
    return w.GlobalType("i32", True)


@cases(open=(0, None), closed=(1, 1), wide=(3, 1000), large=(0, 0xfffffffe))
def table_type(least, most):
    return w.TableType(w.ValType.funcref(), w.Limits(least, most))


@case
def table_type_wants_limits():
    return w.TableType(w.ValType.funcref(), (1, 2))


@case
def limits_are_compared():
    return (w.Limits(1, 2) == w.Limits(1, 2), w.Limits(1, None) == w.Limits(1, 2),
            w.Limits(1, None) == 1)


def made(*given, **more):
    """A type, or what kind of exception it is."""
    found = tried(lambda: w.MemoryType(*given, **more))
    return type(found).__name__ if isinstance(found, Exception) else found


@cases(open=(0, None), closed=(1, 2), most=(0, 65536), all=(65536, 65536), over=(0, 65537),
       least_over=(65537, None), backwards=(2, 1), huge=(1 << 33, None), huge_most=(0, 1 << 33))
def memory_type(least, most):
    return made(w.Limits(least, most))


@cases(open=(0, None), most=(0, 1 << 48), huge=(1 << 65, None))
def memory_type_64(least, most):
    return made(w.Limits(least, most), is_64=True)


@cases(closed=(1, 4), open=(1, None))
def memory_type_shared(least, most):
    return made(w.Limits(least, most), shared=True)


@cases(bytes=(0, 0, 100), usual=(16, 1, 2), other=(12, 1, 2), below=(0, 0, 0xffffffff),
       over=(17, 1, 2), far_over=(64, 1, 2))
def memory_type_with_page_size(log2, least, most):
    ty = made(w.Limits(least, most), page_size_log2=log2)
    return ty, getattr(ty, "page_size", None)


@cases(nothing="->", some="i32 f64 ->")
def tag_type(text):
    return w.TagType(func_type(text))


@case
def tag_type_with_results():
    return w.TagType(func_type("-> i32"))


@case
def tag_type_takes_the_function_type():
    ty = func_type("i32 ->")
    w.TagType(ty)
    return ty.params


@case
def tag_type_wants_a_function_type():
    return w.TagType(w.ValType.i32())


# ---- values --------------------------------------------------------------------------------------

@cases(zero=0, minus=-1, most=2**31 - 1, wraps=2**31, far=2**40 + 5)
def value_i32(number):
    value = w.Val.i32(number)
    return value, value.as_i32(), value.as_i64(), value.as_f32(), value.as_externref()


@cases(zero=0, minus=-1, most=2**63 - 1, wraps=2**63)
def value_i64(number):
    value = w.Val.i64(number)
    return value, value.as_i64(), value.as_i32()


@cases(tenth=0.1, infinity=float("inf"), nan=float("nan"), large=1e300)
def value_of_floats(number):
    return w.Val.f32(number), w.Val.f64(number), w.Val.f32(number).as_f32()


@case
def values_want_numbers_of_their_kind():
    return [kind_of_failure(make, given) for make in (w.Val.i32, w.Val.i64, w.Val.f32, w.Val.f64)
            for given in (1, 1.5, "1", None)]


@case
def values_are_compared():
    return (w.Val.i32(1) == w.Val.i32(1), w.Val.i32(1) == w.Val.i64(1), w.Val.i32(1) == 1,
            w.Val.externref("a") == w.Val.externref("a"), w.Val.externref(None) == None)  # noqa


@cases(extern="externref", function="funcref", number="i32")
def value_null(name):
    return w.Val.ref_null(TYPES[name]())


@case
def value_types_of_values():
    return [value.type for value in (w.Val.i32(1), w.Val.i64(1), w.Val.f32(1.), w.Val.f64(1.),
                                     w.Val.externref(1), w.Val.funcref(None))]


# ---- objects with an end -------------------------------------------------------------------------

@cases(config=w.Config, engine=w.Engine, store=w.Store, wasi=w.WasiConfig,
       error=lambda: w.WasmtimeError("x"), trap=lambda: w.Trap("x"),
       function_type=lambda: func_type("->"), linker=lambda: w.Linker(w.Engine()))
def closed_things_are_refused(make):
    thing = make()
    thing.close()
    thing.close()
    return tried(thing.ptr)


@case
def things_end_with_a_block():
    with w.Engine() as engine, w.Store(engine) as store:
        store.gc()
    return tried(store._context), tried(engine.increment_epoch)


@cases(empty="", words="some words", lines="a\nb", wide="\u00e4\u4e2d\U0001f600")
def error_of_words(text):
    return str(w.WasmtimeError(text))


@cases(empty="", words="some words", lines="a\nb", wide="\u00e4\u4e2d\U0001f600")
def trap_of_words(text):
    trap = w.Trap(text)
    return str(trap), trap.message, trap.frames, trap.trap_code
