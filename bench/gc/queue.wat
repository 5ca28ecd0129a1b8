;; A linked structure that lives on: a queue of boxed numbers that is always `length` long, and a
;; table of buckets with chains that are searched and replaced. Collections copy much, and most of
;; the time goes into following references. `run` gives a checksum.
(module
  (type $item (struct (field $key i32) (field $value (mut i64)) (field $next (mut (ref null $item)))))
  (type $buckets (array (mut (ref null $item))))

  (global $head (mut (ref null $item)) (ref.null $item))
  (global $tail (mut (ref null $item)) (ref.null $item))
  (global $table (mut (ref null $buckets)) (ref.null $buckets))

  (func $append (param $key i32) (param $value i64)
    (local $item (ref $item))
    (local.set $item
      (struct.new $item (local.get $key) (local.get $value) (ref.null $item)))
    (if (ref.is_null (global.get $tail))
      (then (global.set $head (local.get $item)))
      (else (struct.set $item $next (global.get $tail) (local.get $item))))
    (global.set $tail (local.get $item)))

  (func $take (result i64)
    (local $item (ref null $item))
    (local.set $item (global.get $head))
    (global.set $head (struct.get $item $next (local.get $item)))
    (struct.get $item $value (local.get $item)))

  ;; Adds to the key's value; every eighth time the chain's first item is made anew.
  (func $note (param $key i32) (param $value i64)
    (local $slot i32) (local $item (ref null $item))
    (local.set $slot
      (i32.and (i32.mul (local.get $key) (i32.const 0x9E3779B1))
               (i32.sub (array.len (global.get $table)) (i32.const 1))))
    (local.set $item (array.get $buckets (global.get $table) (local.get $slot)))
    (block $found
      (loop $search
        (if (ref.is_null (local.get $item))
          (then
            (array.set $buckets (global.get $table) (local.get $slot)
              (struct.new $item (local.get $key) (local.get $value)
                (array.get $buckets (global.get $table) (local.get $slot))))
            (return)))
        (br_if $found (i32.eq (struct.get $item $key (local.get $item)) (local.get $key)))
        (local.set $item (struct.get $item $next (local.get $item)))
        (br $search)))
    (struct.set $item $value (local.get $item)
      (i64.add (struct.get $item $value (local.get $item)) (local.get $value)))
    (if (i32.eqz (i32.and (local.get $key) (i32.const 7)))
      (then
        (local.set $item (array.get $buckets (global.get $table) (local.get $slot)))
        (array.set $buckets (global.get $table) (local.get $slot)
          (struct.new $item (struct.get $item $key (local.get $item))
            (struct.get $item $value (local.get $item))
            (struct.get $item $next (local.get $item)))))))

  (func $run (export "run") (param $length i32) (result i32)
    (local $i i32) (local $seed i32) (local $sum i64)
    (global.set $table (array.new_default $buckets (i32.const 65536)))
    (global.set $head (ref.null $item))
    (global.set $tail (ref.null $item))
    (loop $fill
      (call $append (local.get $i) (i64.extend_i32_u (local.get $i)))
      (br_if $fill
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $length))))
    (local.set $i (i32.mul (local.get $length) (i32.const 30)))
    (loop $turn
      (local.set $seed
        (i32.add (i32.mul (local.get $seed) (i32.const 1664525)) (i32.const 1013904223)))
      (local.set $sum (i64.add (local.get $sum) (call $take)))
      (call $append (local.get $i) (i64.extend_i32_u (local.get $seed)))
      (call $note (i32.shr_u (local.get $seed) (i32.const 15)) (local.get $sum))
      (br_if $turn (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (i32.wrap_i64 (local.get $sum))))
