;;! test=build legacy=1
;; The older instructions: clauses in turn, what none takes goes on, delegate passes over a try,
;; an object is made only where something is thrown again.
(module
  (tag $t (param i32)) (tag $u)
  (func $may (param i32) (result i32) (throw $t (local.get 0)))
  (func (param i32) (result i32) (local i32)
    (local.set 1 (i32.const 5))
    (try (result i32)
      (do (local.set 1 (call $may (local.get 0))) (call $may (local.get 1)))
      (catch $t (i32.add (local.get 1)))
      (catch $u (i32.const 9))
      (catch_all (rethrow 0))))
  (func (param i32) (result i32)
    (try $outer (result i32)
      (do (try (result i32)
        (do (try (result i32) (do (call $may (local.get 0))) (delegate $outer)))
        (catch_all (unreachable))))
      (catch $t)))
  (func (result i32)
    (try (result i32) (do (throw $t (i32.const 3))) (catch $t))))
;; ---
;; func 0 (i32) -> (i32)
;; pure:
;;   v2 = ctxld.i64 8 @30
;;   v5 = ctxld.i64 64 @30
;;   v7 = iconst.i32 0x0 @30
;; b0:
;;   v1 = param.i32 0
;;   v3 = pload.i64 v2, 3, 64 @30
;;   v4: pstore v3, v1 0, 0 @30
;;   v6: pstore v2, v5 56, 3 @30
;;   v8: pstore v2, v7 72, 3 @30
;;   v9: libcall 36 () @30
;;   v10: trap 9 @30
;; func 1 (i32) -> (i32)
;; sig 2 (i32) -> (i32)
;; pure:
;;   v2 = iconst.i32 0x0
;;   v3 = iconst.i32 0x5 @37
;;   v12 = ctxld.i64 8 @47
;;   v14 = ctxld.i64 64 @47
;;   v15 = eq.i32 v13, v14 @47
;;   v20 = add.i32 v11, v18 @4b
;;   v22 = ctxld.i64 72 @4c
;;   v23 = eq.i32 v13, v22 @4c
;;   v27 = iconst.i32 0x9 @4e
;; b0:
;;   v1 = param.i32 0
;;   v4: try_call 0 sig 2 (v1) -> b2, b1 @3f
;; b1: <- b0
;;   v5: jump -> b5 @3f
;; b2: <- b0
;;   v6 = result.i32 v4, 0 @3f
;;   v7: try_call 0 sig 2 (v6) -> b4, b3 @45
;; b3: <- b2
;;   v8: jump -> b5 @45
;; b4: <- b2
;;   v9 = result.i32 v7, 0 @45
;;   v10: jump -> b10 @47
;; b5: <- b1, b3
;;   v11 = phi.i32 (v3, v6) @47
;;   v13 = pload.i64 v12, 3, 56 @47
;;   v16: br v15 -> b6, b7 @47
;; b6: <- b5
;;   v17 = pload.i64 v12, 3, 64 @47
;;   v18 = pload.i32 v17, 0, 0 @47
;;   v21: jump -> b10 @4c
;; b7: <- b5
;;   v24: br v23 -> b8, b9 @4c
;; b8: <- b7
;;   v25 = pload.i64 v12, 3, 64 @4c
;;   v28: jump -> b10 @50
;; b9: <- b7
;;   v29 = libcall.gcref 37 () @50
;;   v30: libcall 38 (v29) @51
;;   v31: libcall 36 () @51
;;   v32: trap 9 @51
;; b10: <- b4, b6, b8
;;   v33 = phi.i32 (v9, v20, v27) @53
;;   v34 = phi.i32 (v6, v11, v11) @53
;;   v35: return (v33) @54
;; func 2 (i32) -> (i32)
;; sig 2 (i32) -> (i32)
;; pure:
;;   v9 = ctxld.i64 8 @66
;;   v11 = ctxld.i64 64 @66
;;   v12 = eq.i32 v10, v11 @66
;; b0:
;;   v1 = param.i32 0
;;   v2: try_call 0 sig 2 (v1) -> b2, b1 @5f
;; b1: <- b0
;;   v3: jump -> b3 @5f
;; b2: <- b0
;;   v4 = result.i32 v2, 0 @5f
;;   v5: jump -> b4 @61
;; b3: <- b1
;;   v6: jump -> b6 @61
;; b4: <- b2
;;   v7: jump -> b5 @63
;; b5: <- b4
;;   v8: jump -> b9 @66
;; b6: <- b3
;;   v10 = pload.i64 v9, 3, 56 @66
;;   v13: br v12 -> b7, b8 @66
;; b7: <- b6
;;   v14 = pload.i64 v9, 3, 64 @66
;;   v15 = pload.i32 v14, 0, 0 @66
;;   v17: jump -> b9 @68
;; b8: <- b6
;;   v18: libcall 36 () @68
;;   v19: trap 9 @68
;; b9: <- b5, b7
;;   v20 = phi.i32 (v4, v15) @68
;;   v21: return (v20) @69
;; func 3 () -> (i32)
;; pure:
;;   v1 = iconst.i32 0x3 @6e
;;   v2 = ctxld.i64 8 @70
;;   v5 = ctxld.i64 64 @70
;;   v7 = iconst.i32 0x0 @70
;;   v10 = iconst.i32 0x1 @72
;; b0:
;;   v3 = pload.i64 v2, 3, 64 @70
;;   v4: pstore v3, v1 0, 0 @70
;;   v6: pstore v2, v5 56, 3 @70
;;   v8: pstore v2, v7 72, 3 @70
;;   v9: jump -> b1 @70
;; b1: <- b0
;;   v11: br v10 -> b2, b3 @72
;; b2: <- b1
;;   v13: jump -> b4 @74
;; b3: <- b1
;;   v14: libcall 36 () @74
;;   v15: trap 9 @74
;; b4: <- b2
;;   v16: return (v1) @75
