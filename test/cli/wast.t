# stint wast.

file good.wast
    (module $m
      (func (export "add") (param i32 i32) (result i32)
        (i32.add (local.get 0) (local.get 1)))
      (func (export "nan") (result f32 f64) (f32.const -nan) (f64.const nan:0x8000000000001))
      (func (export "div") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
      (func $deep (export "deep") (call $deep))
      (func (export "id") (param externref) (result externref) (local.get 0))
      (func (export "self") (result funcref) (ref.func $deep))
      (global (export "g") i64 (i64.const -5))
      (table (export "t") 1 funcref))
    (assert_return (invoke "add" (i32.const 1) (i32.const 0xffff_ffff)) (i32.const 0))
    (assert_return (invoke $m "nan") (f32.const nan:canonical) (f64.const nan:arithmetic))
    (assert_return (invoke "add" (i32.const 1) (i32.const 2)) (either (i32.const 4) (i32.const 3)))
    (assert_return (get "g") (i64.const -5))
    (assert_return (invoke "id" (ref.extern 7)) (ref.extern 7))
    (assert_return (invoke "id" (ref.null extern)) (ref.null extern))
    (assert_return (invoke "id" (ref.null extern)) (ref.null))
    (assert_return (invoke "self") (ref.func))
    (assert_trap (invoke "div" (i32.const 0)) "integer divide by zero")
    (assert_exhaustion (invoke "deep") "call stack exhausted")
    (register "m" $m)
    (module definition $d (import "m" "add" (func $add (param i32 i32) (result i32)))
      (import "spectest" "global_i32" (global i32))
      (func (export "inc") (result i32) (call $add (global.get 0) (i32.const 1))))
    (module instance $i $d)
    (assert_return (invoke $i "inc") (i32.const 667))
    (module instance)
    (assert_return (invoke "inc") (i32.const 667))
    (invoke "inc")
    (assert_invalid (module (func (result i32))) "type mismatch")
    (assert_malformed (module quote "(func" "(nop))" " (nup)") "unknown operator nup")
    (assert_malformed (module binary "\00asm\02\00\00\00") "unknown binary version")
    (assert_unlinkable (module (import "m" "none" (func))) "unknown import")
    (assert_unlinkable (module (import "m" "g" (func))) "incompatible import type")
    (assert_trap (module (func $f (unreachable)) (start $f)) "unreachable")
    (module binary "\00asm" "\01\00\00\00")
    (module quote "(func)")
    ((@a) module)
    (assert_malformed_custom (module quote "(@custom)") "@custom annotation: missing")

file bad.wast
    (module (func (export "f") (param i32) (result i32) (local.get 0))
            (func (export "two") (result i32 f64) (i32.const -1) (f64.const 0.1)))
    (assert_return (invoke "f" (i32.const 1)) (i32.const 2))
    (assert_return (invoke "f" (i32.const 1)))
    (assert_return (invoke "two") (i32.const -1) (f64.const nan:canonical))
    (assert_return (invoke "f" (f32.const nan:canonical)) (i32.const 2))
    (assert_return (invoke "f") (i32.const 2))
    (assert_return (invoke "f" (i32.const 0)) (i32.const 0)) ;; good
    (assert_return (invoke $other "f") (i32.const 2))
    (assert_return (get "f") (i32.const 2))
    (assert_trap (invoke "f" (i32.const 1)) "unreachable")
    (assert_invalid (module) "type mismatch")
    (assert_invalid (module (func (result i32))) "something else")
    (assert_malformed (module quote "(func)") "unexpected token")
    (assert_unlinkable (module) "unknown import")
    (what)
    (assert_return (invoke "f" (i32.const 1)) (i32.const 1) (i32.const 99999999999))
    (module (func (export "f") (result i32)))
    (assert_return (invoke "f") (i32.const 2))
    (module instance $x $y)
    (module (func (i32.const 1

file threads.wast
    (module $m (func (export "f") (result i32) (i32.const 1)))
    (thread $a (shared (module $m))
      (register "m" $m)
      (module (func (export "f") (param i32) (result i32) (local.get 0)))
      (assert_return (invoke "f" (i32.const 2)) (i32.const 2)))
    (thread $b
      (invoke $m "f")
      (module (func (export "f") (result i32) (i32.const 1)))
      (assert_return (invoke "f") (i32.const 2))
      (thread $c))
    (wait $a)
    (wait $b)
    (wait $b)
    (thread $d (module (func (export "f") (loop (br 0)))) (invoke "f"))

file shared.wast
    (module $m (memory (export "a\22b") 1 2 shared) (memory (export "own") 1))
    (thread $writer (shared (module $m))
      (register "m" $m)
      (module (memory (import "m" "a\22b") 1 2 shared)
        (func (export "set") (i32.atomic.store (i32.const 0) (i32.const 42))))
      (invoke "set"))
    (thread $reader (shared (module $m))
      (register "m" $m)
      (module (memory (import "m" "a\22b") 1 2 shared)
        (func (export "get") (result i32)
          (loop $again (br_if $again (i32.eqz (i32.atomic.load (i32.const 0)))))
          (i32.atomic.load (i32.const 0))))
      (assert_return (invoke "get") (i32.const 42))
      (assert_unlinkable (module (import "m" "own" (memory 1))) "unknown import"))
    (wait $writer)
    (wait $reader)

file loop.wast
    (module (func (export "f") (loop (br 0))))
    (assert_return (invoke "f"))
    (assert_return (invoke "f"))
    (invoke "f")

file words.wast
    (module $m (memory 1 1)
      (func (export "near") (param i32) (result i32)
        (memory.atomic.notify offset=1 (local.get 0) (i32.const 1)))
      (func (export "far") (param i32) (result i32)
        (memory.atomic.notify offset=0x10002 (local.get 0) (i32.const 1)))
      (func (export "add") (param i32) (result i32)
        (i32.atomic.rmw.add offset=2 (local.get 0) (i32.const 1))))
    (module $w (memory i64 1 1)
      (func (export "far") (param i64) (result i32)
        (memory.atomic.notify offset=2 (local.get 0) (i32.const 1))))
    (assert_return (invoke $m "near" (i32.const 3)) (i32.const 0))
    (assert_trap (invoke $m "near" (i32.const 4)) "unaligned atomic")
    (assert_trap (invoke $m "near" (i32.const 0xffff_ffff)) "out of bounds memory access")
    (assert_trap (invoke $m "far" (i32.const 3)) "unaligned atomic")
    (assert_trap (invoke $m "far" (i32.const 2)) "out of bounds memory access")
    (assert_trap (invoke $m "far" (i32.const 0xffff_fffd)) "out of bounds memory access")
    (assert_trap (invoke $m "add" (i32.const 0xffff_ffff)) "unaligned atomic")
    (assert_trap (invoke $w "far" (i64.const 0x1_0000)) "unaligned atomic")
    (assert_trap (invoke $w "far" (i64.const 0xffff_ffff_ffff_ffff)) "out of bounds memory access")

file fields.wast
    (func $f (result i32) (i32.const 1))
    (memory 0)
    (func (export "f") (drop (call $f)))

file simd.wast
    (module (func (result v128) (v128.const i64x2 0 0)))

file options
    # a comment
    */other.wast -W simd=n,relaxed-simd=n
    simd.wast   -W relaxed-simd=n -Wsimd=n

file bad-options
    *.wast -W


test everything a script can say
$ stint wast good.wast
> 27 passed, 0 failed, 0 skipped

test an address that no index reaches is out of bounds before it is unaligned, for words waited at
$ stint wast words.wast; stint wast -C compiler=interpreter words.wast
> 11 passed, 0 failed, 0 skipped
> 11 passed, 0 failed, 0 skipped

test what fails is said with its place
$ stint wast bad.wast
> bad.wast:3:2: expected (i32.const 2), found (i32.const 1)
> bad.wast:4:2: expected nothing, found (i32.const 1)
> bad.wast:5:2: expected (i32.const -1) (f64.const nan:canonical), found (i32.const -1) (f64.const 0.1)
> bad.wast:6:2: (f32.const nan:canonical) is not one value
> bad.wast:7:2: expected 1 arguments, got 0
> bad.wast:9:2: unknown module $other
> bad.wast:10:2: export "f" is not a global
> bad.wast:11:2: expected a trap (unreachable), found success: found (i32.const 1)
> bad.wast:12:2: expected an invalid module (type mismatch), found success
> bad.wast:13:2: expected the message `something else`, found `type mismatch: instruction requires [i32] but stack has [], at end`
> bad.wast:14:2: expected malformed text (unexpected token), found success
> bad.wast:15:2: expected a module that cannot be linked (unknown import), found success
> bad.wast:16:2: unknown operator what: expected a command
> bad.wast:17:68: constant out of range: `99999999999` is no i32
> bad.wast:18:2: type mismatch: instruction requires [i32] but stack has [], at end
> bad.wast:19:2: the module this needs could not be instantiated
> bad.wast:20:2: unknown module definition $y
> bad.wast:21:2: unclosed module: unexpected token: the text ends, expected `)` for what begins on line 21, column 16
> 2 passed, 18 failed, 0 skipped
= 1

test several scripts
$ stint wast good.wast fields.wast
> 30 passed, 0 failed, 0 skipped

test messages need not agree
$ stint wast --ignore-error-messages bad.wast | grep something
= 1

test a time limit
$ stint wast -W timeout=100ms loop.wast
> loop.wast:2:2: interrupt
> 1 passed, 1 failed, 2 skipped
= 1

test threads have stores of their own
$ stint wast -W timeout=1s threads.wast
> threads.wast:7:4: unknown module $m
> threads.wast:9:4: expected (i32.const 2), found (i32.const 1)
> threads.wast:10:4: a thread cannot start another one
> threads.wast:12:2: 3 commands of the thread failed
> threads.wast:13:2: unknown thread
> 5 passed, 2 failed, 0 skipped
= 1

test threads share memories
$ stint wast shared.wast
> 5 passed, 0 failed, 0 skipped

test options by file
$ stint wast --options options simd.wast
> simd.wast:1:2: unknown operator v128: this needs the simd feature, which is switched off
> 0 passed, 1 failed, 0 skipped
= 1

test options that make no sense
$ stint wast --options bad-options simd.wast
! error: bad-options:1: expected GLOB -X KEY=VALUE,...
> 0 passed, 0 failed, 0 skipped
= 1

test no file
$ stint wast nowhere.wast
! Error: cannot read `nowhere.wast`: No such file or directory
> 0 passed, 0 failed, 0 skipped
= 1

test no script
$ stint wast
! error: no script to run
= 2
