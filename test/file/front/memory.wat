;;! test=build
;; A second load of the same place is the first; a store to bytes beside it changes nothing; a store
;; of unknown place does.
(module (memory 1) (func (param $p i32) (param $q i32) (result i32)
  (i32.store offset=4 (local.get $p) (i32.const 1))
  (i32.add (i32.load (local.get $p))
    (block (result i32)
      (i32.store offset=8 (local.get $p) (i32.const 2))
      (i32.add (i32.load (local.get $p)) (i32.load offset=4 (local.get $p)))))
  (i32.store (local.get $q) (i32.const 3))
  (i32.add (i32.load (local.get $p)))))
;; ---
;; func 0 (i32, i32) -> (i32)
;; pure:
;;   v3 = iconst.i32 0x1 @21
;;   v4 = ctxld.i64 48 @23
;;   v5 = ea.i64 v4, v1, 4 @23
;;   v7 = ea.i64 v4, v1, 0 @28
;;   v9 = iconst.i32 0x2 @2f
;;   v10 = ea.i64 v4, v1, 8 @31
;;   v12 = add.i32 v8, v3 @3e
;;   v13 = add.i32 v8, v12 @40
;;   v14 = iconst.i32 0x3 @43
;;   v15 = ea.i64 v4, v2, 0 @45
;;   v18 = add.i32 v13, v17 @4d
;; b0:
;;   v1 = param.i32 0
;;   v2 = param.i32 1
;;   v6: store v5, v3, 4 @23
;;   v8 = load.i32 v7, 4 @28
;;   v11: store v10, v9, 4 @31
;;   v16: store v15, v14, 4 @45
;;   v17 = load.i32 v7, 4 @4a
;;   v19: return (v18) @4e
