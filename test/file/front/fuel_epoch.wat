;;! test=build fuel=1 epoch=1
;; Polls at entry and loop heads; fuel charged before control leaves a straight line.
(module (func (param i32) (loop $l
  (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $l (local.get 0)))))
;; ---
;; func 0 (i32) -> ()
;; pure:
;;   v7 = iconst.i32 0x1 @1c
;;   v8 = iconst.i32 0xffffffff @1e
;;   v9 = add.i32 v5, v8 @1e
;; b0:
;;   v1: poll @18
;;   v2 = param.i32 0
;;   v3: fuel 1 @18
;;   v4: jump -> b1 @18
;; b1: <- b0, b1 ; loop b1 depth 1
;;   v5 = phi.i32 (v2, v9) @18
;;   v6: poll @18
;;   v10: fuel 6 @23
;;   v11: br v9 -> b1, b2 @23
;; b2: <- b1
;;   v12: return () @26
