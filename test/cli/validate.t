# stint validate.

file good.wat
    (module (func (export "f") (result i32) (i32.const 1)))

bytes bad.wasm
    00 "asm" 01 00 00 00
    01 05 01 60 00 01 7f
    03 02 01 00
    0a 06 01 04 00 42 00 0b

file simd.wat
    (module (func (result v128) (v128.const i64x2 1 2)))

test a verdict on each file
$ cp good.wasm good2.wasm; stint validate good.wasm bad.wasm nothing.wasm good2.wasm
> good.wasm: valid
> bad.wasm: not valid: Invalid input WebAssembly code at offset 26: type mismatch: instruction requires [i32] but stack has [i64], at end
> good2.wasm: valid
! Error: cannot read `nothing.wasm`: No such file or directory
= 1

test all are valid
$ stint validate good.wasm good.wasm
> good.wasm: valid
> good.wasm: valid

test standard input
$ stint validate - < good.wasm
> -: valid

test features count
$ stint validate -W simd=n,relaxed-simd=n simd.wasm
$ stint validate simd.wasm
> simd.wasm: not valid: Invalid input WebAssembly code at offset 14: malformed value type: v128: this needs the simd feature, which is switched off
> simd.wasm: valid
