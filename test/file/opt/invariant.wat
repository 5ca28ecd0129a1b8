;;! test=schedule
;; The product leaves the loop; the sum that only the exit needs sinks behind it.
(module (func (param $a i32) (param $b i32) (param $n i32) (result i32) (local $i i32) (local $s i32)
  (loop $l
    (local.set $s (i32.add (local.get $s) (i32.mul (local.get $a) (local.get $b))))
    (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
  (i32.xor (local.get $s) (i32.sub (local.get $a) (local.get $b)))))
;; ---
;; func 0 (i32, i32, i32) -> (i32)
;; b0:
;;   v1 = param.i32 0
;;   v2 = param.i32 1
;;   v3 = param.i32 2
;;   v4 = iconst.i32 0x0
;;   v8 = mul.i32 v1, v2 @25
;;   v10 = iconst.i32 0x1 @2b
;;   v5: jump -> b1 @1d
;; b1: <- b0, b1 ; loop b1 depth 1
;;   v6 = phi.i32 (v4, v11) @1d
;;   v7 = phi.i32 (v4, v9) @1d
;;   v9 = add.i32 v7, v8 @26
;;   v11 = add.i32 v6, v10 @2d
;;   v12 = lt_u.i32 v11, v3 @32
;;   v13: br v12 -> b1, b2 @33
;; b2: <- b1
;;   v14 = sub.i32 v1, v2 @3c
;;   v15 = xor.i32 v9, v14 @3d
;;   v16: return (v15) @3e
