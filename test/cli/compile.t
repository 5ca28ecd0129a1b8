# Compiled modules in files, and looking into them.

file add.wat
    (module $m
      (memory 1)
      (func $add (export "add") (param i32 i32) (result i32)
        (i32.add (local.get 0) (local.get 1)))
      (func $div (export "div") (param i32 i32) (result i32)
        (i32.div_s (local.get 0) (call $add (local.get 1) (i32.load (local.get 0)))))
      (func $half (export "half") (param f64) (result f64)
        (f64.mul (local.get 0) (f64.const 0.123456789))))

test compile, then run
$ stint compile add.wasm && ls *.cwasm
$ stint run --allow-precompiled --invoke add add.cwasm 3 4 2>/dev/null
> add.cwasm
> 7

test a name for the output
$ stint compile -o x.bin add.wasm && stint run --allow-precompiled --invoke add x.bin 3 4 2>/dev/null
$ stint compile --output=- - < add.wasm | cmp - x.bin
> 7

test the output stands in the current directory
$ mkdir sub && cp add.wasm sub/plain && stint compile sub/plain && ls *.cwasm sub
> plain.cwasm
>
> sub:
> plain

test standard input needs a name
$ stint compile - < add.wasm
! error: standard input has no name: --output says where to write
= 2

test a compiled module is trusted only if told so
$ stint compile add.wasm; stint run add.cwasm
! Error: cannot use `add.cwasm`: it is a compiled module, which is trusted like a program of the host; --allow-precompiled accepts it
= 1

test a compiled module from standard input
$ stint compile add.wasm; stint run --allow-precompiled --invoke add - 3 4 < add.cwasm 2>/dev/null
> 7

test traps of a compiled module know names and offsets
$ stint compile add.wasm; stint run --allow-precompiled --invoke div add.cwasm 0 0 2>&1 | grep m!
>     0:     0x4f - m!div

test a damaged file
$ stint compile add.wasm
$ printf '\377' | dd of=add.cwasm bs=1 seek=4100 conv=notrunc 2>/dev/null
$ stint run --allow-precompiled --invoke add add.cwasm 1 2
! Error: failed to load `add.cwasm`
!
! Caused by:
!     damaged artifact: wrong checksum
!
= 1

test a truncated file
$ stint compile add.wasm; head -c 3000 add.cwasm > cut.cwasm
$ stint run --allow-precompiled --invoke add cut.cwasm 1 2
$ head -c 10 add.cwasm > cut.cwasm; stint run --allow-precompiled cut.cwasm
! Error: failed to load `cut.cwasm`
!
! Caused by:
!     damaged artifact: 3000 bytes where the header says 4184
!
! Error: failed to load `cut.cwasm`
!
! Caused by:
!     not a compiled module of Stint
!
= 1

test other settings
$ stint compile add.wasm; stint run --allow-precompiled -W fuel=100 --invoke add add.cwasm 1 2
! Error: failed to load `add.cwasm`
!
! Caused by:
!     the module was compiled for other settings of the engine (signals, stack checks, epochs, fuel, bounds checks, NaNs)
!
= 1

test the same bytes each time, on any number of threads
$ stint compile -o a add.wasm; stint compile -o b -C parallel-compilation=n add.wasm; cmp a b

test a bad module leaves no file
$ head -c 60 add.wasm > bad.wasm; stint compile bad.wasm; ls *.cwasm 2>/dev/null
! Error: failed to load `bad.wasm`
!
! Caused by:
!     0: failed to compile
!     1: Invalid input WebAssembly code at offset 60: length out of bounds: the code section at 55 announces 39 bytes, 3 are there
!
= 2

test objdump shows code, names and offsets
$ stint objdump -O inline=n add.wasm > out; grep -c '^function' out; grep -o '^function.*:' out
$ grep -o '; 0x.*' out
> 3
> function 0, add:
> function 1, div:
> function 2, half:
> ; 0x4a i32.load
> ; 0x4d call add
> ; 0x4f i32.div_s wasm trap: integer divide by zero
> ; 0x4f i32.div_s wasm trap: integer overflow

test objdump of a compiled module
$ stint compile -O inline=n add.wasm; stint objdump --allow-precompiled add.cwasm | grep -o '; 0x.*'
$ stint objdump --allow-precompiled add.cwasm | wc -l > a; stint objdump -O inline=n add.wasm | wc -l | cmp - a
> ; 0x4a
> ; 0x4d add
> ; 0x4f wasm trap: integer divide by zero
> ; 0x4f wasm trap: integer overflow

test objdump of some functions, with their bytes
$ stint objdump --filter half --bytes add.wasm | head -1
$ stint objdump --filter half add.wasm | grep -c '\.bytes'
$ stint objdump --filter half --bytes add.wasm | grep -c ' c3  *ret'
> function 2, half: 24 bytes
> 1
> 1

test objdump of what cannot be compiled
$ stint objdump nothing.wasm
! Error: cannot read `nothing.wasm`: No such file or directory
= 1

test a perf map
$ pid=$(sh -c 'echo $$; exec stint run --profile=perfmap --invoke add add.wasm 1 2' 2>/dev/null |
$   head -1)
$ grep -o 'm!add\|add' /tmp/perf-$pid.map | head -1; rm /tmp/perf-$pid.map
> add
