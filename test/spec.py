#!/usr/bin/env python3
"""Runs the specification's test suite through the library, by way of `wasm-tools json-from-wast`.

usage: spec.py [--lib PATH] [--suite DIR] [--option G,KEY,VALUE]... [-v] [FILE.wast ...]

Without files: core/*.wast and the folders of FOLDERS. `wasm-tools` comes from
`cargo install wasm-tools`. A file that needs an instruction the compiler does not have is reported
with its name ("refused"), and its modules that need it count as failed.
"""

import argparse
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import capi  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("core", "core/bulk-memory", "core/gc", "core/multi-memory", "core/exceptions",
           "legacy/exceptions")

NAN = {"f32": (0x7f800000, 0x400000, 0x7fffffff), "f64": (0x7ff << 52, 1 << 51, (1 << 63) - 1)}


def value_of(arg):
    """A JSON argument as a value of capi."""
    kind, number = arg["type"], arg.get("value")
    if kind in ("i32", "i64", "f32", "f64"):
        return kind, int(number)
    if kind == "v128":
        width = {"i8": 8, "i16": 16, "i32": 32, "i64": 64, "f32": 32, "f64": 64}[arg["lane_type"]]
        total = 0
        for i, lane in enumerate(number):
            total |= (int(lane) & ((1 << width) - 1)) << (i * width)
        return kind, total
    if kind in ("funcref", "nullfuncref"):
        return "funcref", None
    if kind in ("externref", "nullexternref"):
        return "externref", None if number in (None, "null") else int(number)
    return "anyref", None if number in (None, "null") else int(number)


def float_matches(kind, actual, pattern):
    exponent, quiet, magnitude = NAN[kind]
    bits = actual & magnitude
    if pattern == "nan:canonical":
        return bits == exponent | quiet
    return bits & (exponent | quiet) == exponent | quiet


def matches(actual, expected):
    kind, number = expected["type"], expected.get("value")
    if kind == "either":
        return any(matches(actual, one) for one in expected["values"])
    name, got = actual
    if kind in ("f32", "f64"):
        if name != kind:
            return False
        if number.startswith("nan:"):
            return float_matches(kind, got, number)
        return got == int(number)
    if kind in ("i32", "i64"):
        return name == kind and got == int(number) & ((1 << int(kind[1:])) - 1)
    if kind == "v128":
        return name == kind and lanes_match(got, expected)
    if kind in ("nullref", "refnull", "nullfuncref", "nullexternref", "nullexnref"):
        return got is None
    if number is None and kind in ("funcref", "externref", "anyref", "exnref"):
        return name == kind and got is not None
    if kind in ("anyref", "eqref", "i31ref", "structref", "arrayref"):
        return name == "anyref" and (got is None) == (number == "null")
    if number == "null":
        return got is None
    if kind == "externref":
        return name == kind and got == int(number)
    return got is not None


def lanes_match(got, expected):
    lane = expected["lane_type"]
    width = int(lane[1:])
    for i, want in enumerate(expected["value"]):
        bits = got >> (i * width) & ((1 << width) - 1)
        if want.startswith("nan:"):
            if not float_matches(lane, bits, want):
                return False
        elif bits != int(want) & ((1 << width) - 1):
            return False
    return True


class Script:
    def __init__(self, lib, options, folder, path):
        self.folder, self.path = folder, path
        self.has_threads = ("stint", "W", "shared-memory", "y") in options
        self.store = capi.Store(capi.Engine(lib, options))
        self.modules, self.instances = {}, {}
        self.current, self.is_text = None, False
        self.counts = collections.Counter()
        self.failures = []
        self.refused = set()
        self.define_spectest()

    def define_spectest(self):
        store = self.store
        for name, params in (("print", []), ("print_i32", ["i32"]), ("print_i64", ["i64"]),
                             ("print_f32", ["f32"]), ("print_f64", ["f64"]),
                             ("print_i32_f32", ["i32", "f32"]), ("print_f64_f64", ["f64", "f64"])):
            store.define_func("spectest", name, params, [], lambda args: [])
        for kind, bits in (("i32", 666), ("i64", 666), ("f32", 0x4426a666),
                           ("f64", 0x4084d4cccccccccd)):
            store.define("spectest", "global_" + kind, store.new_global((kind, bits)))
        store.define("spectest", "table", store.new_table(10, 20))
        store.define("spectest", "memory", store.new_memory(1, 2))
        # The ABI makes no 64-bit table: (module (table (export "table64") i64 10 20 funcref))
        table64 = store.instantiate(store.module(
            b"\0asm\1\0\0\0\x04\x05\x01\x70\x05\x0a\x14\x07\x0b\x01\x07table64\x01\x00"))
        store.register("spectest", table64)
        if self.has_threads:
            store.define("spectest", "shared_memory", store.new_shared_memory(1, 2))

    def bytes_of(self, command):
        return (self.folder / command["filename"]).read_bytes()

    def compile(self, command):
        return self.store.module(self.bytes_of(command))

    def instance(self, name):
        found = self.instances.get(name) if name else self.current
        if found is None:
            raise capi.Error("no such instance: " + str(name))
        return found

    def action(self, action):
        instance = self.instance(action.get("module"))
        item = instance.export(action["field"])
        if action["type"] == "get":
            return [self.store.global_get(item)]
        if item.kind != capi.EXTERN_FUNC:
            raise capi.Error("not a function")
        return self.store.call(item.of.func, [value_of(a) for a in action["args"]])

    # Each command returns None if it holds, else what is wrong.
    def do_module(self, c):
        self.current, self.is_text = None, c.get("module_type") == "text"
        if self.is_text:
            return "skip"
        self.current = self.store.instantiate(self.compile(c))
        if c.get("name"):
            self.instances[c["name"]] = self.current

    def do_module_definition(self, c):
        self.modules[c.get("name")] = self.compile(c)

    def do_module_instance(self, c):
        self.current = self.store.instantiate(self.modules[c.get("module")])
        if c.get("instance"):
            self.instances[c["instance"]] = self.current

    def do_register(self, c):
        self.store.register(c["as"], self.instance(c.get("name")))

    def do_action(self, c):
        self.action(c["action"])

    def do_assert_return(self, c):
        got = self.action(c["action"])
        expected = c["expected"]
        if len(got) != len(expected) or not all(map(matches, got, expected)):
            return f"expected {expected}, found {got}"

    def traps(self, c, run):
        try:
            got = run()
        except capi.Trap as trap:
            return None if fits(str(trap), c["text"]) else f"expected {c['text']!r}, found {trap}"
        return f"expected trap {c['text']!r}, found {got}"

    def do_assert_trap(self, c):
        return self.traps(c, lambda: self.action(c["action"]))

    do_assert_exhaustion = do_assert_trap

    def do_assert_exception(self, c):
        try:
            got = self.action(c["action"])
        except capi.Trap as trap:
            if self.store.take_exception() is None:
                return f"expected an exception, found {trap}"
            return None
        return f"expected an exception, found {got}"

    def do_assert_uninstantiable(self, c):
        return self.traps(c, lambda: self.store.instantiate(self.compile(c)) and "an instance")

    def do_assert_unlinkable(self, c):
        module = self.compile(c)
        try:
            self.store.instantiate(module)
        except capi.Error as error:
            return None if fits_link(str(error), c["text"]) else f"{c['text']!r}: {error}"
        return "expected to be unlinkable: " + c["text"]

    def do_assert_invalid(self, c):
        if c["module_type"] != "binary":
            return "skip"
        try:
            self.compile(c)
        except capi.Error as error:
            return None if fits(str(error), c["text"]) else f"expected {c['text']!r}, found {error}"
        return "expected to be invalid: " + c["text"]

    do_assert_malformed = do_assert_invalid

    def run(self, commands):
        for c in commands:
            method = getattr(self, "do_" + c["type"], None)
            try:
                wrong = method(c) if method else "unknown command " + c["type"]
                # A module that exists only as text waits for a parser, and so do its assertions.
            except (capi.Error, capi.Trap) as failure:
                wrong = "skip" if self.is_text else str(failure)
            if wrong == "skip":
                self.counts["skipped"] += 1
            elif wrong is None:
                self.counts["passed"] += 1
            else:
                self.counts["failed"] += 1
                missing = re.search(r"compiler does not have (`[^`]*`|[\w ]+) yet", wrong)
                if missing:
                    self.refused.add(missing.group(1))
                self.failures.append(f"{self.path}:{c['line']}: {c['type']}: {wrong}")
        self.store.close()


def fits(text, expected):
    """Trap and error texts come with their context; the suite's words are in them."""
    words = {"unreachable": "unreachable", "indirect call": "indirect call",
             "uninitialized": "uninitialized", "undefined": "undefined element",
             "null function reference": "null reference",
             "null structure reference": "null reference",
             "null array reference": "null reference", "null i31 reference": "null reference"}
    for begin, word in words.items():
        if expected.startswith(begin):
            return word in text
    return expected in text


def fits_link(text, expected):
    return expected in text or (expected == "unknown import" and "unknown import" in text)


def convert_legacy(wast, out):
    """The older exceptions are known to wabt only, which puts its own words behind the suite's."""
    done = subprocess.run(["wast2json", "--enable-exceptions", "--enable-tail-call", str(wast),
                           "-o", str(out)], capture_output=True, text=True)
    if done.returncode:
        return None, done.stderr.strip().splitlines()[:1]
    commands = json.loads(out.read_text())["commands"]
    for c in commands:
        if "text" in c:
            c["text"] = c["text"].split(":")[0]
    return commands, None


def convert(tool, wast, folder):
    out = folder / (wast.stem + ".json")
    if "legacy" in wast.parts:
        return convert_legacy(wast, out)
    done = subprocess.run([tool, "json-from-wast", str(wast), "--wasm-dir", str(folder), "-o",
                           str(out)], capture_output=True, text=True)
    if done.returncode:
        return None, done.stderr.strip().splitlines()[-1:]
    return json.loads(out.read_text())["commands"], None


def legacy_options(wast):
    return [("stint", "W", "legacy-exceptions", "y")] if "legacy" in wast.parts else []


def find_tool():
    for place in (os.environ.get("WASM_TOOLS"), shutil.which("wasm-tools"),
                  os.path.expanduser("~/.cargo/bin/wasm-tools")):
        if place and os.path.exists(place):
            return place
    return None


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--lib", default=str(ROOT / "build" / "libstint.so"))
    ap.add_argument("--suite", default=str(ROOT.parent / "shared" / "testsuite"))
    ap.add_argument("--option", action="append", default=[],
                    help="G,KEY,VALUE for the engine, e.g. O,opt-level,1")
    ap.add_argument("-v", "--verbose", action="store_true", help="every failure, not 5 a file")
    ap.add_argument("files", nargs="*")
    args = ap.parse_args()
    tool = find_tool()
    if not tool:
        sys.exit("spec.py: wasm-tools is not installed: cargo install wasm-tools")
    suite = Path(args.suite)
    if not args.files and not suite.is_dir():
        sys.exit(f"spec.py: the suite is not at {suite}")
    files = [Path(f) for f in args.files] or [
        f for folder in FOLDERS for f in sorted((suite / folder).glob("*.wast"))]
    lib = capi.Library(args.lib)
    options = [("stint", *option.split(",")) for option in args.option]
    total, bad_files = collections.Counter(), []
    for wast in files:
        with tempfile.TemporaryDirectory() as tmp:
            commands, problem = convert(tool, wast, Path(tmp))
            if commands is None:
                print(f"{wast.name}: cannot be converted: {problem}")
                total["failed"] += 1
                bad_files.append(wast.name)
                continue
            script = Script(lib, options + legacy_options(wast), Path(tmp), wast.name)
            script.run(commands)
        total.update(script.counts)
        if script.failures:
            bad_files.append(wast.name)
            shown = script.failures if args.verbose else script.failures[:5]
            print("\n".join(line[:400] for line in shown))
            refused = " refused: " + ", ".join(sorted(script.refused)) if script.refused else ""
            print(f"{wast.name}: {script.counts['failed']} of "
                  f"{sum(script.counts.values())} failed{refused}", flush=True)
    print(f"{len(files) - len(bad_files)} of {len(files)} files without a failure")
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
