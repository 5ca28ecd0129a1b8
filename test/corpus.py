#!/usr/bin/env python3
"""Runs the corpus of real programs through build/stint, and judges its modules.

usage: corpus.py [--stint PATH] [--validate-only] [NAME...]

1. The recorded runs of the commands: exact output, files and exit status (../shared/corpus/check).
2. Every core module: validates, or is refused, as the manifest says Wasmtime does; time and peak
   memory of `stint validate` are shown.
3. Invalid variants made from each module (a truncation, a damaged type in a body, a missing end):
   refused, at the place of the damage or behind it.

Modules that are not in the cache are fetched first by ../shared/corpus/fetch, which needs the
package registries. Where one no longer has what the manifest pins, the message says what to do.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("STINT_CORPUS") or os.path.expanduser("~/.cache/stint-corpus"))
COMMANDS = ("go-hello zlib bzip2 cmark jq zstd-simd sqlite-shell sqlite-speedtest1 lua mujs "
            "go-markdown go-gojq esbuild yosys").split()


def inputs(corpus):
    manifest = json.loads((corpus / "manifest.json").read_text())
    return manifest["inputs"] if isinstance(manifest, dict) else manifest


def way_out(entry):
    """What to do by hand for an input that the registries do not give."""
    recipe = entry["recipe"]
    if recipe["type"] != "debian":
        return f"  its source is {entry['source']}; put the module into {CACHE / 'wasm'} by hand"
    archives = "\n".join(f"    {name}  SHA-256 {digest}" for name, digest in recipe["orig"].items())
    source = recipe["src"]
    return f"""\
  Only the upstream archive matters, and other versions of the Debian package have the same one:
{archives}
  With deb-src lines of Debian 12 in apt's sources, `apt-cache showsrc {source}` lists the versions;
  then, for one of them (jq: 1.6-2.1+deb12u2):
    cd {CACHE / 'debian'} && apt-get source --download-only {source}=VERSION
  and run this again: an archive that is there is not fetched, only checked."""


def fetch(corpus, entry):
    """The path of an input's module, in the cache from now on; None after a message."""
    path = CACHE / "wasm" / (entry["name"] + ".wasm")
    if not path.exists():
        subprocess.run([str(corpus / "fetch"), entry["name"]])
    if path.exists():
        return path
    print(f"{entry['name']:24} is not in the cache, and could not be fetched.\n{way_out(entry)}",
          flush=True)
    return None


def run_commands(corpus, stint, names):
    done = subprocess.run([str(corpus / "check"), "--runtime", f"{stint} run", *names])
    return done.returncode == 0


def validate(stint, path):
    """(accepted, text, seconds, peak bytes)"""
    before = time.monotonic()
    process = subprocess.Popen([stint, "validate", str(path)], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode == 0, text.strip(), time.monotonic() - before, usage.ru_maxrss * 1024


def leb(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def code_section(data):
    """(start, end) of the code section's contents."""
    at = 8
    while at < len(data):
        kind = data[at]
        size, at = leb(data, at + 1)
        if kind == 10:
            return at, at + size
        at += size
    return None


def variants(data):
    """(name, bytes, first damaged offset): each is invalid."""
    yield "truncated", data[:len(data) * 2 // 3], 0
    section = code_section(data)
    if not section:
        return
    count, at = leb(data, section[0])
    bodies = []
    for _ in range(count):
        size, at = leb(data, at)
        bodies.append((at, at + size))
        at += size
    start, end = bodies[len(bodies) // 2]
    changed = bytearray(data)
    changed[end - 1] = 0x01  # nop where the final end should be
    yield "body without end", bytes(changed), end - 1
    changed = bytearray(data)
    changed[end - 1] = 0xff  # no such operator
    yield "unknown operator", bytes(changed), end - 1


def check_variants(stint, name, data):
    failures = 0
    with tempfile.TemporaryDirectory() as tmp:
        path = Path(tmp) / "variant.wasm"
        for what, changed, first in variants(data):
            path.write_bytes(changed)
            accepted, text, _, _ = validate(stint, path)
            found = re.search(r"offset (?:0x([0-9a-f]+)|(\d+))", text)
            offset = int(found.group(1), 16) if found and found.group(1) else \
                int(found.group(2)) if found else -1
            if accepted or not first <= offset <= len(changed):
                failures += 1
                print(f"  {name}: {what}: accepted {accepted}, offset {offset}, damage at {first}: "
                      f"{text[:200]}")
    return failures


def judge(stint, found):
    """found: pairs of a manifest entry and the path of its module. How many were judged wrong."""
    failures = 0
    valid = []
    print(f"{'module':24} {'MB':>7} {'valid':>6} {'s':>7} {'peak MB':>8}")
    for entry, path in found:
        name = entry["name"]
        expected = entry["wasmtime50_validates"] is True
        accepted, text, seconds, peak = validate(stint, path)
        print(f"{name:24} {path.stat().st_size / 1e6:7.2f} {str(accepted):>6} {seconds:7.2f} "
              f"{peak / 1e6:8.1f}", flush=True)
        if accepted != expected:
            failures += 1
            print(f"  expected {expected} ({entry['wasmtime50_validates']}), found: {text[:300]}")
        if accepted:
            valid.append((name, path))
    # Afterwards: a child's peak memory includes what this process held when it was started.
    for name, path in valid:
        failures += check_variants(stint, name, path.read_bytes())
    return failures


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--stint", default=str(ROOT / "build" / "stint"))
    ap.add_argument("--corpus", default=str(ROOT.parent / "shared" / "corpus"))
    ap.add_argument("--validate-only", action="store_true")
    ap.add_argument("names", nargs="*")
    args = ap.parse_args()
    corpus = Path(args.corpus)
    if not corpus.is_dir():
        sys.exit(f"corpus.py: the corpus is not at {corpus}")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    wanted = [entry for entry in inputs(corpus) if entry["kind"] != "component"
              and (not args.names or entry["name"] in args.names)]
    found = [(entry, path) for entry in wanted if (path := fetch(corpus, entry))]
    commands = [entry["name"] for entry, _ in found
                if entry["name"] in COMMANDS and not args.validate_only]
    failed = len(wanted) - len(found)
    if commands and not run_commands(corpus, args.stint, commands):
        failed += 1
    failed += judge(args.stint, found)
    print(f"{len(wanted) + len(commands) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
