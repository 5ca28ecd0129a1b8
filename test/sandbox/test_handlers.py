"""What a handler of exceptions finds: every local as it was at the call, whatever the frames in
between did to registers, with far more of them alive than there are registers.

Expectations come from a model of the same program here.
"""

from kit import MODES, STACK_OVERFLOW, Guest, assemble, new_store
from testkit import expect, main, test

MASK = (1 << 64) - 1
LEGACY = [("stint", "W", "legacy-exceptions", "y"), ("stint", "C", "verify", "y"),
          ("stint", "C", "check-ra", "y")]
INTS, FLOATS = 30, 20
WIDE = 11  # parameters of the wide form: some on the stack

# Both instances of this module have a recursive function in a table they share, in a narrow and a
# wide form; who calls whom changes with the depth. Frames keep values over the call, each level a
# different number of them, so that they save different registers. At the bottom an odd seed throws.
FRAMES = """(module
  (import "shared" "tag" (tag $t (param i64 f64)))
  (import "shared" "table" (table 8 funcref))
  (type $narrow (func (param i64 i64) (result i64)))
  (type $wide (func (param {wide}) (result i64)))
  (elem (i32.const {base}) $few $many $far $none)
  (func $bottom (param i64) (result i64)
    (if (i64.ne (i64.and (local.get 0) (i64.const 1)) (i64.const 0))
      (then (throw $t (i64.mul (local.get 0) (i64.const 3)) (f64.const 0.5))))
    (local.get 0))
  (func $few (type $narrow) (local i64)
    (if (i64.eqz (local.get 0)) (then (return (call $bottom (local.get 1)))))
    (local.set 2 (i64.mul (local.get 0) (i64.const 5)))
    (i64.add (local.get 2) (call_indirect (type $narrow)
      (i64.sub (local.get 0) (i64.const 1)) (local.get 1)
      (i32.and (i32.mul (i32.wrap_i64 (local.get 0)) (i32.const 3)) (i32.const 7)))))
  (func $many (type $narrow) (local i64 i64 i64 i64 i64 i64 i64 i64)
    (if (i64.eqz (local.get 0)) (then (return (call $bottom (local.get 1)))))
    {sets}
    {sum} (call_indirect (type $narrow)
      (i64.sub (local.get 0) (i64.const 1)) (local.get 1)
      (i32.and (i32.mul (i32.wrap_i64 (local.get 0)) (i32.const 5)) (i32.const 7))) {adds})
  (func $far (type $narrow)
    (call $stack (local.get 0) (local.get 1) {numbers}))
  (func $stack (type $wide)
    (if (i64.eqz (local.get 0)) (then (return (call $bottom (local.get 1)))))
    (i64.add (local.get {last}) (call_indirect (type $narrow)
      (i64.sub (local.get 0) (i64.const 1)) (local.get 1)
      (i32.and (i32.wrap_i64 (local.get 0)) (i32.const 7)))))
  (func $none (type $narrow)
    (if (i64.eqz (local.get 0)) (then (return (call $bottom (local.get 1)))))
    (return_call_indirect (type $narrow)
      (i64.sub (local.get 0) (i64.const 1)) (local.get 1)
      (i32.and (i32.add (i32.wrap_i64 (local.get 0)) (i32.const 3)) (i32.const 7)))))"""


def frames(base):
    return FRAMES.format(
        base=base, wide=" i64" * WIDE, last=WIDE - 1,
        sets=" ".join(f"(local.set {i + 2} (i64.mul (local.get 0) (i64.const {i + 11})))"
                      for i in range(8)),
        sum="(local.get 2)" + "".join(f" (i64.add (local.get {i}))" for i in range(3, 10)),
        adds="(i64.add)" + "".join(f" (i64.sub (local.get {i}))" for i in range(2, 8)),
        numbers=" ".join(f"(i64.const {n})" for n in range(2, WIDE)))


class Thrown(Exception):
    pass


def bottom(seed):
    if seed & 1:
        raise Thrown(seed * 3 & MASK)
    return seed


def call(entry, depth, seed):
    form = entry % 4
    if depth == 0:
        return bottom(seed)
    if form == 0:
        return depth * 5 + call(depth * 3 & 7, depth - 1, seed)
    if form == 1:
        kept = [depth * (i + 11) for i in range(8)]
        return sum(kept) + call(depth * 5 & 7, depth - 1, seed) - sum(kept[:6])
    if form == 2:
        return WIDE - 1 + call(depth & 7, depth - 1, seed)
    return call(depth + 3 & 7, depth - 1, seed)


# The handler's function: integers and floats by the dozen, some assigned before the call that may
# throw, some behind it.
def handler():
    ints = [f"$i{n}" for n in range(INTS)]
    floats = [f"$f{n}" for n in range(FLOATS)]
    sets = [f"(local.set {name} (i64.add (i64.mul (local.get $x) (i64.const {2 * n + 1}))"
            f" (i64.const {n})))" for n, name in enumerate(ints)]
    sets += [f"(local.set {name} (f64.add (f64.convert_i64_u (local.get $x)) (f64.const {n})))"
             for n, name in enumerate(floats)]
    before = [f"(local.set {name} (i64.add (i64.mul (local.get {name}) (i64.const 3))"
              f" (local.get $k)))" for name in ints[::3]]
    before += [f"(local.set {name} (f64.add (local.get {name}) (f64.const 2)))"
               for name in floats[::4]]
    behind = [f"(local.set {name} (i64.xor (local.get {name}) (local.get $r)))"
              for name in ints[1::4]]
    weigh = [f"(local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 31))"
             f" (local.get {name})))" for name in ints]
    weigh += [f"(local.set $sum (i64.add (local.get $sum)"
              f" (i64.mul (i64.trunc_f64_s (local.get {name})) (i64.const {n + 1}))))"
              for n, name in enumerate(floats)]
    return f"""(module
      (import "shared" "tag" (tag $t (param i64 f64)))
      (import "shared" "table" (table 8 funcref))
      (type $narrow (func (param i64 i64) (result i64)))
      (func (export "run") (param $x i64) (param $depth i64) (param $n i64) (result i64)
        (local $k i64) (local $r i64) (local $sum i64) (local $v i64) (local $w f64)
        {" ".join(f"(local {name} i64)" for name in ints)}
        {" ".join(f"(local {name} f64)" for name in floats)}
        {" ".join(sets)}
        (loop $again
          (try
            (do {" ".join(before)}
              (local.set $r (call_indirect (type $narrow) (local.get $depth)
                (i64.add (local.get $x) (local.get $k))
                (i32.and (i32.wrap_i64 (local.get $k)) (i32.const 7))))
              {" ".join(behind)}
              (local.set $sum (i64.add (local.get $sum) (local.get $r))))
            (catch $t
              (local.set $w) (local.set $v)
              (local.set $i7 (i64.add (local.get $i7) (local.get $v)))
              (local.set $f3 (f64.add (local.get $f3) (f64.add (local.get $w) (local.get $w))))
              (local.set $sum (i64.sub (local.get $sum) (local.get $v)))))
          (local.set $k (i64.add (local.get $k) (i64.const 1)))
          (br_if $again (i64.lt_u (local.get $k) (local.get $n))))
        {" ".join(weigh)}
        (local.get $sum)))"""


def model(x, depth, n):
    ints = [x * (2 * i + 1) + i for i in range(INTS)]
    floats = [x + i for i in range(FLOATS)]
    total = 0
    for k in range(n):
        for i in range(0, INTS, 3):
            ints[i] = (ints[i] * 3 + k) & MASK
        for i in range(0, FLOATS, 4):
            floats[i] += 2
        try:
            r = call(k & 7, depth, x + k) & MASK
            for i in range(1, INTS, 4):
                ints[i] ^= r
            total += r
        except Thrown as thrown:
            ints[7] = (ints[7] + thrown.args[0]) & MASK
            floats[3] += 1
            total -= thrown.args[0]
    for value in ints:
        total = total * 31 + value
    return (total + sum(value * (i + 1) for i, value in enumerate(floats))) & MASK


SHARED = '(module (tag (export "tag") (param i64 f64)) (table (export "table") 8 funcref))'


@test
def locals_survive():
    modules = [assemble(text) for text in (SHARED, frames(0), frames(4), handler())]
    for name, options in MODES.items():
        store = new_store(options + LEGACY)
        store.register("shared", store.instantiate(store.module(modules[0])))
        for module in modules[1:3]:
            store.instantiate(store.module(module))
        guest = Guest(modules[3], store=store)
        for depth in (0, 1, 2, 3, 5, 8, 13, 100):
            for x in (0, 1, 2, 77):
                args = [("i64", number) for number in (x, depth, 16)]
                expect(guest.run("run", *args) == [model(x, depth, 16)],
                       f"{name}: {x} at depth {depth}")
        store.close()


VECTORS = 20


@test
def vectors_survive():
    """All of a vector lives across the call, and is a value of an exception."""
    names = [f"$v{n}" for n in range(VECTORS)]
    wasm = assemble(f"""(module
      (tag $t (param i32 v128))
      (func $may (param i64) (if (i64.ne (local.get 0) (i64.const 0))
        (then (throw $t (i32.const 6) (i64x2.splat (local.get 0))))))
      (func (export "go") (param $x i64) (result i64)
        {" ".join(f"(local {name} v128)" for name in names)} (local $caught v128)
        {" ".join(f"(local.set {name} (i64x2.splat (i64.mul (local.get $x) (i64.const {n + 1}))))"
                  for n, name in enumerate(names))}
        (try (do (call $may (local.get $x))) (catch $t (local.set $caught) (drop)))
        {" ".join(f"(local.set $caught (i64x2.add (local.get $caught) (local.get {name})))"
                  for name in names)}
        (i64.add (i64x2.extract_lane 1 (local.get $caught))
          (i64.shl (i64x2.extract_lane 0 (local.get $caught)) (i64.const 32)))))""")
    for options in MODES.values():
        guest = Guest(wasm, options + LEGACY)
        for x in (0, 1, 77, 1 << 20):
            lane = sum(x * (n + 1) for n in range(VECTORS)) + x
            guest.expect([lane + (lane << 32) & MASK], "go", ("i64", x))
        guest.close()


OBJECTS = """(module
  (type $box (struct (field (mut i64))))
  (tag $t (param (ref null $box) exnref i64))
  (table $kept 4 exnref)
  (global $last (mut exnref) (ref.null exn))
  (func $garbage (param i64) (local (ref null $box))
    (loop $again
      (local.set 1 (struct.new $box (local.get 0)))
      (local.set 0 (i64.sub (local.get 0) (i64.const 1)))
      (br_if $again (i64.ne (local.get 0) (i64.const 0)))))
  (func $down (param $depth i64) (param $n i64) (result i64) (local $b (ref null $box))
    (local.set $b (struct.new $box (i64.mul (local.get $n) (i64.const 10))))
    (if (i64.eqz (local.get $depth))
      (then (throw $t (local.get $b) (global.get $last) (local.get $n))))
    (i64.add (call $down (i64.sub (local.get $depth) (i64.const 1)) (local.get $n))
      (struct.get $box 0 (local.get $b))))
  (func $again (param $exn exnref) (result i64) (local $exn2 exnref)
    (block $all (result exnref)
      (try_table (catch_all_ref $all) (throw_ref (local.get $exn)))
      (unreachable))
    (local.set $exn2)
    (call $garbage (i64.const 5))
    (block $h (result (ref null $box) exnref i64)
      (try_table (catch $t $h) (call $garbage (i64.const 3)) (throw_ref (local.get $exn2)))
      (unreachable))
    (drop) (drop) (struct.get $box 0))
  (func (export "go") (param $n i64) (param $depth i64) (result i64)
    (local $sum i64) (local $v i64) (local $e exnref) (local $b (ref null $box)) (local $i i32)
    (loop $next
      (local.set $i (i32.and (i32.wrap_i64 (local.get $n)) (i32.const 3)))
      (block $h (result (ref null $box) exnref i64 exnref)
        (try_table (catch_ref $t $h)
          (drop (call $down (local.get $depth) (local.get $n))))
        (unreachable))
      (local.set $e) (local.set $v) (drop) (local.set $b)
      (global.set $last (select (result exnref) (local.get $e) (ref.null exn) (local.get $i)))
      (table.set $kept (local.get $i) (local.get $e))
      (call $garbage (i64.const 4))
      (local.set $sum (i64.add (local.get $sum) (i64.add (local.get $v)
        (i64.add (call $again (table.get $kept (local.get $i)))
          (struct.get $box 0 (local.get $b))))))
      (local.set $n (i64.sub (local.get $n) (i64.const 1)))
      (br_if $next (i64.ne (local.get $n) (i64.const 0))))
    (local.get $sum)))"""


@test
def objects_fly():
    """References among an exception's values, exceptions kept and thrown again, with a collection
    at every allocation, too."""
    wasm = assemble(OBJECTS)
    for options in MODES.values():
        for stress in ([], [("stint", "D", "gc-stress", "y")]):
            guest = Guest(wasm, options + stress)
            for depth in (0, 1, 20):
                guest.expect([21 * sum(range(61))], "go", ("i64", 60), ("i64", depth))
            guest.close()


DEEP = """(module
  (tag $t (param i64))
  (func $down (param i64) (result i64)
    (if (i64.eqz (local.get 0)) (then (throw $t (i64.const 7))))
    (i64.add (local.get 0) (call $down (i64.sub (local.get 0) (i64.const 1)))))
  (func (export "go") (param i64) (result i64)
    (try (result i64) (do (call $down (local.get 0))) (catch $t) (catch_all (i64.const 1)))))"""


@test
def up_to_the_end_of_the_stack():
    """Where a frame just fits, an exception is thrown and caught; the next one is a trap, and is
    not."""
    wasm = assemble(DEEP)
    for name, options in MODES.items():
        guest = Guest(wasm, options + LEGACY)
        low, high = 1, 1 << 24
        while high - low > 1:
            middle = (low + high) // 2
            got = guest.run("go", ("i64", middle))
            expect(got in ([7], STACK_OVERFLOW), f"{name}: {got} at depth {middle}")
            low, high = (middle, high) if got == [7] else (low, middle)
        for depth in range(max(1, low - 20), low + 1):
            guest.expect([7], "go", ("i64", depth))
            guest.expect(STACK_OVERFLOW, "go", ("i64", low + 1))
        guest.close()


if __name__ == "__main__":
    main()
