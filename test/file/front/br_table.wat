;;! test=build
;; Several entries to one label carry one snapshot.
(module (func (param i32) (result i32)
  (block $a (result i32) (block $b (result i32)
    (i32.const 7) (br_table $a $b $a $b (local.get 0)))
    (i32.const 1) (i32.add))))
;; ---
;; func 0 (i32) -> (i32)
;; pure:
;;   v2 = iconst.i32 0x7 @1d
;;   v4 = iconst.i32 0x1 @28
;;   v5 = iconst.i32 0x8 @2a
;; b0:
;;   v1 = param.i32 0
;;   v3: br_table v1 -> b2, b1, b2, b1 @21
;; b1: <- b0, b0
;;   v6: jump -> b2 @2b
;; b2: <- b0, b0, b1
;;   v7 = phi.i32 (v2, v2, v5) @2b
;;   v8: return (v7) @2c
