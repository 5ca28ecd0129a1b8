;;! test=schedule legacy=1 func=1
;; Handlers are laid apart, up to a loop in one; what is computed for them alone moves there.
(module
  (tag $t)
  (func $may (throw $t))
  (func (param i32) (result i32)
    (try (do (call $may) (return (i32.const 1)))
      (catch $t (loop (call $may) (br_if 0 (i32.mul (local.get 0) (i32.const 3))))))
    (local.get 0)))
;; ---
;; func 1 (i32) -> (i32)
;; sig 0 () -> ()
;; b0:
;;   v1 = param.i32 0
;;   v2: try_call 0 sig 0 () -> b2, b1 @29
;; b1: <- b0 cold
;;   v3: jump -> b3 @29
;; b2: <- b0
;;   v4 = iconst.i32 0x1 @2b
;;   v5: return (v4) @2d
;; b3: <- b1 cold
;;   v6 = ctxld.i64 8 @2e
;;   v7 = pload.i64 v6, 3, 56 @2e
;;   v8 = ctxld.i64 64 @2e
;;   v9 = eq.i32 v7, v8 @2e
;;   v10: br v9 -> b4, b7 @2e
;; b4: <- b3 cold
;;   v15 = iconst.i32 0x3 @36
;;   v16 = mul.i32 v1, v15 @38
;;   v13: jump -> b5 @30
;; b5: <- b4, b5 ; loop b5 depth 1
;;   v14: call 0 sig 0 () @32
;;   v17: br v16 -> b5, b6 @39
;; b6: <- b5
;;   v18: jump -> b8 @3c
;; b7: <- b3 cold
;;   v19: libcall 36 () @3c
;;   v20: trap 9 @3c
;; b8: <- b6
;;   v21: return (v1) @3f
