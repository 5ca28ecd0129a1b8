# -W: what a program may take.

file grow.wat
    (module
      (memory 1)
      (table 1 funcref)
      (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "table") (param i32) (result i32) (table.grow 0 (ref.null func) (local.get 0))))

file deep.wat
    (module
      (func $f (export "f") (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1)))))
          (else (i32.const 0)))))

file spin.wat
    (module $m (func $spin (export "_start") (loop br 0)))

file start.wat
    (module $m (func $spin (loop br 0)) (start $spin))

file wait.wat
    (module
      (import "wasi_snapshot_preview1" "poll_oneoff"
        (func $poll (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      ;; One subscription: the monotonic clock, a minute from now.
      (data (i32.const 16) "\01\00\00\00")
      (func (export "_start")
        (i64.store (i32.const 24) (i64.const 60_000_000_000))
        (drop (call $poll (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256)))))

file park.wat
    (module $m
      (memory 1 1 shared)
      (func $park (export "_start")
        (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))

file read.wat
    (module $m
      (import "wasi_snapshot_preview1" "fd_read"
        (func $read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "sock_accept"
        (func $accept (param i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      ;; One buffer: 100 bytes at 1024.
      (data (i32.const 16) "\00\04\00\00\64\00\00\00")
      (func $bytes (export "bytes") (result i32)
        (if (call $read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 8))
          (then (return (i32.const -1))))
        (i32.load (i32.const 8)))
      (func $accept3 (export "accept") (result i32)
        (call $accept (i32.const 3) (i32.const 0) (i32.const 8))))

file write.wat
    (module $m
      (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 100)
      (data (i32.const 16) "\00\00\00\00\00\00\60\00")
      (func (export "_start")
        (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 8)))))

file simd.wat
    (module (func (result v128) (v128.const i64x2 1 2)))

test memory grows up to the limit
$ stint run -W max-memory-size=0x20000 --invoke memory grow.wasm 1 2>/dev/null
$ stint run -W max-memory-size=0x20000 --invoke memory grow.wasm 2 2>/dev/null
> 1
> -1

test a limit below the first size
$ stint run -W max-memory-size=1000 --invoke memory grow.wasm 0
! Error: failed to run main module `grow.wasm`
!
! Caused by:
!     0: failed to instantiate `grow.wasm`
!     1: memory minimum size of 1 pages exceeds memory limits
!
= 1

test a table grows up to the limit
$ stint run -W max-table-elements=10 --invoke table grow.wasm 9 2>/dev/null
$ stint run -W max-table-elements=10 --invoke table grow.wasm 10 2>/dev/null
> 1
> -1

test growing in vain can trap
$ stint run -W max-memory-size=0x20000,trap-on-grow-failure --invoke memory grow.wasm 2
! warning: calling a function with parameters by --invoke is experimental
! warning: calling a function with results by --invoke is experimental
! Error: failed to run main module `grow.wasm`
!
! Caused by:
!     0: failed to invoke `memory`
!     1: error while executing at wasm backtrace:
!     0:     0x3b - <unknown>!<wasm function 0>
!     2: a memory could not grow, and failing to grow was to trap
!
= 1

test how many instances, memories, tables
$ stint run -W max-instances=0 grow.wasm
$ stint run -W max-memories=0 grow.wasm
$ stint run -W max-tables=0 grow.wasm
! Error: failed to run main module `grow.wasm`
!
! Caused by:
!     0: failed to instantiate `grow.wasm`
!     1: resource limit exceeded: instance count too high at 1
!
! Error: failed to run main module `grow.wasm`
!
! Caused by:
!     0: failed to instantiate `grow.wasm`
!     1: resource limit exceeded: memory count too high at 1
!
! Error: failed to run main module `grow.wasm`
!
! Caused by:
!     0: failed to instantiate `grow.wasm`
!     1: resource limit exceeded: table count too high at 1
!
= 1

test the stack's size
$ stint run --invoke f deep.wasm 1000 2>/dev/null
$ stint run -W max-wasm-stack=4_000 --invoke f deep.wasm 1000 2>/dev/null; echo $?
$ stint run -W max-wasm-stack=0x400000 --invoke f deep.wasm 30000 2>/dev/null
> 1000
> 134
> 30000

test a timeout
$ stint run -W timeout=50ms spin.wasm
! Error: failed to run main module `spin.wasm`
!
! Caused by:
!     0: failed to invoke command default
!     1: error while executing at wasm backtrace:
!     0:     0x23 - m!spin
!     2: wasm trap: interrupt
!
= 134

test a timeout does not hurt who is in time
$ stint run -W timeout=20 deep.wasm

test a timeout in the start function
$ stint run -W timeout=50_000us start.wasm
! Error: failed to run main module `start.wasm`
!
! Caused by:
!     0: failed to instantiate `start.wasm`
!     1: error while executing at wasm backtrace:
!     0:     0x1a - m!spin
!     2: wasm trap: interrupt
!
= 134

test a timeout ends a program that waits
$ stint run -W timeout=100ms wait.wasm
! Error: failed to run main module `wait.wasm`
!
! Caused by:
!     0: failed to invoke command default
!     1: error while executing at wasm backtrace:
!     0:     0x77 - <unknown>!<wasm function 1>
!     2: wasm trap: interrupt
!
= 134

test a timeout ends a wait for another thread
$ stint run -W shared-memory=y,timeout=100ms park.wasm
! Error: failed to run main module `park.wasm`
!
! Caused by:
!     0: failed to invoke command default
!     1: error while executing at wasm backtrace:
!     0:     0x2f - m!park
!     2: wasm trap: interrupt
!
= 134

test shared memories are switched on
$ stint run park.wasm
! Error: failed to run main module `park.wasm`
!
! Caused by:
!     0: failed to instantiate `park.wasm`
!     1: shared memories are switched off (-W shared-memory=y)
!
= 1

test a timeout ends a read of standard input
# Opened for both, a pipe has somebody who could still write.
$ mkfifo pipe; stint run -W timeout=100ms --invoke bytes read.wasm <>pipe 2>&1 | grep -v experimental
$ stint run -W timeout=100ms --invoke bytes read.wasm <>pipe 2>/dev/null
> Error: failed to run main module `read.wasm`
>
> Caused by:
>     0: failed to invoke `bytes`
>     1: error while executing at wasm backtrace:
>     0:     0x9b - m!bytes
>     2: wasm trap: interrupt
>
= 134

test who has input in time reads it
$ stint run -W timeout=20 --invoke bytes read.wasm 2>/dev/null
< four
> 5

test the end of input is no reason to wait
$ stint run -W timeout=20 --invoke bytes read.wasm </dev/null 2>/dev/null
> 0

test a timeout ends waiting for a connection
$ stint run -W timeout=100ms -S tcplisten=127.0.0.1:0 --invoke accept read.wasm 2>&1 | grep -v experimental
> Error: failed to run main module `read.wasm`
>
> Caused by:
>     0: failed to invoke `accept`
>     1: error while executing at wasm backtrace:
>     0:     0xb1 - m!accept3
>     2: wasm trap: interrupt
>

test a timeout ends what waits for a reader
# Nothing can interrupt that but the end of the process.
$ mkfifo pipe; stint run -W timeout=100ms write.wasm <>pipe >&0
! Error: failed to run main module `write.wasm`
!
! Caused by:
!     wasm trap: interrupt
!
= 134

test fuel
$ stint run -W fuel=10000 spin.wasm
! Error: failed to run main module `spin.wasm`
!
! Caused by:
!     0: failed to invoke command default
!     1: error while executing at wasm backtrace:
!     0:     0x25 - m!spin
!     2: wasm trap: all fuel consumed by WebAssembly
!
= 134

test enough fuel
$ stint run -W fuel=100000 --invoke f deep.wasm 10 2>/dev/null
> 10

test both at once
$ stint run -W fuel=0xffffffffff,timeout=50ms spin.wasm 2>&1 | grep trap:
>     2: wasm trap: interrupt

test bad values
$ for v in timeout= timeout=1m timeout=-1 timeout=99999999999999999999 fuel=x fuel \
$          max-memory-size=1k max-memory-size=-1 max-memory-size=0x; do
$   stint run -W $v spin.wasm
$ done
! error: failed to parse -W option `timeout=`: expected a time like 2, 2s, 100ms, 50us or 10ns
! error: failed to parse -W option `timeout=1m`: expected a time like 2, 2s, 100ms, 50us or 10ns
! error: failed to parse -W option `timeout=-1`: expected a time like 2, 2s, 100ms, 50us or 10ns
! error: failed to parse -W option `timeout=99999999999999999999`: expected a time like 2, 2s, 100ms, 50us or 10ns
! error: failed to parse -W option `fuel=x`: expected a number, decimal or 0x...
! error: failed to parse -W option `fuel=`: expected a number, decimal or 0x...
! error: failed to parse -W option `max-memory-size=1k`: expected a number, decimal or 0x...
! error: failed to parse -W option `max-memory-size=-1`: expected a number, decimal or 0x...
! error: failed to parse -W option `max-memory-size=0x`: expected a number, decimal or 0x...
= 2

test a feature switched off
$ stint run -W simd=n,relaxed-simd=n simd.wasm
! Error: failed to load `simd.wasm`
!
! Caused by:
!     0: failed to compile
!     1: Invalid input WebAssembly code at offset 14: malformed value type: v128: this needs the simd feature, which is switched off
!
= 1

test memory the system refuses is an error
# Too little for the reservation of a memory, enough for the command itself.
$ ulimit -v 1000000; stint run --invoke memory grow.wasm 1
! Error: failed to run main module `grow.wasm`
!
! Caused by:
!     0: failed to instantiate `grow.wasm`
!     1: out of memory
!
= 1
