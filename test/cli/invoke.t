# --invoke: typed arguments and results, and what is said when they do not fit.

file m.wat
    (module
      (func (export "i32") (param i32) (result i32) (local.get 0))
      (func (export "i64") (param i64) (result i64) (local.get 0))
      (func (export "f32") (param f32) (result f32) (local.get 0))
      (func (export "f64") (param f64) (result f64) (local.get 0))
      (func (export "mixed") (param i32 i64 f32 f64) (result f64)
        (f64.add (f64.add (f64.convert_i32_s (local.get 0)) (f64.convert_i64_s (local.get 1)))
                 (f64.add (f64.promote_f32 (local.get 2)) (local.get 3))))
      (func (export "two") (result i64 f32) (i64.const -7) (f32.const 0.1))
      (func (export "none"))
      (func $f (export "ref") (result funcref funcref externref)
        (table.get 0 (i32.const 0)) (ref.null func) (ref.null extern))
      (table funcref (elem $f))
      (func (export "takes_ref") (param externref))
      (memory (export "memory") 1))

test an integer of 32 bits
$ for n in 7 -7 +7 0x7f -0x80000000 2147483647 4294967295 1_000_000; do
$   stint run --invoke i32 m.wasm $n 2>/dev/null
$ done
> 7
> -7
> 7
> 127
> -2147483648
> 2147483647
> -1
> 1000000

test an integer of 64 bits
$ for n in -9223372036854775808 9223372036854775807 18446744073709551615 0xffffffff; do
$   stint run --invoke i64 m.wasm $n 2>/dev/null
$ done
> -9223372036854775808
> 9223372036854775807
> -1
> 4294967295

test a float of 32 bits prints as short as it reads back
$ for n in 1.5 0.1 -0 16777217 3.4028235e38 1e-45 nan inf -inf 0x1p-3; do
$   stint run --invoke f32 m.wasm $n 2>/dev/null
$ done
> 1.5
> 0.1
> -0
> 16777216
> 340282350000000000000000000000000000000
> 0.000000000000000000000000000000000000000000001
> NaN
> inf
> -inf
> 0.125

test a float of 64 bits prints as short as it reads back
$ for n in 3 0.1 -2.5e-7 1e21 123456.789 9007199254740993 nan -inf; do
$   stint run --invoke f64 m.wasm $n 2>/dev/null
$ done
> 3
> 0.1
> -0.00000025
> 1000000000000000000000
> 123456.789
> 9007199254740992
> NaN
> -inf

test the ends of the range of f64
$ stint run --invoke f64 m.wasm 1.7976931348623157e308 2>/dev/null | cut -c 1-20
$ stint run --invoke f64 m.wasm 1.7976931348623157e308 2>/dev/null | wc -c
$ stint run --invoke f64 m.wasm 5e-324 2>/dev/null | tail -c 6
$ stint run --invoke f64 m.wasm 5e-324 2>/dev/null | wc -c
> 17976931348623157000
> 310
> 00005
> 327

test arguments of all types at once
$ stint run --invoke mixed m.wasm 1 20 0.5 0.25
> 21.75
! warning: calling a function with parameters by --invoke is experimental
! warning: calling a function with results by --invoke is experimental

test several results come one on a line
$ stint run --invoke two m.wasm
> -7
> 0.1
! warning: calling a function with results by --invoke is experimental

test a function without either is called without a word
$ stint run --invoke none m.wasm

test references as results
$ stint run --invoke ref m.wasm 2>/dev/null
> <funcref>
> <null funcref>
> <null externref>

test too few arguments
$ stint run --invoke mixed m.wasm 1 20
! Error: not enough arguments for `mixed`: it takes 4
= 1

test arguments beyond the last are ignored
$ stint run --invoke none m.wasm 1 2 3

test words that are no numbers
$ for n in '' x 1x 4294967296 -2147483649 0x 1.5 ' 1'; do
$   stint run --invoke i32 m.wasm "$n"
$ done
! Error: argument 1 of `i32` is an i32: `` cannot be read as that
! Error: argument 1 of `i32` is an i32: `x` cannot be read as that
! Error: argument 1 of `i32` is an i32: `1x` cannot be read as that
! Error: argument 1 of `i32` is an i32: `4294967296` cannot be read as that
! Error: argument 1 of `i32` is an i32: `-2147483649` cannot be read as that
! Error: argument 1 of `i32` is an i32: `0x` cannot be read as that
! Error: argument 1 of `i32` is an i32: `1.5` cannot be read as that
! Error: argument 1 of `i32` is an i32: ` 1` cannot be read as that
= 1

test words that are no floats
$ for n in '' x 1.5x ' 1'; do stint run --invoke f64 m.wasm "$n"; done
! Error: argument 1 of `f64` is an f64: `` cannot be read as that
! Error: argument 1 of `f64` is an f64: `x` cannot be read as that
! Error: argument 1 of `f64` is an f64: `1.5x` cannot be read as that
! Error: argument 1 of `f64` is an f64: ` 1` cannot be read as that
= 1

test references cannot be given
$ stint run --invoke takes_ref m.wasm 1
! Error: argument 1 of `takes_ref` is neither an integer nor a float: it cannot be given on the command line
= 1

test a name that is not there lists near ones
$ stint run --invoke mixd m.wasm
! Error: failed to run main module `m.wasm`
!
! Caused by:
!     no function is exported as `mixd`; near: `mixed`
!
= 1

test a memory is no function
$ stint run --invoke memory m.wasm
! Error: failed to run main module `m.wasm`
!
! Caused by:
!     no function is exported as `memory`
!
= 1
