# Modules in the text format, for every command that takes a module.

file add.wat
    (module (func (export "add") (param $a i32) (param $b i32) (result i32)
      (i32.add (local.get $a) (local.get $b))))

file fields.text
    ;; The fields of a module alone.
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (func (export "_start") (call $exit (i32.const 3)))
    (memory (export "memory") 1)

file unknown.text
    (module
      (func $add (param $a i32) (result i32)
        (i32.add (local.get $a) (local.get $c))))

file invalid.text
    (func (result i32)
      (i32.add (i32.const 1)
               (f64.const 2)))

file component.text
    ;; another kind of thing
    (component $c)

test a text runs
$ stint run --invoke add add.wat 2 3
> 5
!~ warning: .*
!~ warning: .*

test what it is decides, not what it is called
$ cp fields.text fields.wasm; stint fields.wasm
= 3

test from standard input
$ stint run - < fields.text
= 3

test an error in the text
$ stint run unknown.text
! Error: failed to load `unknown.text`
!
! Caused by:
!     0: failed to compile
!     1: unknown.text:3:40: unknown local `$c`: nothing has this name
!     3 |     (i32.add (local.get $a) (local.get $c))))
!       |                                        ^
!
= 1

test an error that only validation finds
$ stint compile invalid.text
! Error: failed to load `invalid.text`
!
! Caused by:
!     0: failed to compile
!     1: invalid.text:2:4: type mismatch: i32.add expected i32, found f64
!     2 |   (i32.add (i32.const 1)
!       |    ^
!
= 1

test verdicts on texts
$ stint validate add.wat unknown.text invalid.text
> add.wat: valid
> unknown.text: not valid: 3:40: unknown local `$c`: nothing has this name
>     3 |     (i32.add (local.get $a) (local.get $c))))
>       |                                        ^
> invalid.text: not valid: 2:4: type mismatch: i32.add expected i32, found f64
>     2 |   (i32.add (i32.const 1)
>       |    ^
= 1

test a feature that is off is refused in the text
$ printf '(func (return_call 0))' | stint validate -W tail-call=n -
> -: not valid: 1:8: unknown operator return_call: this needs the tail-call feature, which is switched off
>     1 | (func (return_call 0))
>       |        ^
= 1

test long lines are cut around the place
$ printf '(func %0100d %s)' 0 x | sed 's/0/(nop) /g' | stint validate -
> -: not valid: 1:608: unknown operator x: expected an instruction
>     1 | ... (nop) (nop) (nop) (nop) (nop) (nop) (nop) (nop) (nop)  x)
>       |                                                            ^
= 1

test compile
$ stint compile add.wat && stint run --allow-precompiled --invoke add add.cwasm 3 4
> 7
!~ warning: .*
!~ warning: .*

test objdump
$ stint objdump add.wat | head -1
>~ function 0, .*: \d+ bytes

test parse
$ rm add.wasm; stint parse add.wat && stint run --invoke add add.wasm 4 5
> 9
!~ warning: .*
!~ warning: .*

test parse to a file, to standard output, from standard input
$ stint parse add.wat -o a.bin; stint parse add.wat -o - > b.bin; stint parse - < add.wat > c.bin
$ cmp a.bin b.bin && cmp b.bin c.bin && head -c 4 a.bin | od -An -c
>   \0   a   s   m

test print of a text
$ stint print --folded add.wat | head -3
> (module
>   (type (;0;) (func (param i32 i32) (result i32)))
>   (export "add" (func 0))

test parse does not judge
$ stint parse -o x.wasm invalid.text && stint validate x.wasm
>~ x.wasm: not valid: .* at offset \d+: type mismatch: .*
= 1

test parse knows all features
$ printf '(memory 1 (pagesize 1)) (func try end)' | stint parse - | od -An -tx1 | head -1
>  00 61 73 6d 01 00 00 00 01 04 01 60 00 00 03 02

test parse of what is binary, a component, nothing
$ stint parse add.wasm; stint parse component.text; stint parse nothing.wat; stint parse
! Error: cannot use `add.wasm`: it is in the binary format already
! Error: cannot use `component.text`: it is a component; only core modules can be used yet
! Error: cannot read `nothing.wat`: No such file or directory
!~ error: expected one file to parse, not 0.*
!...
= 2

test an error while parsing
$ stint parse unknown.text; ls *.wasm
> add.wasm
! Error: unknown.text:3:40: unknown local `$c`: nothing has this name
!     3 |     (i32.add (local.get $a) (local.get $c))))
!       |                                        ^
