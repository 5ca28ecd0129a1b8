"""Rows per second of the same functions in WebAssembly, in C and in Python, in one process.

    make bench        # builds what it needs; or: python3 bench.py [ROWS [ROUNDS]]

Each query runs over all rows of one table in memory. The three take turns, and the medians count;
every answer has to be the same. `none` is the query without a function.
"""

import math
import sqlite3
import statistics
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 5

# What is called, the query with {} for the prefix, and what it is without the function.
QUERIES = [
    ("distance(4 reals)", "SELECT sum({}distance(x, y, 0.5, 0.25)) FROM points",
     "SELECT sum(x + y) FROM points"),
    ("gcd(2 integers)", "SELECT sum({}gcd(id, 36)) FROM points", "SELECT sum(id + 36) FROM points"),
    ("hash(text)", "SELECT max({}hash(name)) FROM points", "SELECT max(name) FROM points"),
    ("shout(text) -> text", "SELECT max({}shout(name)) FROM points",
     "SELECT max(name) FROM points"),
]


def py_distance(x, y, x1, y1):
    return math.sqrt((x - x1) ** 2 + (y - y1) ** 2)


def py_hash(text):
    h = 0xcbf29ce484222325
    for byte in text.encode():
        h = (h ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return h - (1 << 64) if h >> 63 else h


def connect():
    db = sqlite3.connect(":memory:")
    if not hasattr(db, "enable_load_extension"):
        sys.exit("bench.py: this Python was built without extensions of SQLite; "
                 "Debian's own has them: /usr/bin/python3 bench.py")
    db.enable_load_extension(True)
    db.load_extension(str(HERE / "wasm.so"))
    db.load_extension(str(HERE / "native.so"))
    for module in ("math.wat", "words.wasm"):
        db.execute("SELECT wasm_load(?)", (str(HERE / module),)).fetchall()
    db.create_function("py_distance", 4, py_distance)
    db.create_function("py_gcd", 2, math.gcd)
    db.create_function("py_hash", 1, py_hash)
    db.create_function("py_shout", 1, lambda text: text.upper() + "!")
    db.execute("CREATE TABLE points(id INTEGER PRIMARY KEY, x REAL, y REAL, name TEXT)")
    rows = ((i, i * 0.001, i * 0.002, f"row number {i:09}") for i in range(1, ROWS + 1))
    db.executemany("INSERT INTO points VALUES (?, ?, ?, ?)", rows)
    return db


def main():
    db = connect()
    print(f"{ROWS} rows, medians of {ROUNDS} rounds; million rows a second")
    print("| function | none | C | WebAssembly | Python | WebAssembly / C |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, query, plain in QUERIES:
        texts = {"none": plain, "c": query.format("c_"), "wasm": query.format(""),
                 "py": query.format("py_")}
        seconds = {key: [] for key in texts}
        answers = set()
        for _ in range(ROUNDS):
            for key, text in texts.items():
                start = time.perf_counter()
                answer = db.execute(text).fetchone()[0]
                seconds[key].append(time.perf_counter() - start)
                if key != "none":
                    answers.add(answer)
        assert len(answers) == 1, f"{name}: different answers: {answers}"
        rate = {key: ROWS / statistics.median(some) / 1e6 for key, some in seconds.items()}
        print(f"| {name} | {rate['none']:.2f} | {rate['c']:.2f} | {rate['wasm']:.2f} | "
              f"{rate['py']:.2f} | {rate['wasm'] / rate['c']:.2f} |", flush=True)


main()
