"""What the cases of test_python.py share.

A case is a function that uses the Python package `wasmtime` and returns something, or raises. The
package does the same with two libraries below it if everything shows the same words.
"""

import wasmtime as w

CASES = {}


def case(function):
    add(function.__name__, function)
    return function


def cases(**rows):
    """A case for each row, which is what the function gets."""
    def note(function):
        for name, row in rows.items():
            row = row if isinstance(row, tuple) else (row,)
            add(f"{function.__name__}, {name}", lambda row=row: function(*row))
        return function
    return note


def add(name, function):
    assert name not in CASES, name
    CASES[name] = function


# ---- what is seen --------------------------------------------------------------------------------

def show(value):
    """The words for a value. What the package gives without a repr is described by its parts."""
    if isinstance(value, (list, tuple)):
        return [show(one) for one in value]
    if isinstance(value, dict):
        return {str(key): show(one) for key, one in value.items()}
    if isinstance(value, (bytes, bytearray)):
        return f"bytes {bytes(value).hex() if len(value) <= 64 else len(value)}"
    if isinstance(value, w.Val):
        return f"Val {value.type} {value.value!r}"
    if isinstance(value, w.Frame):
        return [value.func_index, value.func_name, value.module_name, value.module_offset,
                value.func_offset]
    if isinstance(value, BaseException):
        return [type(value).__name__, str(value)]
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    return show_type(value) or type(value).__name__


def show_limits(limits):
    return f"{limits.min}..{'' if limits.max is None else limits.max}"


def show_type(ty):
    if isinstance(ty, w.ValType):
        return str(ty)
    if isinstance(ty, w.FuncType):
        return f"{list(map(str, ty.params))} -> {list(map(str, ty.results))}"
    if isinstance(ty, w.GlobalType):
        return f"global {'mut ' if ty.mutable else ''}{ty.content}"
    if isinstance(ty, w.TableType):
        return f"table {show_limits(ty.limits)} {ty.element}"
    if isinstance(ty, w.MemoryType):
        return (f"memory {show_limits(ty.limits)}{' i64' if ty.is_64 else ''}"
                f"{' shared' if ty.is_shared else ''} page 2^{ty.page_size_log2}")
    if isinstance(ty, w.TagType):
        return f"tag {show_type(ty.functype)}"
    if isinstance(ty, w.Limits):
        return f"limits {show_limits(ty)}"
    if isinstance(ty, w.ImportType):
        return f"import {ty.module!r} {ty.name!r} {show_type(ty.type)}"
    if isinstance(ty, w.ExportType):
        return f"export {ty.name!r} {show_type(ty.type)}"
    return None


def tried(function, *args):
    """What a call gives, or the exception it raises."""
    try:
        return function(*args)
    except Exception as error:
        return error


def kind_of_failure(function, *args):
    """Whether a call raises, and what; the words may be those of either library."""
    found = tried(function, *args)
    return type(found).__name__ if isinstance(found, Exception) else "no exception"


def first_line(function, *args):
    """Of the message of the exception that a call raises."""
    found = tried(function, *args)
    if not isinstance(found, Exception):
        return "no exception", found
    return type(found).__name__, str(found).split("\n")[0]


def trap_of(function, *args):
    """The trap that a call ends with, without its text."""
    found = tried(function, *args)
    if not isinstance(found, w.Trap):
        return "no trap", found
    return found.trap_code and found.trap_code.name, found.frames


# ---- guests --------------------------------------------------------------------------------------

def configured(**options):
    config = w.Config()
    for name, value in options.items():
        setattr(config, name, value)
    return config


class Guest:
    """An instance of a text, in an engine and a store of its own.

    imports  functions that make an item for a store
    options  of the engine"""

    def __init__(self, wat, *imports, **options):
        self.engine = w.Engine(configured(**options)) if options else w.Engine()
        self.store = w.Store(self.engine)
        self.module = w.Module(self.engine, wat)
        items = [make(self.store) for make in imports]
        self.instance = w.Instance(self.store, self.module, items)
        self.exports = self.instance.exports(self.store)

    def __getitem__(self, name):
        return self.exports[name]

    def call(self, name, *args):
        return self.exports[name](self.store, *args)


TYPES = {"i32": w.ValType.i32, "i64": w.ValType.i64, "f32": w.ValType.f32, "f64": w.ValType.f64,
         "externref": w.ValType.externref, "funcref": w.ValType.funcref}


def func_type(text):
    """The type that is written as "i32 i64 -> f32"."""
    params, results = text.split("->")
    return w.FuncType([TYPES[name]() for name in params.split()],
                      [TYPES[name]() for name in results.split()])


def host(text, function, access_caller=False):
    """Makes a host function of a type for a store."""
    return lambda store: w.Func(store, func_type(text), function, access_caller)
