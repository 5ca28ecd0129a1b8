;; Binary trees: many that die at once beside one that stays. Allocation, and collections that copy
;; little. `run` gives a checksum of the nodes counted.
(module
  (type $node (struct (field $left (ref null $node)) (field $right (ref null $node))))

  (func $make (param $depth i32) (result (ref $node))
    (if (result (ref $node)) (i32.eqz (local.get $depth))
      (then (struct.new_default $node))
      (else
        (struct.new $node
          (call $make (i32.sub (local.get $depth) (i32.const 1)))
          (call $make (i32.sub (local.get $depth) (i32.const 1)))))))

  (func $count (param $node (ref null $node)) (result i32)
    (if (result i32) (ref.is_null (local.get $node))
      (then (i32.const 0))
      (else
        (i32.add (i32.const 1)
          (i32.add
            (call $count (struct.get $node $left (local.get $node)))
            (call $count (struct.get $node $right (local.get $node))))))))

  (func $run (export "run") (param $depth i32) (result i32)
    (local $stays (ref null $node)) (local $d i32) (local $i i32) (local $sum i32)
    (local.set $stays (call $make (local.get $depth)))
    (local.set $d (i32.const 4))
    (loop $depths
      (local.set $i (i32.shl (i32.const 1) (i32.sub (local.get $depth) (local.get $d))))
      (loop $trees
        (local.set $sum
          (i32.add (local.get $sum) (call $count (call $make (local.get $d)))))
        (br_if $trees (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (local.set $d (i32.add (local.get $d) (i32.const 2)))
      (br_if $depths (i32.le_u (local.get $d) (local.get $depth))))
    (i32.add (local.get $sum) (call $count (local.get $stays)))))
