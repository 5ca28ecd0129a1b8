;;! test=build
;; An atomic access is a barrier: plain loads around it are not one, in a loop neither, and the length
;; of a shared memory is read anew.
(module (memory 1 2 shared)
  (func (param i32) (result i32)
    (i32.add (i32.load (local.get 0))
      (i32.add (i32.atomic.load offset=8 (local.get 0))
        (i32.add (i32.load (local.get 0)) (i32.load (local.get 0))))))
  (func (result i32) (i32.add (memory.size) (memory.size)))
  (func (param i32) (loop $l (br_if $l (i32.eqz (i32.load (local.get 0))))))
  (func (param i32 i64) (result i32)
    (memory.atomic.wait64 offset=16 (local.get 0) (i64.const 0) (local.get 1)))
  (func (param i32) (result i32) (memory.atomic.notify (local.get 0) (i32.const 1))))
;; ---
;; func 0 (i32) -> (i32)
;; pure:
;;   v2 = ctxld.i64 48 @33
;;   v3 = ea.i64 v2, v1, 0 @33
;;   v5 = iconst.i32 0x3 @38
;;   v6 = and.i32 v1, v5 @38
;;   v7 = iconst.i32 0x0 @38
;;   v8 = ne.i32 v6, v7 @38
;;   v10 = ea.i64 v2, v1, 8 @38
;;   v13 = iconst.i32 0x1 @46
;;   v14 = shl.i32 v12, v13 @46
;;   v15 = add.i32 v11, v14 @47
;;   v16 = add.i32 v4, v15 @48
;; b0:
;;   v1 = param.i32 0
;;   v4 = load.i32 v3, 4 @33
;;   v9: trapif v8, 2 @38
;;   v11 = aload.i32 v10 @38
;;   v12 = load.i32 v3, 4 @3e
;;   v17: return (v16) @49
;; func 1 () -> (i32)
;; pure:
;;   v1 = iconst.i64 0x10 @4c
;;   v2 = ctxld.i64 56 @4c
;;   v4 = shr_u.i64 v3, v1 @4c
;;   v5 = wrap.i32 v4 @4c
;;   v7 = shr_u.i64 v6, v1 @4e
;;   v8 = wrap.i32 v7 @4e
;;   v9 = add.i32 v5, v8 @50
;; b0:
;;   v3 = pload.i64 v2, 0, 8 @4c
;;   v6 = pload.i64 v2, 0, 8 @4e
;;   v10: return (v9) @51
;; func 2 (i32) -> ()
;; pure:
;;   v3 = ctxld.i64 48 @58
;;   v4 = ea.i64 v3, v1, 0 @58
;;   v6 = iconst.i32 0x0 @5b
;;   v7 = eq.i32 v5, v6 @5b
;; b0:
;;   v1 = param.i32 0
;;   v2: jump -> b1 @54
;; b1: <- b0, b1 ; loop b1 depth 1
;;   v5 = load.i32 v4, 4 @58
;;   v8: br v7 -> b1, b2 @5c
;; b2: <- b1
;;   v9: return () @5f
;; func 3 (i32, i64) -> (i32)
;; pure:
;;   v3 = iconst.i64 0x0 @64
;;   v4 = iconst.i64 0x10 @68
;;   v5 = ext_u.i64 v1 @68
;;   v6 = add.i64 v5, v4 @68
;;   v7 = iconst.i64 0xffffffff @68
;;   v8 = lt_u.i32 v7, v6 @68
;;   v10 = iconst.i32 0x7 @68
;;   v11 = and.i32 v1, v10 @68
;;   v12 = iconst.i32 0x0 @68
;;   v13 = ne.i32 v11, v12 @68
;;   v15 = ctxld.i64 56 @68
;; b0:
;;   v1 = param.i32 0
;;   v2 = param.i64 1
;;   v9: trapif v8, 1 @68
;;   v14: trapif v13, 2 @68
;;   v16 = pload.i64 v15, 0, 8 @68
;;   v17: bounds v1, v16 0x18, 0 @68
;;   v18 = libcall.i32 41 (v6, v3, v2, v12) @68
;;   v19: return (v18) @6c
;; func 4 (i32) -> (i32)
;; pure:
;;   v2 = iconst.i32 0x1 @71
;;   v3 = iconst.i64 0x0 @73
;;   v4 = ext_u.i64 v1 @73
;;   v5 = iconst.i32 0x3 @73
;;   v6 = and.i32 v1, v5 @73
;;   v7 = iconst.i32 0x0 @73
;;   v8 = ne.i32 v6, v7 @73
;;   v10 = ctxld.i64 56 @73
;; b0:
;;   v1 = param.i32 0
;;   v9: trapif v8, 2 @73
;;   v11 = pload.i64 v10, 0, 8 @73
;;   v12: bounds v1, v11 0x4, 0 @73
;;   v13 = libcall.i32 39 (v4, v2, v7) @73
;;   v14: return (v13) @77
