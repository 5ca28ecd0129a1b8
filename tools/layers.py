#!/usr/bin/env python3
"""Checks that rooms include only what they may: dependencies point down.

The table is the rule; a room that is not in it may not exist. `make layers` runs this, and so
does the test suite.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Room: the rooms it may include besides itself. "include" stands for the public headers.
MAY_INCLUDE = {
    "base": "",
    "os": "base",
    "vmabi": "base",
    "wasm": "base",
    "wat": "base wasm",
    "ir": "base vmabi",
    "ra": "base",
    "front": "base wasm ir vmabi",
    "opt": "base ir vmabi",
    "mach": "base ir ra vmabi",
    "isa": "base ir ra mach vmabi",
    "obj": "base os wasm vmabi",
    "comp": "base os wasm vmabi ir front opt ra mach isa obj",
    "rt": "base os wasm vmabi obj",
    "interp": "base wasm vmabi obj rt",
    "api": "include base os wasm wat vmabi obj comp rt interp",
    "wasi": "include base os",
    "wast": "include base os wasm wat",
    "cli": "include base os",
}
# Rooms whose files are only read by others: a .c file there is a mistake.
HEADERS_ONLY = {"vmabi"}

INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]', re.M)


def public_headers(root):
    folder = root / "include"
    return {str(path.relative_to(folder)) for path in folder.rglob("*.h")}


def sources(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in (".c", ".h", ".def", ".inc"))


def included(path):
    return INCLUDE.findall(path.read_text(errors="replace"))


def check_room(root, room, public):
    """Yields what is wrong in one room."""
    folder = root / "src" / room
    allowed = {room, *MAY_INCLUDE[room].split()}
    for path in sources(folder):
        name = path.relative_to(root)
        if room in HEADERS_ONLY and path.suffix == ".c":
            yield f"{name}: {room} has headers only"
        for target in included(path):
            if target in public:
                if "include" not in allowed:
                    yield f"{name}: {room} may not include the public header {target}"
                continue
            if (path.parent / target).exists() and (root / "src" / target).exists() is False:
                yield f"{name}: write {target} as \"room/file\""
                continue
            other = target.split("/")[0]
            if other not in MAY_INCLUDE or "/" not in target:
                continue  # the C library, or generated
            if other not in allowed:
                yield f"{name}: {room} may not include {target}"
            elif target.endswith("_int.h") and other != room:
                yield f"{name}: {target} is private to {other}"


def check_outside(root, public):
    """Public headers stand on themselves and the C library; api tests on public headers."""
    for path in sources(root / "include"):
        for target in included(path):
            if target not in public and (root / "src" / target).exists():
                yield f"{path.relative_to(root)}: a public header may not include {target}"
    for path in sources(root / "test" / "api"):
        for target in included(path):
            if (root / "src" / target).exists():
                yield f"{path.relative_to(root)}: an API test may not include {target}"


def problems(root=ROOT):
    public = public_headers(root)
    rooms = sorted(path.name for path in (root / "src").iterdir() if path.is_dir())
    found = []
    for room in rooms:
        if room not in MAY_INCLUDE:
            found.append(f"src/{room}: a room that tools/layers.py does not know")
        else:
            found += check_room(root, room, public)
    return found + list(check_outside(root, public))


if __name__ == "__main__":
    wrong = problems()
    for line in wrong:
        print(line)
    print(f"layers: {len(wrong)} wrong includes")
    sys.exit(1 if wrong else 0)
