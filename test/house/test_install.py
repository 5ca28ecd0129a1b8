"""`make install` into an empty folder gives what an embedder and a user need."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from testkit import BUILD, ROOT, expect, main, output, test

PROGRAM = """
    #include <stdio.h>
    #include <wasm.h>
    #include <wasmtime.h>
    int main(void)
    {
        wasm_engine_t *engine = wasm_engine_new();
        if (!engine)
            return 1;
        wasm_engine_delete(engine);
        puts("works");
        return 0;
    }
    """


def make_install(folder, prefix):
    output("make", "-s", "install", f"BUILD={BUILD}", f"PREFIX={prefix}", f"DESTDIR={folder}",
           cwd=ROOT)
    return Path(folder + prefix)


@test
def everything_is_installed():
    with tempfile.TemporaryDirectory() as folder:
        top = make_install(folder, "/opt/stint")
        for name in ("bin/stint", "lib/libstint.a", "lib/libstint.so", "lib/libstint.so.50",
                     "lib/pkgconfig/stint.pc", "include/wasm.h", "include/wasmtime.h",
                     "share/man/man1/stint.1"):
            expect((top / name).exists(), f"{name} is installed")
        for header in (ROOT / "include").rglob("*.h"):
            name = header.relative_to(ROOT / "include")
            expect((top / "include" / name).exists(), f"{name} is installed")
        expect((top / "lib/libstint.so").resolve().name.startswith("libstint.so.50."),
               "libstint.so leads to the versioned file")
        strangers = [path for path in Path(folder).iterdir() if path.name != "opt"]
        expect(not strangers, f"outside of the prefix: {strangers}")


@test
def installed_command_runs_alone():
    with tempfile.TemporaryDirectory() as folder:
        top = make_install(folder, "/usr")
        text = output(top / "bin/stint", "--version", cwd="/", env={"PATH": "/usr/bin:/bin"})
        expect(text.startswith("stint 50."), text)


@test
def pkg_config_builds_an_embedder():
    with tempfile.TemporaryDirectory() as folder:
        top = make_install(folder, "/usr/local")
        source = Path(folder) / "embed.c"
        source.write_text(PROGRAM)
        env = dict(os.environ, PKG_CONFIG_SYSROOT_DIR=folder,
                   PKG_CONFIG_PATH=str(top / "lib/pkgconfig"))
        version = output("pkg-config", "--modversion", "stint", env=env).strip()
        expect(version.startswith("50."), version)
        flags = output("pkg-config", "--cflags", "--libs", "stint", env=env).split()
        output("cc", "-o", Path(folder) / "embed", source, *flags)
        text = output(Path(folder) / "embed", env={"LD_LIBRARY_PATH": str(top / "lib")})
        expect(text == "works\n", text)


@test
def headers_compile_alone_in_c_and_cpp():
    """Each public header stands by itself, in C11 and, where there is a compiler, in C++."""
    languages = [("cc", "-std=c11", "-xc")]
    if subprocess.run(["sh", "-c", "command -v c++"], stdout=subprocess.DEVNULL).returncode == 0:
        languages.append(("c++", "-std=c++17", "-xc++"))
    for header in sorted((ROOT / "include").rglob("*.h")):
        include = f"#include <{header.relative_to(ROOT / 'include')}>\n".encode()
        for compiler, *flags in languages:
            output(compiler, *flags, "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                   "-I", ROOT / "include", "-", input=include)


@test
def manual_page_is_clean():
    """man finds nothing to complain about, where there is a man."""
    page = ROOT / "man/stint.1"
    text = page.read_text()
    for section in (".SH NAME", ".SH SYNOPSIS", ".SH OPTIONS", ".SH EXIT STATUS", ".SH EXAMPLES"):
        expect(section in text, f"the manual has {section}")
    tables = "".join((ROOT / f"src/cli/{name}.def").read_text() for name in ("flags", "commands"))
    names = re.findall(r'^(?:FLAG\(|COMMAND\(\w+, )"([\w-]+)"', tables, re.M)
    missing = [name for name in names if name not in text.replace("\\-", "-")]
    expect(len(names) > 15 and not missing, f"the manual has nothing on {missing}")
    if subprocess.run(["sh", "-c", "command -v man"], stdout=subprocess.DEVNULL).returncode == 0:
        done = subprocess.run(["man", "--warnings", "-l", str(page)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, env=dict(os.environ, MANWIDTH="80"))
        expect(not done.stderr, done.stderr.decode())


main()
