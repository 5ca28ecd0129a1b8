;; Reads where it has nothing.
(module
  (memory 1)
  (func $read (param $at i32) (result i64) (i64.load (local.get $at)))
  (func $turn (export "turn") (result i64) (call $read (i32.const 65530))))
