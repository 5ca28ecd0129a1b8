# Exceptions that no guest catches: the WebAssembly backtrace, and status 1.

file m.wat
    (module $m
      (tag $t (param i32))
      (func $inner (param i32) (throw $t (local.get 0)))
      (func $middle (param i32) (call $inner (local.get 0)))
      (func (export "_start") (call $middle (i32.const 7)))
      (func (export "caught") (param i32) (result i32)
        (try (result i32) (do (call $middle (local.get 0)) (i32.const 1))
          (catch $t (i32.add (i32.const 1)))))
      (func $again (export "again") (param i32)
        (try (do (call $middle (local.get 0))) (catch_all (rethrow 0)))))

file new.wat
    (module $n
      (tag $t)
      (func $f (throw $t))
      (func (export "_start") (call $f)))

file start.wat
    (module (tag $t) (func $boom (throw $t)) (start $boom))

test names and offsets, innermost first
$ stint run new.wasm
! Error: failed to run main module `new.wasm`
!
! Caused by:
!     0: failed to invoke command default
!     1: error while executing at wasm backtrace:
!     0:     0x29 - n!f
!     1:     0x2e - n!<wasm function 1>
!     2: thrown Wasm exception
!
= 1

test one that is thrown in the start function
$ stint run start.wasm
! Error: failed to run main module `start.wasm`
!
! Caused by:
!     0: failed to instantiate `start.wasm`
!     1: error while executing at wasm backtrace:
!     0:     0x1f - <unknown>!boom
!     2: thrown Wasm exception
!
= 1

test the older instructions have to be asked for
$ stint run m.wasm 2>&1 | grep switched
$ stint run -W legacy-exceptions --invoke caught m.wasm 5 2>/dev/null
$ stint run -W legacy-exceptions --invoke again m.wasm 5 2>&1 | grep m!
>~ .*try: this needs the legacy-exceptions feature, which is switched off
> 6
>~ .*0: .* - m!again

test code compiled before
$ stint compile -W legacy-exceptions -o m.cwasm m.wasm
$ stint run -W legacy-exceptions --allow-precompiled --invoke caught m.cwasm 41 2>/dev/null
> 42
