"""A small binding to the C ABI of libwasmtime, for tests: the same script drives Stint's library
and the original one.

    lib = Library(path)
    store = Store(Engine(lib))
    instance = store.instantiate(store.module(wasm_bytes), imports={})
    store.call(instance.func("add"), [("i32", 1), ("i32", 2)])

Values are pairs of a type name and a number (floats by their bits, references by None or a number).
"""

import ctypes
from ctypes import POINTER, byref, c_bool, c_char_p, c_size_t, c_uint8, c_uint32, c_uint64, c_void_p

I32, I64, F32, F64, V128, FUNCREF, EXTERNREF, ANYREF, EXNREF = range(9)
KIND = {"i32": I32, "i64": I64, "f32": F32, "f64": F64, "v128": V128, "funcref": FUNCREF,
        "externref": EXTERNREF, "anyref": ANYREF, "exnref": EXNREF}
NAME = {number: name for name, number in KIND.items()}
# Value kinds of the standard wasm.h.
WASM_KIND = {"i32": 0, "i64": 1, "f32": 2, "f64": 3, "externref": 128, "funcref": 129}
EXTERN_FUNC, EXTERN_GLOBAL, EXTERN_TABLE, EXTERN_MEMORY, EXTERN_SHARED_MEMORY = range(5)


class Func(ctypes.Structure):
    _fields_ = [("store_id", c_uint64), ("private", c_void_p)]


class Ref(ctypes.Structure):
    _fields_ = [("store_id", c_uint64), ("a", c_uint32), ("b", c_uint32), ("c", c_void_p)]


class ValUnion(ctypes.Union):
    _fields_ = [("i32", c_uint32), ("i64", c_uint64), ("ref", Ref), ("func", Func),
                ("v128", c_uint8 * 16)]


class Val(ctypes.Structure):
    _fields_ = [("kind", c_uint8), ("of", ValUnion)]


class Handle(ctypes.Structure):
    """A memory, table or global: 24 bytes."""
    _fields_ = [("store_id", c_uint64), ("a", c_uint32), ("b", c_uint32), ("c", c_uint32)]


class InstanceHandle(ctypes.Structure):
    _fields_ = [("store_id", c_uint64), ("private", c_uint64)]


class ExternUnion(ctypes.Union):
    _fields_ = [("func", Func), ("handle", Handle), ("pointer", c_void_p)]


class Extern(ctypes.Structure):
    _fields_ = [("kind", c_uint8), ("of", ExternUnion)]


class Bytes(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("data", POINTER(c_uint8))]


class Vec(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("data", POINTER(c_void_p))]


CALLBACK = ctypes.CFUNCTYPE(c_size_t, c_void_p, c_void_p, POINTER(Val), c_size_t, POINTER(Val),
                            c_size_t)


RAW_CALLBACK = ctypes.CFUNCTYPE(c_size_t, c_void_p, c_void_p, POINTER(c_uint64), c_size_t)


class Error(Exception):
    """The library refused."""


class Trap(Exception):
    """The guest trapped; `code` is the trap code or None, `functions` are the numbers of those in
    the backtrace."""
    code = None
    functions = ()


class Library:
    def __init__(self, path):
        self.dll = ctypes.CDLL(str(path))
        self.keep = []

    def __getattr__(self, name):
        function = getattr(self.dll, name)
        # Pointers are returned whole; sizes and booleans where the name tells.
        if name.endswith(("_size", "_grow_")):
            function.restype = c_uint64
        elif name in ("wasmtime_instance_export_get", "wasmtime_trap_code",
                      "wasmtime_linker_get", "wasmtime_table_get",
                      "wasmtime_error_exit_status", "wasmtime_externref_new", "wasmtime_tag_eq",
                      "wasmtime_context_take_exception", "wasmtime_context_has_exception"):
            function.restype = c_bool
        else:
            function.restype = c_void_p
        setattr(self, name, function)
        return function

    def check(self, error, trap=None):
        if error:
            message = Bytes()
            self.wasmtime_error_message(c_void_p(error), byref(message))
            text = take(self, message)
            self.wasmtime_error_delete(c_void_p(error))
            raise Error(text)
        if trap is not None and trap.value:
            message, code = Bytes(), c_uint8()
            self.wasm_trap_message(trap, byref(message))
            failure = Trap(take(self, message).rstrip("\0"))
            if self.wasmtime_trap_code(trap, byref(code)):
                failure.code = code.value
            frames = Vec()
            self.wasm_trap_trace(trap, byref(frames))
            numbers = [self.wasm_frame_func_index(c_void_p(frames.data[i])) or 0
                       for i in range(frames.size)]
            failure.functions = [number & 0xffffffff for number in numbers]
            self.wasm_frame_vec_delete(byref(frames))
            self.wasm_trap_delete(trap)
            raise failure


def take(lib, message):
    text = ctypes.string_at(message.data, message.size).decode("utf-8", "replace")
    lib.wasm_byte_vec_delete(byref(message))
    return text


class Engine:
    """options: list of (setter name without wasmtime_config_, value); Stint's own options as
    ("stint", "O", "opt-level", "1")."""

    def __init__(self, lib, options=()):
        self.lib = lib
        config = c_void_p(lib.wasm_config_new())
        for option in options:
            if option[0] == "stint":
                lib.check(lib.stint_config_set_option(config, ctypes.c_char(option[1].encode()),
                                                      option[2].encode(), option[3].encode()))
            else:
                getattr(lib, "wasmtime_config_" + option[0])(config, option[1])
        self.ptr = c_void_p(lib.wasm_engine_new_with_config(config))
        if not self.ptr.value:
            raise Error("no engine")


class Instance:
    def __init__(self, store, handle):
        self.store = store
        self.handle = handle

    def export(self, name):
        item, name = Extern(), name.encode("utf-8", "surrogatepass")
        found = self.store.lib.wasmtime_instance_export_get(
            self.store.context, byref(self.handle), name, c_size_t(len(name)), byref(item))
        if not found:
            raise Error(f"no export {name!r}")
        return item


class Store:
    def __init__(self, engine):
        self.lib = lib = engine.lib
        self.engine = engine
        self.ptr = c_void_p(lib.wasmtime_store_new(engine.ptr, None, None))
        self.context = c_void_p(lib.wasmtime_store_context(self.ptr))
        self.linker = c_void_p(lib.wasmtime_linker_new(engine.ptr))
        lib.wasmtime_linker_allow_shadowing(self.linker, c_bool(True))

    def limit_memory(self, size_bytes, table_elements=-1):
        self.lib.wasmtime_store_limiter(self.ptr, ctypes.c_int64(size_bytes),
                                        ctypes.c_int64(table_elements),
                                        ctypes.c_int64(-1), ctypes.c_int64(-1),
                                        ctypes.c_int64(-1))

    def set_fuel(self, units):
        self.lib.check(self.lib.wasmtime_context_set_fuel(self.context, c_uint64(units)))

    def fuel(self):
        units = c_uint64()
        self.lib.check(self.lib.wasmtime_context_get_fuel(self.context, byref(units)))
        return units.value

    def close(self):
        self.lib.wasmtime_linker_delete(self.linker)
        self.lib.wasmtime_store_delete(self.ptr)

    # ---- modules ----
    def module(self, wasm):
        module = c_void_p()
        self.lib.check(self.lib.wasmtime_module_new(self.engine.ptr, wasm, c_size_t(len(wasm)),
                                                    byref(module)))
        return module

    def serialize(self, module):
        artifact = Bytes()
        self.lib.check(self.lib.wasmtime_module_serialize(module, byref(artifact)))
        data = ctypes.string_at(artifact.data, artifact.size)
        self.lib.wasm_byte_vec_delete(byref(artifact))
        return data

    def deserialize(self, artifact):
        module = c_void_p()
        self.lib.check(self.lib.wasmtime_module_deserialize(
            self.engine.ptr, artifact, c_size_t(len(artifact)), byref(module)))
        return module

    def module_delete(self, module):
        self.lib.wasmtime_module_delete(module)

    def instantiate(self, module):
        handle, trap = InstanceHandle(), c_void_p()
        error = self.lib.wasmtime_linker_instantiate(self.linker, self.context, module,
                                                     byref(handle), byref(trap))
        self.lib.check(error, trap)
        return Instance(self, handle)

    def register(self, name, instance):
        name = name.encode()
        self.lib.check(self.lib.wasmtime_linker_define_instance(
            self.linker, self.context, name, c_size_t(len(name)), byref(instance.handle)))

    # ---- types ----
    def valtypes(self, names):
        items = (c_void_p * len(names))(
            *[self.lib.wasm_valtype_new(c_uint8(WASM_KIND[name])) for name in names])
        vec = Vec()
        self.lib.wasm_valtype_vec_new(byref(vec), c_size_t(len(names)), items)
        return vec

    def functype(self, params, results):
        p, r = self.valtypes(params), self.valtypes(results)
        return c_void_p(self.lib.wasm_functype_new(byref(p), byref(r)))

    # ---- definitions ----
    def define_func(self, module, name, params, results, function):
        """function(list of values) -> list of values, or raises to trap."""
        def callback(_env, _caller, args, nargs, out, nout):
            try:
                values = function([self.from_val(args[i]) for i in range(nargs)])
                for i in range(nout):
                    self.to_val(values[i], out[i])
            except Exception as failure:  # becomes the guest's trap
                text = str(failure).encode()
                return self.lib.wasmtime_trap_new(text, c_size_t(len(text)))
            return 0
        pointer = CALLBACK(callback)
        self.lib.keep.append(pointer)
        module, name = module.encode(), name.encode()
        self.lib.check(self.lib.wasmtime_linker_define_func(
            self.linker, module, c_size_t(len(module)), name, c_size_t(len(name)),
            self.functype(params, results), pointer, None, None))

    def define_raw(self, module, name, params, results, function):
        """The same without checks: numbers of 64 bits, which are handed on as they are. Each fills
        both halves of its value of 16 bytes."""
        def callback(_env, _caller, words, _n):
            values = function([words[2 * i] for i in range(len(params))])
            for i, value in enumerate(values):
                words[2 * i] = words[2 * i + 1] = value
            return 0
        pointer = RAW_CALLBACK(callback)
        self.lib.keep.append(pointer)
        module, name = module.encode(), name.encode()
        self.lib.check(self.lib.wasmtime_linker_define_func_unchecked(
            self.linker, module, c_size_t(len(module)), name, c_size_t(len(name)),
            self.functype(params, results), pointer, None, None))

    def define(self, module, name, item):
        module, name = module.encode(), name.encode()
        self.lib.check(self.lib.wasmtime_linker_define(
            self.linker, self.context, module, c_size_t(len(module)), name, c_size_t(len(name)),
            byref(item)))

    def new_global(self, value, mutable=False):
        ty = c_void_p(self.lib.wasm_globaltype_new(
            c_void_p(self.lib.wasm_valtype_new(c_uint8(WASM_KIND[value[0]]))),
            c_uint8(1 if mutable else 0)))
        item = Extern(kind=EXTERN_GLOBAL)
        val = self.to_val(value, Val())
        self.lib.check(self.lib.wasmtime_global_new(self.context, ty, byref(val),
                                                    byref(item.of.handle)))
        return item

    def new_table(self, minimum, maximum):
        limits = (c_uint32 * 2)(minimum, maximum)
        ty = c_void_p(self.lib.wasm_tabletype_new(
            c_void_p(self.lib.wasm_valtype_new(c_uint8(WASM_KIND["funcref"]))), limits))
        item = Extern(kind=EXTERN_TABLE)
        null = Val(kind=FUNCREF)
        self.lib.check(self.lib.wasmtime_table_new(self.context, ty, byref(null),
                                                   byref(item.of.handle)))
        return item

    def new_memory(self, minimum, maximum):
        limits = (c_uint32 * 2)(minimum, maximum)
        ty = c_void_p(self.lib.wasm_memorytype_new(limits))
        item = Extern(kind=EXTERN_MEMORY)
        self.lib.check(self.lib.wasmtime_memory_new(self.context, ty, byref(item.of.handle)))
        return item

    def new_shared_memory(self, minimum, maximum):
        ty, item = c_void_p(), Extern(kind=EXTERN_SHARED_MEMORY)
        self.lib.check(self.lib.wasmtime_memorytype_new(
            c_uint64(minimum), c_bool(True), c_uint64(maximum), c_bool(False), c_bool(True),
            c_uint8(16), byref(ty)))
        pointer = c_void_p()
        self.lib.check(self.lib.wasmtime_sharedmemory_new(self.engine.ptr, ty, byref(pointer)))
        item.of.pointer = pointer
        return item

    # ---- values ----
    def to_val(self, value, val):
        name, number = value
        val.kind = KIND[name]
        if name == "v128":
            val.of.v128[:] = list(number.to_bytes(16, "little"))
        elif name in ("externref", "anyref") and number is not None:
            # A host reference inside is the same root under another kind.
            self.lib.wasmtime_externref_new(self.context, c_void_p(number + 1), None,
                                            byref(val.of.ref))
        elif name in ("funcref", "externref", "anyref", "exnref"):
            if isinstance(number, Func):
                val.of.func = number
            else:
                val.of.ref.store_id = 0
        else:
            val.of.i64 = number & (0xffffffff if name in ("i32", "f32") else (1 << 64) - 1)
        return val

    def from_val(self, val):
        name = NAME[val.kind]
        if name in ("i32", "f32"):
            return name, val.of.i32
        if name in ("i64", "f64"):
            return name, val.of.i64
        if name == "v128":
            return name, int.from_bytes(bytes(val.of.v128), "little")
        if val.of.ref.store_id == 0:
            return name, None
        if name == "funcref":
            return name, Func(val.of.func.store_id, val.of.func.private)
        if name == "externref":
            data = self.lib.wasmtime_externref_data(self.context, byref(val.of.ref))
            return name, (data or 0) - 1
        return name, "some"

    def call(self, func, args):
        lib = self.lib
        ty = c_void_p(lib.wasmtime_func_type(self.context, byref(func)))
        nresults = Vec.from_address(lib.wasm_functype_results(ty)).size
        lib.wasm_functype_delete(ty)
        given = (Val * len(args))()
        for value, slot in zip(args, given):
            self.to_val(value, slot)
        results, trap = (Val * max(1, nresults))(), c_void_p()
        error = lib.wasmtime_func_call(self.context, byref(func), given, c_size_t(len(args)),
                                       results, c_size_t(nresults), byref(trap))
        lib.check(error, trap)
        return [self.from_val(results[i]) for i in range(nresults)]

    def take_exception(self):
        """The values of the exception that a call ended with; None if there is none."""
        exn, val, values = Ref(), Val(), []
        if not self.lib.wasmtime_context_take_exception(self.context, byref(exn)):
            return None
        for i in range(self.lib.wasmtime_exnref_field_count(self.context, byref(exn)) or 0):
            self.lib.check(self.lib.wasmtime_exnref_field(self.context, byref(exn), c_size_t(i),
                                                          byref(val)))
            values.append(self.from_val(val))
        self.lib.wasmtime_exnref_unroot(byref(exn))
        return values

    def call_raw(self, func, words, nresults):
        """Calls without checks, with numbers of 64 bits as define_raw has them."""
        given, trap = (c_uint64 * (2 * max(1, len(words), nresults)))(), c_void_p()
        for i, word in enumerate(words):
            given[2 * i] = given[2 * i + 1] = word
        error = self.lib.wasmtime_func_call_unchecked(
            self.context, byref(func), given, c_size_t(len(given) // 2), byref(trap))
        self.lib.check(error, trap)
        return [given[2 * i] for i in range(nresults)]

    def global_set(self, item, val):
        """val: a Val, as it is."""
        self.lib.check(self.lib.wasmtime_global_set(self.context, byref(item.of.handle),
                                                    byref(val)))

    def global_get(self, item):
        val = Val()
        self.lib.wasmtime_global_get(self.context, byref(item.of.handle), byref(val))
        return self.from_val(val)

    def memory_bytes(self, item):
        size = self.lib.wasmtime_memory_data_size(self.context, byref(item.of.handle))
        data = self.lib.wasmtime_memory_data(self.context, byref(item.of.handle))
        return ctypes.string_at(data, size) if size else b""
