"""The guest profiler: what it writes is a profile, and says where the guest was."""

import ctypes
import json
import subprocess
from ctypes import POINTER, byref, c_char_p, c_size_t, c_uint8, c_uint64, c_void_p

import capi
from testkit import BUILD, STINT, expect, main, test

MODULE = """(module $m
  (import "host" "call" (func $call))
  (func $inner (param i32)
    (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func $"a \\"name\\"\\n" (call $inner (i32.const 100)))
  (func (export "run") (call $"a \\"name\\"\\n") (call $call))
  (func (export "none")))"""

DEADLINE = ctypes.CFUNCTYPE(c_void_p, c_void_p, c_void_p, POINTER(c_uint64), POINTER(c_uint8))


class Name(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("data", c_char_p)]


class Module(ctypes.Structure):
    _fields_ = [("name", POINTER(Name)), ("mod", c_void_p)]


def name_of(text):
    return Name(len(text), text)


class Guest:
    """An instance that is interrupted everywhere, and a profiler of its module."""

    def __init__(self, *options):
        self.lib = capi.Library(BUILD / "libstint.so")
        engine = capi.Engine(self.lib, (("epoch_interruption_set", True), *options))
        self.store = capi.Store(engine)
        wasm = subprocess.run([STINT, "parse", "-"], input=MODULE.encode(), check=True,
                              stdout=subprocess.PIPE).stdout
        self.wasm = wasm
        self.module = self.store.module(wasm)
        self.samples = 0
        self.profiler = self.new(engine, b"guest", b"mod\\ule")
        self.store.define_func("host", "call", [], [], lambda args: self.sample() or [])
        self.on_deadline = DEADLINE(self.interrupted)
        self.lib.wasmtime_store_epoch_deadline_callback(self.store.ptr, self.on_deadline, None,
                                                        None)
        self.lib.wasmtime_context_set_epoch_deadline(self.store.context, c_uint64(0))
        self.instance = self.store.instantiate(self.module)

    def new(self, engine, name, module_name):
        name, module_name = name_of(name), name_of(module_name)
        module = Module(ctypes.pointer(module_name), self.module)
        return c_void_p(self.lib.wasmtime_guestprofiler_new(
            engine.ptr, byref(name), c_uint64(2_000_000), byref(module), c_size_t(1)))

    def sample(self):
        self.samples += 1
        self.lib.wasmtime_guestprofiler_sample(self.profiler, self.store.ptr, c_uint64(3_000))

    def interrupted(self, _context, _data, delta, kind):
        self.sample()
        delta[0], kind[0] = 0, 0
        return None

    def run(self, name):
        item, trap = self.instance.export(name), c_void_p()
        error = self.lib.wasmtime_func_call(self.store.context, byref(item.of.func), None,
                                            c_size_t(0), None, c_size_t(0), byref(trap))
        self.lib.check(error, trap)

    def finish(self):
        text = capi.Bytes()
        self.lib.check(self.lib.wasmtime_guestprofiler_finish(self.profiler, byref(text)))
        return json.loads(capi.take(self.lib, text))

    def close(self):
        self.store.module_delete(self.module)
        self.store.close()


def stacks_of(thread):
    """The samples as tuples of names, outermost first, and the offsets of the innermost frame."""
    frames, funcs, names = thread["frameTable"], thread["funcTable"], thread["stringArray"]
    for stack in thread["samples"]["stack"]:
        innermost = stack
        path = []
        while stack is not None:
            frame = thread["stackTable"]["frame"][stack]
            path.insert(0, names[funcs["name"][frames["func"][frame]]])
            stack = thread["stackTable"]["prefix"][stack]
        at = None
        if innermost is not None:
            at = frames["address"][thread["stackTable"]["frame"][innermost]]
        yield tuple(path), at


def check_columns(thread):
    for name in ("frameTable", "funcTable", "nativeSymbols", "resourceTable", "stackTable",
                 "samples", "markers"):
        table = thread[name]
        lengths = {key: len(column) for key, column in table.items() if isinstance(column, list)}
        expect(set(lengths.values()) == {table["length"]}, f"{name}: {lengths}")


def profile_of(*options):
    guest = Guest(*options)
    guest.run("run")
    guest.sample()
    profile, samples, wasm = guest.finish(), guest.samples, guest.wasm
    guest.close()
    return profile, samples, wasm


def check_profile(profile, samples, wasm):
    [thread] = profile["threads"]
    check_columns(thread)
    expect(profile["meta"]["interval"] == 2 and profile["meta"]["product"] == "guest",
           profile["meta"])
    expect([lib["name"] for lib in profile["libs"]] == ["mod\\ule"], profile["libs"])
    expect(thread["samples"]["length"] == samples > 100, samples)
    expect(set(thread["samples"]["threadCPUDelta"]) == {3}, thread["samples"])
    expect(all(delta >= 0 for delta in thread["samples"]["timeDeltas"]), thread["samples"])
    stacks = list(stacks_of(thread))
    run = "<wasm function 3>"
    loops = [stack for stack in stacks if stack[0] == (run, 'a "name"\n', "inner")]
    expect(len(loops) >= 100, stacks[:8])
    expect(stacks[-2][0] == (run,) and wasm[stacks[-2][1]] == 0x10, stacks[-2:])  # the call
    expect(stacks[-1] == ((), None), stacks[-1])


@test
def samples_say_where_the_guest_was():
    check_profile(*profile_of())


@test
def the_same_without_inlining_and_interpreted():
    check_profile(*profile_of(("stint", "O", "inline", "n")))
    check_profile(*profile_of(("stint", "C", "compiler", "interpreter")))


@test
def other_modules_are_not_shown():
    guest = Guest()
    other = capi.Store(guest.store.engine)
    guest.lib.wasmtime_guestprofiler_delete(guest.profiler)
    own, guest.module = guest.module, other.module(b"\0asm\1\0\0\0")
    guest.profiler = guest.new(guest.store.engine, b"guest", b"other")
    guest.run("run")
    [thread] = guest.finish()["threads"]
    check_columns(thread)
    expect(set(stacks_of(thread)) == {((), None)}, thread)
    other.module_delete(guest.module)
    guest.module = own
    other.close()
    guest.close()


@test
def names_have_to_be_utf8_and_modules_the_engines():
    guest = Guest()
    engine = guest.store.engine
    expect(not guest.new(engine, b"\xff", b"mod").value, "a name")
    expect(not guest.new(engine, b"guest", b"\xc0\x80").value, "a module's name")
    expect(not guest.new(capi.Engine(guest.lib), b"guest", b"mod").value, "another engine")
    guest.finish()
    guest.close()


main()
