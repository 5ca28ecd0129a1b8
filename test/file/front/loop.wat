;;! test=build
;; A counting loop: phis for the assigned locals only, the back edge closes them.
(module (func (param $n i32) (param $unused i64) (result i32) (local $sum i32) (local $i i32)
  (loop $next
    (local.set $sum (i32.add (local.get $sum) (local.get $i)))
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
  (local.get $sum)))
;; ---
;; func 0 (i32, i64) -> (i32)
;; pure:
;;   v3 = iconst.i32 0x0
;;   v7 = add.i32 v5, v6 @22
;;   v8 = iconst.i32 0x1 @27
;;   v9 = add.i32 v6, v8 @29
;;   v10 = lt_u.i32 v9, v1 @30
;; b0:
;;   v1 = param.i32 0
;;   v2 = param.i64 1
;;   v4: jump -> b1 @1c
;; b1: <- b0, b1 ; loop b1 depth 1
;;   v5 = phi.i32 (v3, v7) @1c
;;   v6 = phi.i32 (v3, v9) @1c
;;   v11: br v10 -> b1, b2 @31
;; b2: <- b1
;;   v12: return (v7) @36
