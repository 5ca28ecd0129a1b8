"""Nothing of an instance is left for the next one.

Address space, pages and stubs are used again by an engine. A random guest writes wherever it can,
grows what it can, and goes; the one that comes after it, of another size, must find what its module
says and zeros everywhere else, and must not reach what its predecessor could.
"""

import random

from kit import LIB, MODES, OUT_OF_BOUNDS, PAGE, Guest, assemble, capi
from testkit import expect, main, test

ROUNDS = 25


def make_module(pages, elements, data):
    segments = "".join(f'(data (i32.const {at}) "{"".join(f"{chr(92)}{b:02x}" for b in content)}")'
                       for at, content in data)
    return assemble(f"""(module
      (memory (export "memory") {pages} 200) (table (export "table") {elements} 400 funcref)
      (global $i (export "i") (mut i32) (i32.const 5))
      (global $l (export "l") (mut i64) (i64.const 6))
      (elem (i32.const 1) func $f) (elem $e func $f) (func $f)
      {segments} (data $d "passive")
      (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "fill") (param i32 i32 i32)
        (memory.fill (local.get 0) (local.get 1) (local.get 2)))
      (func (export "init") (memory.init $d (i32.const 0) (i32.const 0) (i32.const 7))
        (table.init $e (i32.const 0) (i32.const 0) (i32.const 1)))
      (func (export "drop") (data.drop $d) (elem.drop $e))
      (func (export "null") (param i32) (result i32) (ref.is_null (table.get 0 (local.get 0))))
      (func (export "spoil") (param i32)
        (global.set $i (i32.const 99)) (global.set $l (i64.const 99))
        (drop (table.grow 0 (ref.func $f) (local.get 0)))
        (table.fill 0 (i32.const 0) (ref.func $f) (table.size 0))))""")


class Shape:
    """A module of a random size, and what an instance of it must look like."""

    def __init__(self, rng):
        self.pages = rng.choice([1, 1, 2, 3, 17, 40])
        self.elements = rng.choice([2, 10, 100])
        data = [(rng.randrange(self.pages * PAGE - 64), rng.randbytes(rng.randrange(1, 64)))
                for _ in range(rng.randrange(4))]
        self.wasm = make_module(self.pages, self.elements, data)
        image = bytearray(self.pages * PAGE)
        for at, content in data:
            image[at:at + len(content)] = content
        self.image = bytes(image)


def check_fresh(guest, shape):
    store, instance = guest.store, guest.instance
    expect(store.memory_bytes(instance.export("memory")) == shape.image, "memory is not fresh")
    expect(store.global_get(instance.export("i")) == ("i32", 5), "a global is not fresh")
    expect(store.global_get(instance.export("l")) == ("i64", 6), "a global is not fresh")
    for index in range(shape.elements):
        guest.expect([int(index != 1)], "null", index)
    guest.expect([], "init")
    for beyond in (len(shape.image), len(shape.image) + 100 * PAGE, 2**32 - 1):
        guest.expect(OUT_OF_BOUNDS, "load", beyond)


def spoil(guest, shape, rng):
    pages = shape.pages
    for _ in range(rng.randrange(3)):
        delta = rng.choice([1, 5, 60])
        guest.expect([pages], "grow", delta)
        grown = guest.store.memory_bytes(guest.instance.export("memory"))[pages * PAGE:]
        expect(not any(grown), "grown pages are not zero")
        pages += delta
    guest.expect([], "spoil", rng.randrange(50))
    if rng.random() < 0.8:
        guest.expect([], "fill", 0, 0xa5, pages * PAGE)
    else:
        for _ in range(20):
            at = rng.randrange(pages * PAGE)
            guest.expect([], "fill", at, 0xa5, min(rng.randrange(1, 9), pages * PAGE - at))
    if rng.random() < 0.5:
        guest.expect([], "drop")
    if rng.random() < 0.3:
        guest.expect(OUT_OF_BOUNDS, "load", pages * PAGE)


@test
def instances_one_after_another():
    for mode in ("default", "gs", "explicit bounds"):
        rng = random.Random(mode)
        engine = capi.Engine(LIB, MODES[mode])
        shapes = [Shape(rng) for _ in range(6)]
        for _ in range(ROUNDS):
            shape = rng.choice(shapes)
            guest = Guest(shape.wasm, store=capi.Store(engine))
            check_fresh(guest, shape)
            spoil(guest, shape, rng)
            guest.close()


@test
def instances_beside_each_other():
    """Several at once, closed in any order; each keeps what it has while others come and go."""
    rng, engine = random.Random(7), capi.Engine(LIB)
    shapes, alive = [Shape(rng) for _ in range(6)], []
    for _ in range(3 * ROUNDS):
        shape = rng.choice(shapes)
        guest = Guest(shape.wasm, store=capi.Store(engine))
        check_fresh(guest, shape)
        mark = rng.randrange(256)
        guest.expect([], "fill", 0, mark, shape.pages * PAGE)
        alive.append((guest, mark, shape.pages * PAGE))
        rng.shuffle(alive)
        while len(alive) > rng.randrange(1, 30):
            old, mark, size = alive.pop()
            memory = old.store.memory_bytes(old.instance.export("memory"))
            expect(memory == bytes([mark]) * size, "a memory has changed under its guest")
            old.close()
    for guest, _, _ in alive:
        guest.close()


@test
def instances_that_fail_to_begin():
    """A start function that traps, or a segment that does not fit, after others were written."""
    engine, image = capi.Engine(LIB), bytes(PAGE)
    bad = [assemble('(module (memory 1) (data (i32.const 0) "leak") (data (i32.const 65530) "too '
                    'long"))'),
           assemble('(module (memory 1) (data (i32.const 9) "leak") (start $s) '
                    "(func $s (i32.store (i32.const 4096) (i32.const -1)) (unreachable)))"),
           assemble('(module (memory 1) (memory 1) (table 1 funcref) (data (i32.const 9) "leak") '
                    "(elem (i32.const 1) func $f) (func $f))")]
    good = assemble('(module (memory (export "memory") 1))')
    for _ in range(5):
        for wasm in bad:
            store = capi.Store(engine)
            try:
                Guest(wasm, store=store)
                raise AssertionError("the instance was made")
            except capi.Trap:
                pass
            store.close()
            guest = Guest(good, store=capi.Store(engine))
            expect(guest.store.memory_bytes(guest.instance.export("memory")) == image, "leaked")
            guest.close()


main()
