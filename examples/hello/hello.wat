;; A guest that speaks through its host, and asks it how far to go.
(module $hello
  (import "host" "print" (func $print (param $at i32) (param $len i32)))
  (import "host" "visit" (func $visit (param i64) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "Hello, host!")
  (func (export "hello")
    (call $print (i32.const 0) (i32.const 12)))

  ;; Shows the Fibonacci numbers, one after the other, until the host says 0.
  (func $fibonacci (export "fibonacci")
    (local $a i64) (local $b i64)
    (local.set $b (i64.const 1))
    (loop $next
      (if (i32.eqz (call $visit (local.get $a))) (then (return)))
      (i64.add (local.get $a) (local.get $b))
      (local.set $a (local.get $b))
      (local.set $b)
      (br $next))))
