;; Wolfram's rule 30: a row of cells, each the child of three above it.
(module
  (memory (export "memory") 1)
  (global $generation (export "generation") (mut i32) (i32.const 0))
  (global $width (export "width") i32 (i32.const 63))
  ;; The row, a character for each cell, with a dead one at both ends.
  (data (i32.const 0) "--------------------------------#--------------------------------")

  (func $alive (param $at i32) (result i32)
    (i32.eq (i32.load8_u (local.get $at)) (i32.const 35)))

  ;; Makes the next row; gives the address of the present one.
  (func (export "next") (result i32)
    (local $at i32)
    (memory.copy (i32.const 1024) (i32.const 0) (i32.const 65))
    (loop $cell
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (select (i32.const 35) (i32.const 45)
          (i32.xor
            (call $alive (i32.add (local.get $at) (i32.const 1023)))
            (i32.or
              (call $alive (i32.add (local.get $at) (i32.const 1024)))
              (call $alive (i32.add (local.get $at) (i32.const 1025)))))))
      (br_if $cell (i32.lt_u (local.get $at) (global.get $width))))
    (global.set $generation (i32.add (global.get $generation) (i32.const 1)))
    (i32.const 1025)))
