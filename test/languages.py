#!/usr/bin/env python3
"""Programs in languages whose compilers emit what C does not: garbage collection, exceptions.

usage: languages.py [--stint PATH] [--keep DIR] [NAME...]

Each program of test/languages is compiled by its language's own compiler, run by `stint run`, and
its output compared with the .txt beside it (made by the wheel's Wasmtime, or natively):
  kotlin         objects.kt, Kotlin/Wasm for WASI, exnref; the compiler comes from Maven (mvn, java)
  kotlin-legacy  the same with the older exception instructions
  cpp            exceptions.cpp by Debian's emscripten, with the older instructions
What a program's compiler lacks is said, and counts as skipped. Compilers and what they build are
kept in STINT_LANGUAGES or ~/.cache/stint-languages: the first run takes minutes.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "test" / "languages"
CACHE = Path(os.environ.get("STINT_LANGUAGES") or os.path.expanduser("~/.cache/stint-languages"))
KOTLIN = "2.3.0"
RUN_LIMIT_S = 60


class Missing(Exception):
    pass


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Missing(program)


def call(command, **options):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: exit status {done.returncode}\n{done.stdout[-2000:]}")


# ---- Kotlin ----

def kotlin_compiler():
    """(class path, standard library), fetched once."""
    need("mvn", "java")
    folder = CACHE / f"kotlin-{KOTLIN}"
    library = folder / f"kotlin-stdlib-wasm-wasi-{KOTLIN}.klib"
    if not library.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pom.xml").write_text(
            '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
            "<groupId>stint</groupId><artifactId>kotlin</artifactId><version>1</version>"
            "<dependencies><dependency><groupId>org.jetbrains.kotlin</groupId>"
            f"<artifactId>kotlin-compiler-embeddable</artifactId><version>{KOTLIN}</version>"
            "</dependency></dependencies></project>\n")
        call(["mvn", "-B", "-q", "dependency:copy-dependencies", "-DoutputDirectory=."], cwd=folder)
        call(["mvn", "-B", "-q", "dependency:copy", "-DoutputDirectory=.",
              f"-Dartifact=org.jetbrains.kotlin:kotlin-stdlib-wasm-wasi:{KOTLIN}:klib"], cwd=folder)
    return ":".join(map(str, sorted(folder.glob("*.jar")))), library


def build_kotlin(out, is_legacy):
    classes, library = kotlin_compiler()
    compiler = ["java", "-cp", classes, "org.jetbrains.kotlin.cli.js.K2JSCompiler", "-Xwasm",
                "-Xwasm-target=wasm-wasi", "-ir-output-name", "objects", "-ir-output-dir", out]
    klib = out / "objects.klib"
    call([*compiler, "-Xir-produce-klib-file", "-libraries", library, HERE / "objects.kt"])
    call([*compiler, "-Xir-produce-js", f"-Xinclude={klib}", "-libraries", f"{library}:{klib}",
          f"-Xwasm-use-new-exception-proposal={'false' if is_legacy else 'true'}"])
    return out / "objects.wasm"


# ---- C++ ----

def build_cpp(out):
    need("em++")
    shipped = Path("/usr/share/emscripten/.emscripten")
    if not shipped.exists():
        raise Missing("Debian's emscripten")
    # Debian forbids filling its own cache of system libraries; ours is elsewhere.
    CACHE.mkdir(parents=True, exist_ok=True)
    config = CACHE / "emscripten.cfg"
    config.write_text(shipped.read_text().replace("FROZEN_CACHE = True", "FROZEN_CACHE = False"))
    env = dict(os.environ, EM_CONFIG=str(config), EM_CACHE=str(CACHE / "emscripten"))
    call(["em++", "-fwasm-exceptions", "-O2", "-sSTANDALONE_WASM", HERE / "exceptions.cpp", "-o",
          out / "exceptions.wasm"], env=env)
    return out / "exceptions.wasm"


LEGACY = ["-W", "legacy-exceptions=y"]
# name: (how to build, options of `stint run`, expected output)
PROGRAMS = {
    "kotlin": (lambda out: build_kotlin(out, False), [], "objects.txt"),
    "kotlin-legacy": (lambda out: build_kotlin(out, True),
                      LEGACY, "objects.txt"),
    "cpp": (build_cpp, LEGACY, "exceptions.txt"),
}


def check(stint, name, out):
    build, options, expected = PROGRAMS[name]
    wasm = build(out)
    done = subprocess.run([stint, "run", *options, str(wasm)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=RUN_LIMIT_S)
    if done.returncode == 0 and done.stdout == (HERE / expected).read_bytes():
        return True
    print(f"{name}: exit status {done.returncode}\n{done.stdout.decode(errors='replace')[-2000:]}"
          f"{done.stderr.decode(errors='replace')[-2000:]}")
    return False


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--stint", default=str(ROOT / "build" / "stint"))
    ap.add_argument("--keep", help="where the modules are left")
    ap.add_argument("names", nargs="*", choices=[*PROGRAMS, []])
    args = ap.parse_args()
    passed = failed = skipped = 0
    for name in args.names or PROGRAMS:
        out = Path(args.keep or CACHE / "out") / name
        out.mkdir(parents=True, exist_ok=True)
        try:
            is_right = check(args.stint, name, out)
        except Missing as program:
            print(f"skipped: {name}: {program} is not here")
            skipped += 1
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            print(f"{name}: {error}")
            failed += 1
        else:
            print(f"{name}: {'right' if is_right else 'wrong'}")
            passed += is_right
            failed += not is_right
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
