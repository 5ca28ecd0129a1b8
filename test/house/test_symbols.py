"""What the libraries show to a linker: public names and nothing else."""

import re
import subprocess

from testkit import BUILD, ROOT, SHARED, expect, main, output, skip, test


def defined(*command):
    """Names that nm lists as defined here and visible outside."""
    names = [line.split()[-1] for line in output("nm", *command).splitlines()
             if len(line.split()) == 3]
    return [name.split("@")[0] for name in names]


def exported():
    return set(defined("-D", "--defined-only", BUILD / "libstint.so"))


def declared():
    """What the public headers declare, all of their parts that can be switched off included."""
    headers = "".join(path.read_text() for path in (ROOT / "include").rglob("*.h"))
    parts = set(re.findall(r"#if\w* .*(WASMTIME_FEATURE_\w+)", headers))
    text = output("cc", "-E", "-P", "-I", ROOT / "include", "-DWASM_API_EXTERN=@",
                  *(f"-D{part}" for part in parts), "-", input=b"""
        #include <stint.h>
        #include <wasmtime.h>
        """)
    return set(re.findall(r"@[^(;]*?(\w+)\(", text))


def absent():
    """What is exported and does nothing yet."""
    return set(re.findall(r"^X\(\w+, (\w+),", (ROOT / "src/api/absent.def").read_text(), re.M))


def expect_same(got, want):
    expect(got == want, f"missing: {sorted(want - got)}, too many: {sorted(got - want)}")


@test
def shared_library_exports_public_names_only():
    """What headers declare has its code; the list of absent names says nothing else."""
    names, missing = declared(), absent()
    expect(len(names) > 500 and "wasm_engine_new" in names and "stint_wat2wasm" in names, names)
    expect(not names & missing, f"declared, but absent: {sorted(names & missing)}")
    expect_same(exported(), names | missing)


@test
def static_library_exports_the_same_names():
    expect_same(set(defined("-g", "--defined-only", BUILD / "libstint.a")), exported())


@test
def every_name_of_the_abi_is_exported():
    if not SHARED:
        skip("needs ../shared")
    rows = (SHARED / "compat/c-api.tsv").read_text().splitlines()[1:]
    names = {row.split("\t")[0] for row in rows}
    expect(len(names) == 774, f"{len(names)} names in the list")
    expect_same({name for name in exported() if not name.startswith("stint_")}, names)


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
