# stint print.

file gcd.wat
    (module $m
      (memory (export "memory") 1 2)
      (global $g (mut i64) (i64.const -1))
      (table funcref (elem $gcd))
      (data (i32.const 16) "a\00\"\\\nz")
      (func $gcd (export "gcd") (param $a i32) (param $b i32) (result i32)
        (local f32 f64 f64)
        (block $end
          (loop $again
            (br_if $end (i32.eqz (local.get $b)))
            (local.get $b)
            (local.set $b (i32.rem_u (local.get $a) (local.get $b)))
            (local.set $a)
            (br $again)))
        (if (result i32) (i32.load offset=4 align=1 (local.get $a))
          (then (local.get $a)) (else (unreachable)))))

bytes bad.wasm
    00 "asm" 01 00 00 00
    01 05 01 60 00 01 7f
    03 02 01 00
    0a 06 01 04 00 42 00 0b

# Floating-point numbers have the fewest digits that mean the same bits, in every locale.
file floats.wat
    (module (func
      (drop (f32.const 0.1)) (drop (f64.const 0.1)) (drop (f32.const -0x1p-149))
      (drop (f64.const 0x1.fffffffffffffp+1023)) (drop (f64.const 123456789012345678))
      (drop (f64.const -0)) (drop (f64.const 1e-5)) (drop (f32.const 16777216))
      (drop (f32.const nan)) (drop (f32.const -nan:0x1)) (drop (f64.const nan:0x4000000000001))
      (drop (f64.const -inf)) (drop (f64.const 1234.5)) (drop (f64.const 0.000001234))))

# A name section with two functions of one name: the second is a number.
bytes names.wasm
    00 "asm" 01 00 00 00
    01 04 01 60 00 00
    03 04 03 00 00 00
    00 04 01 "a" 01 02
    0a 0a 03 02 00 0b 02 00 0b 02 00 0b
    00 19 04 "name" 00 06 05 "a b" c3 a4
    01 0a 03 00 01 "f" 01 01 "f" 02 01 "("

# One with two locals of one name, which annotations cannot say.
bytes locals.wasm
    00 "asm" 01 00 00 00
    01 05 01 60 01 7f 00
    03 02 01 00
    0a 06 01 04 01 01 7f 0b
    00 10 04 "name" 02 09 01 00 02 00 01 "x" 01 01 "x"
    00 03 01 "z" 01

test one operator a line
$ stint print gcd.wasm
> (module $m
>   (type (;0;) (func (param i32 i32) (result i32)))
>   (table (;0;) 1 1 funcref)
>   (memory (;0;) 1 2)
>   (global $g (;0;) (mut i64) (i64.const -1))
>   (export "memory" (memory 0))
>   (export "gcd" (func $gcd))
>   (elem (;0;) (i32.const 0) func $gcd)
>   (func $gcd (;0;) (type 0) (param $a i32) (param $b i32) (result i32)
>     (local f32 f64 f64)
>     block $end ;; label = @1
>       loop $again ;; label = @2
>         local.get $b
>         i32.eqz
>         br_if $end
>         local.get $b
>         local.get $a
>         local.get $b
>         i32.rem_u
>         local.set $b
>         local.set $a
>         br $again
>       end
>     end
>     local.get $a
>     i32.load offset=4 align=1
>     if (result i32) ;; label = @1
>       local.get $a
>     else
>       unreachable
>     end
>   )
>   (data (;0;) (i32.const 16) "a\00\"\\\nz")
> )

test operators around their operands
$ stint print --folded gcd.wasm | sed -n '/local f32/,/data/p'
>     (local f32 f64 f64)
>     (block $end ;; label = @1
>       (loop $again ;; label = @2
>         (br_if $end (i32.eqz (local.get $b)))
>         (local.get $b)
>         (local.set $b (i32.rem_u (local.get $a) (local.get $b)))
>         (local.set $a)
>         (br $again)
>       )
>     )
>     (if (result i32) ;; label = @1
>       (i32.load offset=4 align=1 (local.get $a))
>       (then
>         (local.get $a)
>       )
>       (else
>         (unreachable)
>       )
>     )
>   )
>   (data (;0;) (i32.const 16) "a\00\"\\\nz")

test offsets
$ stint print --offsets gcd.wasm | grep -A 3 rem_u
> (;00005d;)         i32.rem_u
> (;00005e;)         local.set $b
> (;000060;)         local.set $a
> (;000062;)         br $again

test the later of flat and folded counts
$ stint print -f --flat gcd.wasm | grep -c i32.rem_u$
> 1

test to a file
$ stint print -o gcd.txt gcd.wasm; stint print gcd.wasm | cmp - gcd.txt

test a file that cannot be written
$ stint print -o nowhere/x gcd.wasm
! Error: cannot write `nowhere/x`: No such file or directory
= 1

test only what is valid
$ stint print bad.wasm
! Error: failed to print `bad.wasm`
!
! Caused by:
!     0: failed to print a module that is not valid
!     1: Invalid input WebAssembly code at offset 26: type mismatch: instruction requires [i32] but stack has [i64], at end
!
= 1

test one file
$ stint print gcd.wasm gcd.wasm
! error: expected one file to print, not 2
= 2

test floats
$ stint print floats.wasm | grep const
>     f32.const 0.1
>     f64.const 0.1
>     f32.const -1e-45
>     f64.const 1.7976931348623157e+308
>     f64.const 1.2345678901234568e+17
>     f64.const -0
>     f64.const 0.00001
>     f32.const 16777216
>     f32.const nan
>     f32.const -nan:0x1
>     f64.const nan:0x4000000000001
>     f64.const -inf
>     f64.const 1234.5
>     f64.const 1.234e-6

test names that cannot be identifiers
$ stint print names.wasm
> (module $"a bä"
>   (type (;0;) (func))
>   (@custom "a" (after func) "\01\02")
>   (func $f (;0;) (type 0)
>   )
>   (func (@name "f") (;1;) (type 0)
>   )
>   (func $"(" (;2;) (type 0)
>   )
> )

test names that text cannot say
$ stint print locals.wasm
> (module
>   (type (;0;) (func (param i32)))
>   (func (;0;) (type 0) (param $x i32)
>     (local i32)
>   )
>   (@custom "name" (after code) "\02\t\01\00\02\00\01x\01\01x")
>   (@custom "z" (after code) "\01")
> )
