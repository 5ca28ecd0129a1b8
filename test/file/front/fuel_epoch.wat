;;! test=build fuel=1 epoch=1
;; Polls at entry and loop heads; fuel charged before control leaves a straight line.
(module (func (param i32) (loop $l
  (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $l (local.get 0)))))
;; ---
;; func 0 (i32) -> ()
;; pure:
;;   v6 = iconst.i32 0x1 @1c
;;   v7 = iconst.i32 0xffffffff @1e
;;   v8 = add.i32 v4, v7 @1e
;; b0:
;;   v1: poll
;;   v2 = param.i32 0
;;   v3: jump -> b1 @18
;; b1: <- b0, b1 ; loop b1 depth 1
;;   v4 = phi.i32 (v2, v8) @18
;;   v5: poll @18
;;   v9: fuel 6 @23
;;   v10: br v8 -> b1, b2 @23
;; b2: <- b1
;;   v11: return () @26
