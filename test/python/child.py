"""Runs all cases with the package `wasmtime` that Python finds.

usage: child.py FILE    one line of JSON for each case: its name and what was seen
"""

import importlib
import json
import os
import sys
from pathlib import Path

import cases

HERE = Path(__file__).resolve().parent


def seen(function):
    try:
        return {"value": cases.show(function())}
    except Exception as error:
        return {"raised": cases.show(error)}


def main():
    for path in sorted(HERE.glob("*_cases.py")):
        importlib.import_module(path.stem)
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        for name, function in cases.CASES.items():
            out.write(json.dumps({"name": name}) + "\n")
            out.flush()
            out.write(json.dumps({"name": name, **seen(function)}) + "\n")
    # Not through the end of Python: libwasmtime has threads that may still call an output function.
    os._exit(0)


if __name__ == "__main__":
    main()
