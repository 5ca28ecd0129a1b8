"""What the libraries show to a linker: public names and nothing else."""

import re
import subprocess

from testkit import BUILD, expect, main, output, test

PUBLIC = re.compile(r"(wasm|wasmtime|wasi|stint)_\w+")


def defined(*command):
    """Names that nm lists as defined here and visible outside."""
    names = [line.split()[-1] for line in output("nm", *command).splitlines()
             if len(line.split()) == 3]
    return [name.split("@")[0] for name in names]


def not_public(names):
    return [name for name in names if not PUBLIC.fullmatch(name)]


@test
def shared_library_exports_public_names_only():
    names = defined("-D", "--defined-only", BUILD / "libstint.so")
    expect("wasm_engine_new" in names, "wasm_engine_new is exported")
    expect("wasmtime_module_new" in names, "wasmtime_module_new is exported")
    expect(not not_public(names), f"not public: {not_public(names)}")


@test
def static_library_exports_the_same_names():
    static = defined("-g", "--defined-only", BUILD / "libstint.a")
    shared = defined("-D", "--defined-only", BUILD / "libstint.so")
    expect(not not_public(static), f"not public: {not_public(static)}")
    expect(set(static) == set(shared), f"differ: {sorted(set(static) ^ set(shared))}")


@test
def static_library_does_not_clash_with_the_embedder():
    """An embedder may have functions called like our internal ones."""
    folder = BUILD / "clash"
    folder.mkdir(exist_ok=True)
    source = folder / "clash.c"
    source.write_text("""
        #include <wasm.h>
        int arena_free(void);
        int arena_free(void) { return 7; }
        int main(void)
        {
            wasm_engine_t *engine = wasm_engine_new();
            wasm_engine_delete(engine);
            return engine && arena_free() == 7 ? 0 : 1;
        }
        """)
    internal = output("nm", BUILD / "libstint.a")
    expect(re.search(r" t arena_free$", internal, re.M), "arena_free is an internal name")
    output("cc", "-I", "include", "-o", folder / "clash", source, BUILD / "libstint.a", "-lm",
           "-lpthread")
    expect(subprocess.run([folder / "clash"]).returncode == 0, "the program runs")


@test
def shared_library_is_linked_safely():
    """Its name, relocations made read-only, no executable stack, no text relocations."""
    text = output("readelf", "-W", "-d", "-l", BUILD / "libstint.so")
    expect("Library soname: [libstint.so.50]" in text, "SONAME libstint.so.50")
    expect(re.search(r"GNU_RELRO", text), "RELRO")
    expect(re.search(r"BIND_NOW|FLAGS.*NOW", text), "binding at load")
    expect("TEXTREL" not in text, "no text relocations")
    stack = re.search(r"GNU_STACK.*", text)
    expect(stack and "RWE" not in stack[0], "stack is not executable")


@test
def libraries_needed_are_the_systems():
    """The product depends on the C library alone; the command also on the disassembler."""
    def needed(name):
        return set(re.findall(r"NEEDED.*\[([^\]]+)\]", output("readelf", "-d", BUILD / name)))
    system = {"libc.so.6", "libm.so.6", "libpthread.so.0", "ld-linux-x86-64.so.2"}
    expect(needed("libstint.so") <= system, needed("libstint.so"))
    expect(needed("stint") <= system | {"libcapstone.so.4"}, needed("stint"))


main()
