# Missing imports.

file m.wat
    (module
      (import "env" "f" (func $f (param i32 f64) (result i64)))
      (import "env" "g" (global $g i64))
      (import "env" "m" (memory 1 2))
      (import "env" "t" (table 1 funcref))
      (import "wasi_snapshot_preview1" "fd_rite" (func))
      (func (export "call") (result i64) (call $f (i32.const 1) (f64.const 2)))
      (func (export "global") (result i64) (global.get $g)))

file f.wat
    (module
      (import "env" "f" (func $f (param i32) (result i64)))
      (func (export "call") (result i64) (call $f (i32.const 1)))
      (func (export "quiet")))

bytes nonnull.wasm
    00 "asm" 01 00 00 00
    01 09 02 60 00 00 60 00 01 64 00 ; types: (func), (func (result (ref 0)))
    02 09 01 03 "env" 01 "r" 00 01

file wrong.wat
    (module (import "wasi_snapshot_preview1" "fd_write" (func (param i32))))

test all are listed, by name and type
$ stint run m.wasm
! Error: failed to run main module `m.wasm`
!
! Caused by:
!     0: failed to instantiate `m.wasm`
!     1: unknown import: `env::f` has not been defined: (func (param i32 f64) (result i64))
!        unknown import: `env::g` has not been defined: (global i64)
!        unknown import: `env::m` has not been defined: (memory 1 2)
!        unknown import: `env::t` has not been defined: (table 1 funcref)
!        unknown import: `wasi_snapshot_preview1::fd_rite` has not been defined: (func)
!
= 1

test missing functions can trap
$ stint run -W unknown-imports-trap --invoke quiet f.wasm
$ stint run -W unknown-imports-trap --invoke call f.wasm 2>&1 | grep -v experimental
$ stint run -W unknown-imports-trap --invoke call f.wasm 2>/dev/null
> Error: failed to run main module `f.wasm`
>
> Caused by:
>     0: failed to invoke `call`
>     1: error while executing at wasm backtrace:
>     0:     0x40 - <unknown>!<wasm function 1>
>     2: unknown import: `env::f` has not been defined
>
= 1

test only functions can
$ stint run -W unknown-imports-trap m.wasm
! Error: failed to run main module `m.wasm`
!
! Caused by:
!     0: failed to instantiate `m.wasm`
!     1: unknown import: `env::g` has not been defined: (global i64)
!        unknown import: `env::m` has not been defined: (memory 1 2)
!        unknown import: `env::t` has not been defined: (table 1 funcref)
!
= 1

test missing items can be zero
$ stint run -W unknown-imports-default --invoke call m.wasm 2>/dev/null
$ stint run -W unknown-imports-default --invoke global m.wasm 2>/dev/null
> 0
> 0

test what has no zero cannot be made up
$ stint run -W unknown-imports-default nonnull.wasm
! Error: the missing import `env::r` cannot be made up: its type has no default value
= 1

test an import of another type
$ stint run wrong.wasm
! Error: failed to run main module `wrong.wasm`
!
! Caused by:
!     0: failed to instantiate `wrong.wasm`
!     1: incompatible import type for `wasi_snapshot_preview1::fd_write`: expected (func (param i32)), found (func (param i32 i32 i32 i32) (result i32))
!
= 1
