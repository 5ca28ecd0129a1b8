# The reference interpreter, as far as the command shows it.

file m.wat
    (module $m
      (memory (export "memory") 1)
      (table 2 funcref)
      (type $v (func))
      (elem (i32.const 0) $inner)
      (func $inner (unreachable))
      (func $middle (call_indirect (type $v) (i32.const 0)))
      (func (export "_start") (call $middle))
      (func $div (export "div") (param i32 i32) (result i32)
        (i32.div_s (local.get 0) (local.get 1)))
      (func $load (export "load") (param i32) (result i32) (i32.load offset=4 (local.get 0)))
      (func $loop (export "loop") (loop (br 0)))
      (func $deep (export "deep") (param i32) (result i32)
        (i32.add (i32.const 1) (call $deep (local.get 0))))
      (func $tail (export "tail") (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (return_call $tail (i32.sub (local.get 0) (i32.const 1))))
          (else (i32.const 7)))))

file hello.wat
    (module
      (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 8) "hello\n")
      (func (export "_start")
        (i32.store (i32.const 0) (i32.const 8))
        (i32.store (i32.const 4) (i32.const 6))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))))

test a program
$ stint run -C compiler=interpreter hello.wasm
> hello

test names and offsets, innermost first, as compiled code gives them
$ stint run -C compiler=interpreter m.wasm 2> a; stint run m.wasm 2> b; cmp a b; grep m!inner a
>     0:     0x74 - m!inner

test traps
$ for f in "div 1 0" "load 65532" "deep 1" "loop "; do
$   stint run -C compiler=interpreter -W fuel=100000 --invoke ${f%% *} m.wasm ${f#* } 2>&1 | grep -o '[^ ]*: wasm trap: .*'
$ done
> 2: wasm trap: integer divide by zero
> 2: wasm trap: out of bounds memory access
> 2: wasm trap: call stack exhausted
> 2: wasm trap: all fuel consumed by WebAssembly

test tail calls need no stack, and a loop can be stopped
$ stint run -C compiler=interpreter --invoke tail m.wasm 300000 2>/dev/null
$ stint run -C compiler=interpreter -W timeout=50ms --invoke loop m.wasm 2>&1 | grep -o 'wasm trap: .*'
> 7
> wasm trap: interrupt

test compiling says what it does, and the result runs where modules are interpreted
$ stint compile -C compiler=interpreter m.wasm
$ stint run -C compiler=interpreter --allow-precompiled --invoke tail m.cwasm 1 2>/dev/null
$ stint run --allow-precompiled --invoke tail m.cwasm 1
$ stint compile -o code.cwasm m.wasm
$ stint run -C compiler=interpreter --allow-precompiled --invoke tail code.cwasm 1
> 7
! note: `m.cwasm` has no machine code: it is the validated module, for engines with -C compiler=interpreter
! Error: failed to load `m.cwasm`
!
! Caused by:
!     the module was compiled for an interpreter, and has no machine code
!
! Error: failed to load `code.cwasm`
!
! Caused by:
!     the module was compiled for a processor, and this engine interprets
!
= 1

test there is no machine code to show
$ stint objdump -C compiler=interpreter m.wasm
! error: `stint objdump` shows machine code, and -C compiler=interpreter makes none
= 2

test settings
$ stint settings | grep 'modules run as'
$ stint settings -C compiler=interpreter | grep 'modules run as'
$ stint settings -C compiler=interpreter | grep -c '  \(yes\|no\) *yes$'
> modules run as            machine code
> modules run as            bytes, interpreted
> 0
= 1

test other compilers there are not
$ stint run -C compiler=cranelift m.wasm
! error: failed to parse -C option `compiler=cranelift`: expected auto, stint or interpreter
= 2
