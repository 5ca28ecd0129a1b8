;; Adds up the numbers up to the request's, in its memory, and fails for some of them.
(module
  (memory (export "memory") 1)
  (global $served (mut i64) (i64.const 0))
  ;; How often this instance has served, in the upper half; the answer in the lower one.
  (func (export "serve") (param $request i64) (result i64)
    (local $i i64)
    (if (i64.eqz (i64.rem_u (i64.add (local.get $request) (i64.const 1)) (i64.const 100)))
      (then (unreachable)))
    (global.set $served (i64.add (global.get $served) (i64.const 1)))
    (i64.store (i32.const 8) (i64.const 0))
    (loop $more
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (i64.store (i32.const 8) (i64.add (i64.load (i32.const 8)) (local.get $i)))
      (br_if $more (i64.lt_u (local.get $i) (local.get $request))))
    (i64.or (i64.load (i32.const 8)) (i64.shl (global.get $served) (i64.const 32)))))
