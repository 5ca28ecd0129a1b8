;;! test=schedule
;; What leaves a loop is laid out behind it.
(module (func (param i32) (result i32)
  (loop $l
    (if (i32.eq (local.get 0) (i32.const 7)) (then (return (i32.const 1))))
    (local.set 0 (i32.shl (local.get 0) (i32.const 1)))
    (br_if $l (local.get 0)))
  (i32.const 2)))
;; ---
;; func 0 (i32) -> (i32)
;; b0:
;;   v1 = param.i32 0
;;   v4 = iconst.i32 0x7 @1d
;;   v7 = iconst.i32 0x1 @22
;;   v2: jump -> b1 @19
;; b1: <- b0, b2 ; loop b1 depth 1
;;   v3 = phi.i32 (v1, v9) @19
;;   v5 = eq.i32 v3, v4 @1f
;;   v6: br v5 -> b3, b2 @20
;; b2: <- b1 ; loop b1 depth 1
;;   v9 = shl.i32 v3, v7 @2a
;;   v10: br v9 -> b1, b4 @2f
;; b3: <- b1
;;   v8: return (v7) @24
;; b4: <- b2
;;   v11 = iconst.i32 0x2 @32
;;   v12: return (v11) @34
