;;! test=build
;; Bulk operations and growth are libcalls; their arguments have the types the libcalls want.
(module (memory 1) (memory 1) (data "abc") (table $f 1 funcref) (table $x 1 externref)
  (elem func $g)
  (func $g (param i32 externref) (result i32)
    (memory.init 0 (i32.const 1) (i32.const 0) (local.get 0)) (data.drop 0)
    (memory.copy 1 0 (i32.const 1) (i32.const 2) (local.get 0))
    (memory.fill (local.get 0) (i32.const 7) (i32.const 3))
    (drop (memory.grow (local.get 0)))
    (table.init $f 0 (i32.const 0) (i32.const 0) (i32.const 1)) (elem.drop 0)
    (table.fill $x (i32.const 0) (local.get 1) (i32.const 1))
    (table.fill $f (i32.const 0) (ref.null func) (i32.const 1))
    (drop (table.grow $f (ref.null func) (i32.const 1)))
    (table.copy $f $f (i32.const 0) (i32.const 0) (i32.const 1))
    (table.grow $x (local.get 1) (i32.const 1))))
;; ---
;; func 0 (i32, gcref) -> (i32)
;; pure:
;;   v3 = iconst.i32 0x1 @34
;;   v4 = iconst.i32 0x0 @36
;;   v5 = iconst.i64 0x1 @3a
;;   v6 = iconst.i64 0x0 @3a
;;   v7 = ext_u.i64 v1 @3a
;;   v10 = iconst.i32 0x2 @43
;;   v11 = iconst.i64 0x2 @47
;;   v13 = iconst.i32 0x7 @4d
;;   v14 = iconst.i32 0x3 @4f
;;   v15 = iconst.i64 0x3 @51
;;   v18 = wrap.i32 v17 @56
;;   v22 = iconst.ref 0x0 @71
;;   v25 = wrap.i32 v24 @7c
;;   v28 = wrap.i32 v27 @8e
;; b0:
;;   v1 = param.i32 0
;;   v2 = param.gcref 1
;;   v8: libcall 1 (v4, v5, v6, v7, v4) @3a
;;   v9: libcall 4 (v4) @3e
;;   v12: libcall 2 (v5, v11, v7, v3, v4) @47
;;   v16: libcall 3 (v7, v13, v15, v4) @51
;;   v17 = libcall.i64 0 (v7, v4) @56
;;   v19: libcall 7 (v4, v6, v6, v5, v4) @5f
;;   v20: libcall 11 (v4) @63
;;   v21: libcall 10 (v6, v2, v5, v3) @6c
;;   v23: libcall 9 (v6, v22, v5, v4) @75
;;   v24 = libcall.i64 5 (v22, v5, v4) @7c
;;   v26: libcall 8 (v6, v6, v5, v4, v4) @86
;;   v27 = libcall.i64 6 (v2, v5, v3) @8e
;;   v29: return (v28) @91
