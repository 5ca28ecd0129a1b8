;;! test=build gs=1
;; Memory 0 has no base, memory 1 has.
(module (memory 1) (memory 1) (func (param i32)
  (i32.store 0 (local.get 0) (i32.load 1 (local.get 0)))))
;; ---
;; func 0 (i32) -> ()
;; pure:
;;   v2 = ctxld.i64 64 @23
;;   v3 = ea.i64 v2, v1, 0 @23
;;   v5 = ea.i64 -, v1, 0 @27
;; b0:
;;   v1 = param.i32 0
;;   v4 = load.i32 v3, 5 @23
;;   v6: store v5, v4, 4 @27
;;   v7: return () @2a
