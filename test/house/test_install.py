"""`make install` into an empty folder gives what embedders, packagers and users need."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from testkit import BUILD, ROOT, expect, main, output, skip, test

PROGRAM = """
    #include <stdio.h>
    #include <wasm.h>
    #include <wasmtime.h>
    int main(void)
    {
        wasm_byte_vec_t wasm;
        wasmtime_module_t *module = NULL;
        wasm_engine_t *engine = wasm_engine_new();
        if (!engine || wasmtime_wat2wasm("(module)", 8, &wasm) ||
            wasmtime_module_new(engine, (uint8_t *)wasm.data, wasm.size, &module))
            return 1;
        wasm_byte_vec_delete(&wasm);
        wasmtime_module_delete(module);
        wasm_engine_delete(engine);
        puts("works");
        return 0;
    }
    """

CMAKE = """
    cmake_minimum_required(VERSION 3.13)
    project(embedder C CXX)
    find_package(Stint 50 REQUIRED)
    foreach(kind stint stint_static)
        add_executable(c_${kind} embed.c)
        target_link_libraries(c_${kind} PRIVATE Stint::${kind})
        add_executable(cpp_${kind} embed.cpp)
        target_link_libraries(cpp_${kind} PRIVATE Stint::${kind})
    endforeach()
    find_package(Stint 49 QUIET)
    if(Stint_FOUND)
        message(FATAL_ERROR "50 is not 49")
    endif()
    """


def make(target, folder, prefix, *more):
    output("make", "-s", target, f"BUILD={BUILD}", f"PREFIX={prefix}", f"DESTDIR={folder}", *more,
           cwd=ROOT)
    return Path(folder + prefix)


def make_install(folder, prefix, *more):
    return make("install", folder, prefix, *more)


def things_in(folder):
    return sorted(path for path in Path(folder).rglob("*") if not path.is_dir())


def need(*tools):
    for tool in tools:
        if not shutil.which(tool):
            skip(f"needs {tool}")


def write_programs(folder):
    for name in ("embed.c", "embed.cpp"):
        (Path(folder) / name).write_text(PROGRAM)


def flags_of(folder, top, *words):
    """What pkg-config says of the tree below DESTDIR, as it stands there."""
    env = dict(os.environ, PKG_CONFIG_SYSROOT_DIR=folder,
               PKG_CONFIG_PATH=str(top / "lib/pkgconfig"))
    return output("pkg-config", *words, env=env).split()


def expect_works(program, **env):
    text = output(program, env=env)
    expect(text == "works\n", text)


def libraries_of(program):
    return re.findall(r"NEEDED.*\[([^\]]+)\]", output("readelf", "-d", program))


@test
def everything_is_installed():
    with tempfile.TemporaryDirectory() as folder:
        top = make_install(folder, "/opt/stint")
        for name in ("bin/stint", "lib/libstint.a", "lib/libstint.so", "lib/libstint.so.50",
                     "lib/pkgconfig/stint.pc", "include/wasm.h", "include/wasmtime.h",
                     "lib/cmake/Stint/StintConfig.cmake", "share/man/man1/stint.1"):
            expect((top / name).exists(), f"{name} is installed")
        for header in (ROOT / "include").rglob("*.h"):
            name = header.relative_to(ROOT / "include")
            expect((top / "include" / name).exists(), f"{name} is installed")
        expect((top / "lib/libstint.so").resolve().name.startswith("libstint.so.50."),
               "libstint.so leads to the versioned file")
        strangers = [path for path in Path(folder).iterdir() if path.name != "opt"]
        expect(not strangers, f"outside of the prefix: {strangers}")
        for path in things_in(folder):
            expect(path.suffix not in (".pc", ".cmake") or folder not in path.read_text(),
                   f"{path} knows of DESTDIR")


@test
def uninstall_removes_what_is_ours():
    with tempfile.TemporaryDirectory() as folder:
        top = make("install-compat", folder, "/usr")
        theirs = [top / "lib/libother.so", top / "include/wasmtime/other.h"]
        for path in theirs:
            path.write_text("")
        make("uninstall", folder, "/usr")
        expect(things_in(folder) == sorted(theirs), things_in(folder))
        expect(not (top / "lib/cmake/Stint").exists(), "its own folder is gone")

        theirs.append(top / "lib/libwasmtime.so")
        make_install(folder, "/usr")
        theirs[-1].write_text("")
        make("uninstall", folder, "/usr")
        expect(things_in(folder) == sorted(theirs), "a libwasmtime of others stays")


@test
def distributions_choose_folders():
    with tempfile.TemporaryDirectory() as folder:
        top = make_install(folder, "/usr", "LIBDIR=/usr/lib/x86_64-linux-gnu",
                           "INCLUDEDIR=/usr/include/stint")
        lib = top / "lib/x86_64-linux-gnu"
        for path in (lib / "libstint.so.50", top / "include/stint/wasmtime/func.h",
                     lib / "pkgconfig/stint.pc", lib / "cmake/Stint/StintConfig.cmake"):
            expect(path.exists(), f"{path} is installed")
        config = (lib / "cmake/Stint/StintConfig.cmake").read_text()
        expect("${_stint_here}/../../../../include/stint" in config, config)
        text = (lib / "pkgconfig/stint.pc").read_text()
        expect("libdir=/usr/lib/x86_64-linux-gnu\n" in text, text)
        expect("includedir=/usr/include/stint\n" in text, text)


@test
def installed_command_runs_alone():
    with tempfile.TemporaryDirectory() as folder:
        top = make_install(folder, "/usr")
        text = output(top / "bin/stint", "--version", cwd="/", env={"PATH": "/usr/bin:/bin"})
        expect(text.startswith("stint 50."), text)


@test
def pkg_config_builds_embedders():
    with tempfile.TemporaryDirectory() as folder:
        top = make_install(folder, "/usr/local")
        write_programs(folder)
        version = flags_of(folder, top, "--modversion", "stint")[0]
        expect(version.startswith("50."), version)
        flags = flags_of(folder, top, "--cflags", "--libs", "stint")
        program = Path(folder) / "embed"
        output("cc", "-Wall", "-Wextra", "-Werror", "-o", program, f"{program}.c", *flags)
        expect_works(program, LD_LIBRARY_PATH=str(top / "lib"))
        expect("libstint.so.50" in libraries_of(program), libraries_of(program))
        need("c++")
        output("c++", "-Wall", "-Wextra", "-Werror", "-o", program, f"{program}.cpp", *flags)
        expect_works(program, LD_LIBRARY_PATH=str(top / "lib"))


@test
def pkg_config_builds_static_embedders():
    """Wholly static, and with the library alone inside; its names do not show in the program."""
    with tempfile.TemporaryDirectory() as folder:
        top = make_install(folder, "/usr/local")
        write_programs(folder)
        flags = flags_of(folder, top, "--static", "--cflags", "--libs", "stint")
        program = Path(folder) / "embed"
        output("cc", "-static", "-o", program, f"{program}.c", *flags)
        expect_works(program)
        expect(not libraries_of(program), libraries_of(program))
        (top / "lib/libstint.so").unlink()
        output("cc", "-o", program, f"{program}.c", *flags)
        expect_works(program)
        expect("libc.so.6" in libraries_of(program), libraries_of(program))
        expect("libstint.so.50" not in libraries_of(program), libraries_of(program))


@test
def cmake_finds_it():
    need("cmake", "c++")
    with tempfile.TemporaryDirectory() as folder:
        make_install(folder, "/opt/first")
        top = Path(folder) / "moved"  # the tree may be moved as a whole
        (Path(folder) / "opt/first").rename(top)
        write_programs(folder)
        (Path(folder) / "CMakeLists.txt").write_text(CMAKE)
        build = Path(folder) / "build"
        output("cmake", "-S", folder, "-B", build, f"-DCMAKE_PREFIX_PATH={top}")
        output("cmake", "--build", build)
        for language in ("c", "cpp"):
            for kind in ("stint", "stint_static"):
                expect_works(build / f"{language}_{kind}")
                shared = "libstint.so.50" in libraries_of(build / f"{language}_{kind}")
                expect(shared == (kind == "stint"), f"{kind} is what was linked")
        (top / "lib/libstint.a").unlink()
        done = subprocess.run(["cmake", "-S", folder, "-B", Path(folder) / "again",
                               f"-DCMAKE_PREFIX_PATH={top}"], capture_output=True, text=True)
        expect(done.returncode and "not installed whole" in " ".join(done.stderr.split()),
               f"a missing library is told: {done.stderr}")


@test
def compat_stands_in_for_libwasmtime():
    """Programs that ask for libwasmtime, by flags or by the name they were linked with."""
    with tempfile.TemporaryDirectory() as folder:
        top = make("install-compat", folder, "/usr")
        write_programs(folder)
        program = Path(folder) / "embed"
        path = str(top / "lib")
        output("cc", "-o", program, f"{program}.c",
               *flags_of(folder, top, "--cflags", "--libs", "wasmtime"))
        expect_works(program, LD_LIBRARY_PATH=path)
        expect("libstint.so.50" in libraries_of(program), libraries_of(program))
        flags = flags_of(folder, top, "--static", "--cflags", "--libs", "wasmtime")
        output("cc", "-static", "-o", program, f"{program}.c", *flags)
        expect_works(program)
        # The original has other names for itself: a stand-in of that name at link time only.
        stand_in = Path(folder) / "libwasmtime.so"
        output("cc", "-shared", "-fPIC", "-o", stand_in, "-Wl,-soname,libwasmtime.so", "-xc",
               "-", input=b"\n".join(b"void %s(void); void %s(void) {}" % (name, name) for name in (
                   b"wasm_engine_new", b"wasm_engine_delete", b"wasmtime_wat2wasm",
                   b"wasm_byte_vec_delete", b"wasmtime_module_new", b"wasmtime_module_delete")))
        output("cc", "-o", program, f"{program}.c", f"-I{top}/include", stand_in)
        expect(libraries_of(program)[0] == "libwasmtime.so", libraries_of(program))
        expect_works(program, LD_LIBRARY_PATH=path)


@test
def headers_compile_alone_in_c_and_cpp():
    """Each public header stands by itself, in C and, where there is a compiler, in C++."""
    languages = [("cc", f"-std={c}", "-xc", "-Wstrict-prototypes") for c in ("c11", "c17")]
    if subprocess.run(["sh", "-c", "command -v c++"], stdout=subprocess.DEVNULL).returncode == 0:
        languages += [("c++", f"-std={cpp}", "-xc++") for cpp in ("c++11", "c++17")]
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
