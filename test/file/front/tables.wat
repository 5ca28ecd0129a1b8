;;! test=build
(module (table $t 4 funcref) (table $e 4 externref)
  (func (param i32 externref) (result i32)
    (table.set $e (local.get 0) (local.get 1))
    (table.set $t (local.get 0) (table.get $t (i32.const 0)))
    (table.size $e)))
;; ---
;; func 0 (i32, gcref) -> (i32)
;; pure:
;;   v3 = ext_u.i64 v1 @27
;;   v4 = ctxld.i64 72 @27
;;   v6 = le_u.i32 v5, v3 @27
;;   v9 = iconst.i64 0x2 @27
;;   v10 = shl.i64 v3, v9 @27
;;   v11 = add.i64 v8, v10 @27
;;   v13 = iconst.i32 0x0 @2b
;;   v14 = iconst.i64 0x0 @2d
;;   v15 = ctxld.i64 64 @2d
;;   v17 = eq.i32 v16, v14 @2d
;;   v20 = iconst.i64 0x3 @2d
;;   v22 = le_u.i32 v16, v3 @2f
;;   v24 = shl.i64 v3, v20 @2f
;;   v25 = add.i64 v19, v24 @2f
;;   v27 = wrap.i32 v5 @31
;; b0:
;;   v1 = param.i32 0
;;   v2 = param.gcref 1
;;   v5 = pload.i64 v4, 0, 8 @27
;;   v7: trapif v6, 3 @27
;;   v8 = pload.i64 v4, 0, 0 @27
;;   v12: pstore v11, v2 0, 1 @27
;;   v16 = pload.i64 v15, 0, 8 @2d
;;   v18: trapif v17, 3 @2d
;;   v19 = pload.i64 v15, 0, 0 @2d
;;   v21 = pload.ref v19, 1, 0 @2d
;;   v23: trapif v22, 3 @2f
;;   v26: pstore v25, v21 0, 1 @2f
;;   v28: return (v27) @34
