;;! test=build
;; An i64 index is compared with the length, once for all offsets that the guard covers and across
;; calls; beyond the guard the end counts, which the furthest check before covers, and what no memory
;; reaches traps. Constant indices that the guard covers need nothing.
(module (memory i64 1)
  (func $f (param i64) (result i64)
    (i64.store (local.get 0) (i64.const 7))
    (i64.store offset=8 (local.get 0) (i64.const 8))
    (drop (call $f (i64.const 0)))
    (i64.load32_u offset=0x1fffffc (local.get 0)))
  (func (param i64) (result i32)
    (drop (i64.load offset=0x2000000 (local.get 0)))
    (drop (i32.load offset=0x2000004 (local.get 0)))
    (i32.load offset=0x2000005 (local.get 0)))
  (func (result i64) (i64.load offset=8 (i64.const 0x1fffff0)))
  (func (result i64) (i64.load offset=8 (i64.const 0x1fffff8)))
  (func (result i64) (i64.load offset=8 (i64.const -8)))
  (func (param i64) (result i64) (memory.grow (local.get 0)) (drop) (memory.size)))
;; ---
;; func 0 (i64) -> (i64)
;; sig 0 (i64) -> (i64)
;; pure:
;;   v2 = iconst.i64 0x7 @2e
;;   v3 = ctxld.i64 56 @30
;;   v6 = ctxld.i64 48 @30
;;   v7 = ea64.i64 v6, v1, 0 @30
;;   v9 = iconst.i64 0x8 @35
;;   v10 = ea64.i64 v6, v1, 8 @37
;;   v12 = iconst.i64 0x0 @3a
;;   v15 = ea64.i64 v6, v1, 33554428 @41
;; b0:
;;   v1 = param.i64 0
;;   v4 = pload.i64 v3, 0, 8 @30
;;   v5: bounds v1, v4 0x0, 0 @30
;;   v8: store v7, v2, 4 @30
;;   v11: store v10, v9, 4 @37
;;   v13 = call.i64 0 sig 0 (v12) @3c
;;   v14 = pload.i64 v3, 0, 8 @41
;;   v16 = load32_u.i64 v15, 4 @41
;;   v17: return (v16) @47
;; func 1 (i64) -> (i32)
;; pure:
;;   v2 = ctxld.i64 56 @4c
;;   v5 = ctxld.i64 48 @4c
;;   v6 = ea64.i64 v5, v1, 33554432 @4c
;;   v8 = ea64.i64 v5, v1, 33554436 @55
;;   v11 = ea64.i64 v5, v1, 33554437 @5e
;; b0:
;;   v1 = param.i64 0
;;   v3 = pload.i64 v2, 0, 8 @4c
;;   v4: bounds v1, v3 0x2000008, 0 @4c
;;   v7 = load.i64 v6, 4 @4c
;;   v9 = load.i32 v8, 4 @55
;;   v10: bounds v1, v3 0x2000009, 0 @5e
;;   v12 = load.i32 v11, 4 @5e
;;   v13: return (v12) @64
;; func 2 () -> (i64)
;; pure:
;;   v1 = iconst.i64 0x1fffff0 @67
;;   v2 = iconst.i64 0x0 @6c
;;   v3 = ctxld.i64 48 @6c
;;   v4 = ea64.i64 v3, v2, 33554424 @6c
;; b0:
;;   v5 = load.i64 v4, 4 @6c
;;   v6: return (v5) @6f
;; func 3 () -> (i64)
;; pure:
;;   v1 = iconst.i64 0x1fffff8 @72
;;   v2 = ctxld.i64 56 @77
;;   v5 = iconst.i64 0x0 @77
;;   v6 = ctxld.i64 48 @77
;;   v7 = ea64.i64 v6, v5, 33554432 @77
;; b0:
;;   v3 = pload.i64 v2, 0, 8 @77
;;   v4: bounds v1, v3 0x0, 0 @77
;;   v8 = load.i64 v7, 4 @77
;;   v9: return (v8) @7a
;; func 4 () -> (i64)
;; pure:
;;   v1 = iconst.i64 0xfffffffffffffff8 @7d
;;   v2 = iconst.i32 0x1 @7f
;;   v4 = iconst.i64 0x0 @7f
;;   v5 = ctxld.i64 48 @7f
;;   v6 = ea64.i64 v5, v4, 0 @7f
;; b0:
;;   v3: trapif v2, 1 @7f
;;   v7 = load.i64 v6, 4 @7f
;;   v8: return (v7) @82
;; func 5 (i64) -> (i64)
;; pure:
;;   v2 = iconst.i32 0x0 @87
;;   v4 = iconst.i64 0x10 @8a
;;   v5 = ctxld.i64 56 @8a
;;   v7 = shr_u.i64 v6, v4 @8a
;; b0:
;;   v1 = param.i64 0
;;   v3 = libcall.i64 0 (v1, v2) @87
;;   v6 = pload.i64 v5, 0, 8 @8a
;;   v8: return (v7) @8c
