;; Throws through `depth` frames and catches, 20000 times: what an exception costs. `quiet` runs the
;; same loop and throws nothing: what being ready costs.
(module
  (tag $e (param i32))

  (func $deep (param $depth i32) (param $value i32) (result i32)
    (if (i32.eqz (local.get $depth)) (then (throw $e (local.get $value))))
    ;; What follows the call keeps it from being a tail call.
    (i32.add (call $deep (i32.sub (local.get $depth) (i32.const 1)) (local.get $value))
             (local.get $depth)))

  (func $run (export "run") (param $depth i32) (result i32)
    (local $i i32) (local $sum i32)
    (local.set $i (i32.const 20000))
    (loop $again
      (local.set $sum
        (i32.add (local.get $sum)
          (block $caught (result i32)
            (try_table (result i32) (catch $e $caught)
              (call $deep (i32.sub (local.get $depth) (i32.const 1)) (local.get $i))))))
      (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (local.get $sum))

  (func $step (param $x i32) (result i32)
    (if (i32.eq (local.get $x) (i32.const -1)) (then (throw $e (local.get $x))))
    (i32.xor (i32.shl (local.get $x) (i32.const 1)) (i32.const 5)))

  (func (export "quiet") (param $turns i32) (result i32)
    (local $sum i32)
    (loop $again
      (local.set $sum
        (i32.add (local.get $sum)
          (block $caught (result i32)
            (try_table (result i32) (catch $e $caught) (call $step (local.get $turns))))))
      (br_if $again (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (local.get $sum)))
