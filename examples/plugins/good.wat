;; Counts its calls.
(module
  (global $calls (mut i64) (i64.const 0))
  (func (export "turn") (result i64)
    (global.set $calls (i64.add (global.get $calls) (i64.const 1)))
    (global.get $calls)))
