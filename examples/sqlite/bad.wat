;; Functions that misbehave. Each call starts from a clean instance, for the last one failed.
(module
  (memory (export "memory") 1)
  (global $calls (mut i64) (i64.const 0))
  (func (export "spin") (result i64) (loop (br 0)) (unreachable))
  (func (export "eat") (result i64)
    (loop (drop (memory.grow (i32.const 1))) (br 0)) (unreachable))
  (func (export "crash") (result i64) (i64.load (i32.const -8)))
  (func $deep (export "deep") (result i64) (call $deep))
  (func (export "calls") (result i64)
    (global.set $calls (i64.add (global.get $calls) (i64.const 1)))
    (global.get $calls)))
