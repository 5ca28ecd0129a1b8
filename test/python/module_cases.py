"""Modules and their parts: text, bytes, imports, exports, artifacts."""

import os
import tempfile

import wasmtime as w
from cases import Guest, case, cases, configured, first_line, kind_of_failure, tried

EMPTY = b"\0asm\1\0\0\0"


# ---- text ----------------------------------------------------------------------------------------

@cases(empty="(module)", named="(module $m)", fields="(func)",
       func='(module (func (export "f") (result i32) i32.const 1))', bytes=b"(module)",
       custom='(module (@custom "c" "data"))', names="(module $m (func $f (param $p i32)))")
def text_becomes_bytes(text):
    return w.wat2wasm(text)


@cases(open="(module", word="(module (fun))", type="(module (func (param i31)))",
       number="(module (func i32.const 0x))", unknown="(module (func call $f))",
       string='(module (memory 1) (data "\\zz"))', twice="(module (func $f) (func $f))",
       junk="))", nul="(module\0)", late="(module)\n(func\n  i32.bad)")
def text_with_errors(text):
    found = tried(w.wat2wasm, text)
    return type(found).__name__


@cases(word="(module (fun))", far="(module)\n  (fun)", wide="(module (func $\u00e4 bad))")
def text_errors_show_the_place(text):
    return str(tried(w.wat2wasm, text)).split("\n")[-2:]


@case
def text_must_be_text():
    return kind_of_failure(w.wat2wasm, 1), kind_of_failure(w.wat2wasm, None)


@case
def text_may_be_invalid_wasm():
    return w.wat2wasm("(module (func (result i32)))")


# ---- modules -------------------------------------------------------------------------------------

@cases(bytes=EMPTY, bytearray=bytearray(EMPTY), text="(module)", text_bytes=b"(module)")
def module_of(source):
    module = w.Module(w.Engine(), source)
    return module, module.imports, module.exports


@cases(empty=b"", number=1, none=None, magic=b"\0asx\1\0\0\0", version=b"\0asm\2\0\0\0",
       short=b"\0asm\1", section=EMPTY + b"\1\5", kind=EMPTY + b"\x0e\0",
       order=EMPTY + b"\3\1\0\1\1\0", component=b"\0asm\x0d\0\1\0")
def module_of_bad_bytes(source):
    return kind_of_failure(w.Module, w.Engine(), source)


@cases(result="(module (func (result i32)))", stack="(module (func i32.add drop))",
       type="(module (func (result i32) i64.const 0))", local="(module (func local.get 3 drop))",
       label="(module (func br 4))", memory="(module (func (drop (i32.load (i32.const 0)))))",
       align="(module (memory 1) (func (drop (i32.load align=8 (i32.const 0)))))",
       const="(module (global i32 (i32.const 0)) (func (global.set 0 (i32.const 1))))",
       start="(module (func (param i32)) (start 0))",
       exports='(module (func (export "a")) (func (export "a")))')
def module_that_is_not_valid(wat):
    wasm = w.wat2wasm(wat)
    return kind_of_failure(w.Module, w.Engine(), wasm), kind_of_failure(
        w.Module.validate, w.Engine(), wasm)


@case
def module_wants_an_engine():
    return kind_of_failure(w.Module, "engine", "(module)"), kind_of_failure(
        w.Module, w.Store(), "(module)")


@case
def valid_bytes_are_valid():
    return w.Module.validate(w.Engine(), EMPTY), kind_of_failure(
        w.Module.validate, w.Engine(), "(module)")


@case
def module_from_a_file():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m")
        found = [kind_of_failure(w.Module.from_file, w.Engine(), path)]
        for content in (b"(module)", EMPTY, b"(mod"):
            with open(path, "wb") as file:
                file.write(content)
            found.append(kind_of_failure(w.Module.from_file, w.Engine(), path))
        return found


IMPORTS = """(module (import "a" "f" (func (param i32) (result f64)))
    (import "" "" (global (mut i64))) (import "a" "" (global externref))
    (import "m" "memory" (memory 1 2)) (import "m" "open" (memory 3))
    (import "t" "funcs" (table 1 funcref)) (import "t" "externs" (table 0 5 externref))
    (import "e" "tag" (tag (param i32))) (import "\u00e4" "\u4e2d" (func)))"""


@case
def imports_of_a_module():
    return w.Module(w.Engine(), IMPORTS).imports


@case
def imports_outlive_the_module():
    imports = w.Module(w.Engine(), IMPORTS).imports
    types = [one.type for one in imports]
    del imports
    return types


@case
def exports_of_a_module():
    return w.Module(w.Engine(), """(module (func (export "f") (param i64 f32) (result i32 i32)
            unreachable)
        (global (export "") (mut f32) (f32.const 1)) (global (export "c") i32 (i32.const 1))
        (memory (export "m") 1) (memory (export "m64") i64 1 0x100000000)
        (table (export "t") 1 2 funcref) (tag (export "e") (param i64))
        (export "\u00e4\u4e2d" (func 0)) (export "again" (func 0)))""").exports


@case
def imports_that_are_exported():
    module = w.Module(w.Engine(), '(module (import "a" "b" (func (param i32))) '
                                  '(export "c" (func 0)))')
    return module.imports, module.exports


@case
def page_sizes_are_told():
    module = w.Module(w.Engine(configured(wasm_custom_page_sizes=True)),
                      '(module (memory (export "b") 100 200 (pagesize 1)))')
    return module.exports


@case
def shared_memories_are_told():
    module = w.Module(w.Engine(), '(module (import "a" "b" (memory 1 3 shared)))')
    return module.imports


# ---- artifacts -----------------------------------------------------------------------------------

ANSWER = """(module (func (export "f") (param i32) (result i32)
    (i32.mul (local.get 0) (i32.const 6))))"""


def answer(engine, module):
    store = w.Store(engine)
    return w.Instance(store, module, []).exports(store)["f"](store, 7)


@case
def artifact_works_in_its_engine():
    engine = w.Engine()
    bytes = w.Module(engine, ANSWER).serialize()
    return type(bytes).__name__, answer(engine, w.Module.deserialize(engine, bytes))


@case
def artifact_works_in_another_engine():
    bytes = w.Module(w.Engine(), ANSWER).serialize()
    engine = w.Engine()
    module = w.Module.deserialize(engine, bytes)
    return answer(engine, module), module.exports


@case
def artifact_of_an_artifact():
    engine = w.Engine()
    first = w.Module(engine, ANSWER).serialize()
    return first == w.Module.deserialize(engine, first).serialize()


@cases(fuel=dict(consume_fuel=True), epoch=dict(epoch_interruption=True))
def artifact_of_other_settings(options):
    bytes = w.Module(w.Engine(), ANSWER).serialize()
    return kind_of_failure(w.Module.deserialize, w.Engine(configured(**options)), bytes)


@cases(empty=b"", wasm=EMPTY, text=b"(module)", zeros=b"\0" * 1000)
def artifact_that_is_none(data):
    return kind_of_failure(w.Module.deserialize, w.Engine(), data)


@case
def artifact_must_be_bytes():
    return kind_of_failure(w.Module.deserialize, w.Engine(), "text")


@cases(half=0.5, head=0.001, most=0.99)
def artifact_cut_short(part):
    bytes = w.Module(w.Engine(), ANSWER).serialize()
    return kind_of_failure(w.Module.deserialize, w.Engine(), bytes[:int(len(bytes) * part)])


@case
def artifact_in_a_file():
    engine = w.Engine()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "artifact")
        found = [kind_of_failure(w.Module.deserialize_file, engine, path)]
        with open(path, "wb") as file:
            file.write(w.Module(engine, ANSWER).serialize())
        module = w.Module.deserialize_file(engine, path)
    return found, answer(engine, module)


@case
def artifact_file_with_other_content():
    with tempfile.NamedTemporaryFile() as file:
        file.write(EMPTY)
        file.flush()
        return kind_of_failure(w.Module.deserialize_file, w.Engine(), file.name)


# ---- instances -----------------------------------------------------------------------------------

@case
def module_serves_many_stores():
    engine = w.Engine()
    module = w.Module(engine, ANSWER)
    return [answer(engine, module) for _ in range(3)]


@case
def module_of_another_engine():
    return first_line(w.Instance, w.Store(), w.Module(w.Engine(), "(module)"), [])


@cases(none=0, one=1, three=3)
def instance_with_a_wrong_number_of_imports(count):
    store = w.Store()
    module = w.Module(store.engine, '(module (import "" "" (func)) (import "" "" (func)))')
    func = w.Func(store, w.FuncType([], []), lambda: None)
    return first_line(w.Instance, store, module, [func] * count)


@case
def instance_exports_as_a_mapping():
    guest = Guest("""(module (func (export "f")) (memory (export "m") 1)
        (global (export "g") i32 (i32.const 5)) (table (export "t") 1 funcref)
        (tag (export "e")) (export "f2" (func 0)))""")
    exports = guest.exports
    return (len(exports), list(exports), [type(one).__name__ for one in exports.by_index],
            "f" in exports, "x" in exports, exports.get("x"), tried(lambda: exports["x"]))


@case
def instance_without_exports():
    return len(Guest("(module (func))").exports), list(Guest("(module)").exports)


@case
def instance_export_with_no_name():
    return list(Guest('(module (func (export "")))').exports)


@case
def start_function_runs():
    guest = Guest("""(module (global (export "g") (mut i32) (i32.const 0))
        (func $s (global.set 0 (i32.const 9))) (start $s))""")
    return guest["g"].value(guest.store)


@case
def start_function_traps():
    return first_line(Guest, "(module (func $s unreachable) (start $s))")


@cases(memory='(module (memory 1) (data (i32.const 65530) "1234567"))',
       table="(module (table 1 funcref) (func) (elem (i32.const 1) 0))",
       empty='(module (memory 0) (data (i32.const 1) ""))',
       fits='(module (memory 1) (data (i32.const 65529) "1234567"))')
def segment_at_the_border(wat):
    return first_line(Guest, wat)
