;;! test=build
;; Bounds, null, signature, then the call through the record.
(module (type $t (func (param i32) (result i32))) (table 10 funcref)
  (func (param i32) (result i32) (call_indirect (type $t) (i32.const 1) (local.get 0))))
;; ---
;; func 0 (i32) -> (i32)
;; sig 0 (i32) -> (i32)
;; pure:
;;   v2 = iconst.i32 0x1 @1f
;;   v3 = ext_u.i64 v1 @23
;;   v4 = ctxld.i64 64 @23
;;   v6 = le_u.i32 v5, v3 @23
;;   v9 = iconst.i64 0x3 @23
;;   v10 = shl.i64 v3, v9 @23
;;   v11 = add.i64 v8, v10 @23
;;   v13 = iconst.ref 0x0 @23
;;   v14 = eq.i32 v12, v13 @23
;;   v17 = ctxld.i32 80 @23
;;   v18 = eq.i32 v16, v17 @23
;;   v19 = iconst.i32 0x0 @23
;;   v20 = ne.i32 v16, v17 @23
;; b0:
;;   v1 = param.i32 0
;;   v5 = pload.i64 v4, 0, 8 @23
;;   v7: trapif v6, 3 @23
;;   v8 = pload.i64 v4, 0, 0 @23
;;   v12 = pload.ref v11, 1, 0 @23
;;   v15: trapif v14, 4 @23
;;   v16 = pload.i32 v12, 0, 24 @23
;;   v21: trapif v20, 5 @23
;;   v22 = call_ref.i32 v12, 0 (v2) @23
;;   v23: return (v22) @26
