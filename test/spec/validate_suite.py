#!/usr/bin/env python3
"""Judges every binary module of the specification's test suite with the decoder and validator.

usage: validate_suite.py [--dev PATH] [--wasm-tools PATH] [-v] [FOLDER]

FOLDER holds .wast files at any depth (default: ../shared/testsuite). `wasm-tools json-from-wast`
takes them apart; where it does not know the text (the older exceptions), wabt's `wast2json` does.
`stint-dev validate --walk` must accept what a module directive defines and must refuse what
assert_invalid and assert_malformed hold, with a message that begins with the suite's text.
Modules in text form that are malformed as text are not looked at.
"""

import argparse
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

# Features that differ from "all on", by file or folder of the suite; the first match counts. The
# files of proposals/threads were written for a WebAssembly without the features named here. The
# core suite knows no custom page sizes and tests that their flag is refused.
FEATURES = (
    ("proposals/threads/memory.wast", ("multi-memory",)),
    ("proposals/threads/imports.wast", ("multi-memory", "reference-types")),
    ("core/", ("custom-page-sizes", "legacy-exceptions")),
    ("", ()),
)

MUST_FAIL = ("assert_invalid", "assert_malformed")


def convert(wast, out, tools):
    """The directives of a .wast file; None if no tool can read it."""
    json_file = out / "suite.json"
    commands = ([tools["wasm-tools"], "json-from-wast", wast, "--wasm-dir", out, "-o", json_file],
                [tools["wast2json"], "--enable-exceptions", "--enable-tail-call", wast,
                 "-o", json_file])
    for command in commands:
        if command[0] and not subprocess.run(command, capture_output=True).returncode:
            return json.loads(json_file.read_text())["commands"]
    return None


def features_of(name):
    return next(off for prefix, off in FEATURES if name.startswith(prefix))


def judge(dev, paths, off):
    """The verdict of each path: "OK", or "offset: message"."""
    options = ["--all", "--walk"]
    for key in off:
        options += ["--off", key]
    verdicts = {}
    for i in range(0, len(paths), 400):
        run = subprocess.run([dev, "validate", *options, *paths[i:i + 400]], capture_output=True,
                             text=True, errors="replace")
        if run.returncode not in (0, 1):
            print(run.stderr[-2000:])
        for line in run.stdout.splitlines():
            path, _, verdict = line.partition(": ")
            verdicts[path] = verdict
    return verdicts


def wrong_with(command, verdict):
    """Why the verdict is not the suite's; None if it is."""
    if verdict is None:
        return "no verdict: the program ended early"
    if command["type"] not in MUST_FAIL:
        return None if verdict == "OK" else f"refused: {verdict}"
    expected = command["text"]
    if verdict == "OK":
        return f"accepted, expected: {expected}"
    message = verdict.partition(": ")[2]
    return None if message.startswith(expected) else f"expected: {expected}\n    found: {message}"


def run_file(wast, name, args, tools):
    """(passed, list of failures), or None where no tool reads the file."""
    with tempfile.TemporaryDirectory(prefix="stint-suite-") as out:
        commands = convert(wast, Path(out), tools)
        if commands is None:
            return None
        mine = [c for c in commands if str(c.get("filename", "")).endswith(".wasm")]
        paths = [os.path.join(out, c["filename"]) for c in mine]
        verdicts = judge(args.dev, paths, features_of(name))
        reasons = [(c["line"], wrong_with(c, verdicts.get(p))) for c, p in zip(mine, paths)]
    failures = [f"{name}:{line}: {reason}" for line, reason in reasons if reason]
    return len(mine) - len(failures), failures


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("--dev", default=str(ROOT / "build" / "stint-dev"))
    parser.add_argument("--wasm-tools", default=os.environ.get("WASM_TOOLS") or "wasm-tools")
    parser.add_argument("-v", action="store_true", help="a line for each file")
    parser.add_argument("folder", nargs="?", default=str(ROOT.parent / "shared" / "testsuite"))
    args = parser.parse_args()
    files = sorted(Path(args.folder).rglob("*.wast"))
    if not files:
        sys.exit(f"no .wast files in {args.folder}")
    tools = {"wasm-tools": shutil.which(args.wasm_tools), "wast2json": shutil.which("wast2json")}
    if not tools["wasm-tools"]:
        sys.exit("wasm-tools is missing: cargo install wasm-tools, or set WASM_TOOLS")
    folders, skipped, failed = collections.Counter(), [], 0
    for wast in files:
        name = str(wast.relative_to(args.folder))
        result = run_file(wast, name, args, tools)
        if result is None:
            skipped.append(name)
            continue
        folders[os.path.dirname(name)] += result[0]
        failed += len(result[1])
        for failure in result[1]:
            print(failure)
        if args.v:
            print(f"{name}: {result[0]} passed, {len(result[1])} failed")
    for folder, count in sorted(folders.items()):
        print(f"{count:6} modules judged right in {folder or '.'}")
    for name in skipped:
        print(f"skipped: {name}: neither wasm-tools nor wast2json reads it")
    print(f"{sum(folders.values())} passed, {failed} failed, {len(skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
