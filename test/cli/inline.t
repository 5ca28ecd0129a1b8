# Inlined functions are seen as if they were called.

file m.wat
    (module $m
      (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
      (func $outer (param i32) (result i32)
        (i32.add (call $divide (i32.const 100) (local.get 0))
          (call $divide (i32.const 200) (i32.sub (local.get 0) (i32.const 1)))))
      (func $run (export "run") (param i32) (result i32)
        (loop (result i32) (call $outer (local.get 0))))
      (func $deep (export "deep") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0))
          (then (call $run (i32.const 0)))
          (else (call $deep (i32.sub (local.get 0) (i32.const 1)))))))

file calls.wat
    (module
      (func $leaf (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
      (func $bad (param i32) (result i32) (local.get 1))
      (func (export "f") (param i32) (result i32) (call $leaf (call $bad (local.get 0)))))

test a trap in an inlined function
$ stint run --invoke run m.wasm 0 2>&1 | grep 'm!'
$ stint run --invoke run m.wasm 1 2>&1 | grep 'm!'
>     0:     0x36 - m!divide
>     1:     0x3f - m!outer
>     2:     0x53 - m!run
>     0:     0x36 - m!divide
>     1:     0x49 - m!outer
>     2:     0x53 - m!run

test the backtrace is the same without inlining, whichever the number of frames
$ for n in 0 1 2 4 5 20; do
$   stint run -D max-backtrace=$n --invoke deep m.wasm 2 2>a >a
$   stint run -O inline=n -D max-backtrace=$n --invoke deep m.wasm 2 2>b >b; cmp a b; done
$ stint run --invoke deep m.wasm 2 2>&1 | grep -c m!
> 6

test a compiled module keeps the places of what was inlined
$ stint compile m.wasm && stint run --allow-precompiled --invoke run m.cwasm 1 2>&1 | grep m!
>     0:     0x36 - m!divide
>     1:     0x49 - m!outer
>     2:     0x53 - m!run

test the code of an inlined function names its own operators
$ stint objdump m.wasm | grep -c 'i32.div_s'
> 10

test the same artifact whatever the number of threads
$ stint compile -C parallel-compilation=n -o a m.wasm && stint compile -o b m.wasm && cmp a b

test fuel is the same
$ for fuel in 1 5 8 11 12 13 14 15 16 17 18 19 20 30; do for inline in y n; do
$   stint run -O inline=$inline -W fuel=$fuel --invoke run m.wasm 3 > $inline 2>&1
$   echo $? >> $inline; done; cmp y n; done; cat y | tail -2
> 133
> 0

test a body that is not valid is reported by itself
$ stint compile calls.wasm 2>&1 | tail -2
>     1: Invalid input WebAssembly code at offset 43: unknown local 1: the last one here is 0
>
