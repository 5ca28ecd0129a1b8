# Traps: the WebAssembly backtrace, and status 134.

file m.wat
    (module $m
      (memory 1)
      (table 2 funcref)
      (type $v (func))
      (type $i (func (param i32)))
      (elem (i32.const 0) $inner)
      (func $inner (unreachable))
      (func $middle (call $inner))
      (func (export "_start") (call $middle))
      (func $div (export "div") (param i32 i32) (result i32)
        (i32.div_s (local.get 0) (local.get 1)))
      (func $load (export "load") (param i32) (result i32) (i32.load (local.get 0)))
      (func $trunc (export "trunc") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
      (func $indirect (export "indirect") (param i32)
        (call_indirect (type $v) (local.get 0)))
      (func $wrong (export "wrong") (call_indirect (type $i) (i32.const 1) (i32.const 0)))
      (func $deep (export "deep") (param i32) (result i32)
        (i32.add (i32.const 1) (call $deep (i32.add (local.get 0) (i32.const 1)))))
      (func $depth (export "depth") (param i32)
        (if (local.get 0) (then (call $depth (i32.sub (local.get 0) (i32.const 1))))
          (else (unreachable)))))

file memory.wat
    (module $m
      (memory 1)
      (memory $b 2)
      (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
      (func (export "store") (param i32) (i64.store offset=100 (local.get 0) (i64.const 1)))
      (func (export "second") (param i32) (result i32) (i32.load8_u $b (local.get 0)))
      (func (export "fill") (param i32) (memory.fill (local.get 0) (i32.const 1) (i32.const 10)))
      (func (export "grown") (param i32) (result i32)
        (drop (memory.grow (i32.const 2)))
        (i32.load (local.get 0))))

file start.wat
    (module (func $boom (unreachable)) (start $boom))

file preloaded.wat
    (module $lib (func $f (export "f") (unreachable)))

file main.wat
    (module $main (import "lib" "f" (func $f)) (func $go (export "_start") (call $f)))

file evil.wat
    (module (func $esc (export "_start") (unreachable)))

test names and offsets, innermost first
$ stint run m.wasm
! Error: failed to run main module `m.wasm`
!
! Caused by:
!     0: failed to invoke command default
!     1: error while executing at wasm backtrace:
!     0:     0x8b - m!inner
!     1:     0x8f - m!middle
!     2:     0x94 - m!<wasm function 2>
!     2: wasm trap: wasm `unreachable` instruction executed
!
= 134

test a trap in an invoked function
$ stint run --invoke div m.wasm 1 0 2>&1 | grep -v experimental
$ stint run --invoke div m.wasm 1 0 2>/dev/null
> Error: failed to run main module `m.wasm`
>
> Caused by:
>     0: failed to invoke `div`
>     1: error while executing at wasm backtrace:
>     0:     0x9d - m!div
>     2: wasm trap: integer divide by zero
>
= 134

test every kind of trap has its text
$ for call in "div 0x80000000 -1" "load 65533" "load -1" "trunc nan" "trunc 1e10" "indirect 1" \
$             "indirect 2" "indirect 0" "wrong"; do
$   set -- $call; name=$1; shift
$   stint run --invoke $name m.wasm "$@" 2>&1 | grep trap:
$   stint run --invoke $name m.wasm "$@" >/dev/null 2>&1; echo $?
$ done
>     2: wasm trap: integer overflow
> 134
>     3: wasm trap: out of bounds memory access
> 134
>     3: wasm trap: out of bounds memory access
> 134
>     2: wasm trap: invalid conversion to integer
> 134
>     2: wasm trap: integer overflow
> 134
>     2: wasm trap: uninitialized element
> 134
>     2: wasm trap: undefined element: out of bounds table access
> 134
>     2: wasm trap: wasm `unreachable` instruction executed
> 134
>     2: wasm trap: indirect call type mismatch
> 134

test a memory fault names the first byte that is not there
$ for call in "load 0xffff" "load 0x10000" "load -1" "store 0xffff_ff9b" "store 0xff9b" "second 0x20000" \
$             "second -1" "grown 0x30000" "grown 0x2fffd"; do
$   set -- $call; stint run --invoke $1 memory.wasm $2 2>&1 | grep fault
$ done
>     2: memory fault at wasm address 0x10000 in linear memory of size 0x10000
>     2: memory fault at wasm address 0x10000 in linear memory of size 0x10000
>     2: memory fault at wasm address 0xffffffff in linear memory of size 0x10000
>     2: memory fault at wasm address 0xffffffff in linear memory of size 0x10000
>     2: memory fault at wasm address 0x10000 in linear memory of size 0x10000
>     2: memory fault at wasm address 0x20000 in linear memory of size 0x20000
>     2: memory fault at wasm address 0xffffffff in linear memory of size 0x20000
>     2: memory fault at wasm address 0x30000 in linear memory of size 0x30000
>     2: memory fault at wasm address 0x30000 in linear memory of size 0x30000

test the whole message of a memory fault
$ stint run --invoke load memory.wasm 70000 2>&1 | grep -v experimental
> Error: failed to run main module `memory.wasm`
>
> Caused by:
>     0: failed to invoke `load`
>     1: error while executing at wasm backtrace:
>     0:     0x54 - m!<wasm function 0>
>     2: memory fault at wasm address 0x11170 in linear memory of size 0x10000
>     3: wasm trap: out of bounds memory access
>

test the address is known of faults in guard pages only
# What is refused by a comparison has no address; nor has what the runtime does for the guest.
$ stint run --invoke fill memory.wasm 0xfff7 2>&1 | grep -c 'trap: out of bounds'
$ for call in "load 0x10000" "second -1"; do set -- $call
$   for flag in -Oexplicit-bounds -Osignals-based-traps=n; do
$     stint run $flag --invoke $1 memory.wasm $2 2>&1 | grep -E 'fault|trap:'
$   done
$ done
> 1
>     2: wasm trap: out of bounds memory access
>     2: wasm trap: out of bounds memory access
>     2: wasm trap: out of bounds memory access
>     2: wasm trap: out of bounds memory access

test a stack that runs out is a trap
$ stint run --invoke deep m.wasm 1 2>&1 | tail -2
$ stint run --invoke deep m.wasm 1 2>/dev/null
>     2: wasm trap: call stack exhausted
>
= 134

test no more than twenty frames
$ stint run --invoke depth m.wasm 100 2>&1 | grep -c 'm!depth'
> 20

test the number of frames can be chosen
$ stint run -D max-backtrace=3 --invoke depth m.wasm 100 2>&1 | grep -c 'm!depth'
> 3

test no frames at all
$ stint run -D max-backtrace=0 m.wasm
! Error: failed to run main module `m.wasm`
!
! Caused by:
!     0: failed to invoke command default
!     1: wasm trap: wasm `unreachable` instruction executed
!
= 134

test a trap in the start function
$ stint run start.wasm
! Error: failed to run main module `start.wasm`
!
! Caused by:
!     0: failed to instantiate `start.wasm`
!     1: error while executing at wasm backtrace:
!     0:     0x1a - <unknown>!boom
!     2: wasm trap: wasm `unreachable` instruction executed
!
= 134

test a backtrace across modules
$ stint run --preload lib=preloaded.wasm main.wasm
! Error: failed to run main module `main.wasm`
!
! Caused by:
!     0: failed to invoke command default
!     1: error while executing at wasm backtrace:
!     0:     0x1e - lib!f
!     1:     0x2e - main!go
!     2: wasm trap: wasm `unreachable` instruction executed
!
= 134

test names cannot control the terminal
# The name section's "esc" becomes ESC [ m.
$ LC_ALL=C sed 's/esc/\x1b[m/' evil.wasm > evil2.wasm && stint run evil2.wasm
! Error: failed to run main module `evil2.wasm`
!
! Caused by:
!     0: failed to invoke command default
!     1: error while executing at wasm backtrace:
!     0:     0x23 - <unknown>!\x1b[m
!     2: wasm trap: wasm `unreachable` instruction executed
!
= 134

test the same without signals
$ stint run -O signals-based-traps=n --invoke load m.wasm 65533 2>&1 | grep trap:
$ stint run -O signals-based-traps=n --invoke div m.wasm 1 0 2>&1 | grep trap:
$ stint run -O signals-based-traps=n m.wasm
>     2: wasm trap: out of bounds memory access
>     2: wasm trap: integer divide by zero
! Error: failed to run main module `m.wasm`
!
! Caused by:
!     0: failed to invoke command default
!     1: error while executing at wasm backtrace:
!     0:     0x8b - m!inner
!     1:     0x8f - m!middle
!     2:     0x94 - m!<wasm function 2>
!     2: wasm trap: wasm `unreachable` instruction executed
!
= 134

test the same without optimization
$ stint run -O opt-level=0 m.wasm
! Error: failed to run main module `m.wasm`
!
! Caused by:
!     0: failed to invoke command default
!     1: error while executing at wasm backtrace:
!     0:     0x8b - m!inner
!     1:     0x8f - m!middle
!     2:     0x94 - m!<wasm function 2>
!     2: wasm trap: wasm `unreachable` instruction executed
!
= 134
