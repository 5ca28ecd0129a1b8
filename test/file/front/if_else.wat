;;! test=build
;; A join: one phi where the arms disagree, none where they agree.
(module (func (param i32 i32) (result i32) (local i32)
  (if (result i32) (local.get 0)
    (then (local.set 2 (i32.const 5)) (local.get 1))
    (else (local.set 2 (i32.const 5)) (i32.const 3)))
  (i32.add (local.get 2))))
;; ---
;; func 0 (i32, i32) -> (i32)
;; pure:
;;   v3 = iconst.i32 0x0
;;   v5 = iconst.i32 0x5 @20
;;   v7 = iconst.i32 0x3 @2b
;;   v10 = add.i32 v9, v5 @30
;; b0:
;;   v1 = param.i32 0
;;   v2 = param.i32 1
;;   v4: br v1 -> b1, b2 @1e
;; b1: <- b0
;;   v6: jump -> b3 @26
;; b2: <- b0
;;   v8: jump -> b3 @2d
;; b3: <- b1, b2
;;   v9 = phi.i32 (v2, v7) @2d
;;   v11: return (v10) @31
