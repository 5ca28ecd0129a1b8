;;! test=build
;; An offset beyond the guard is checked even where pages guard the rest; one within is not.
(module (memory 1)
  (func (param i32) (result i32) (i32.load offset=0x2000000 (local.get 0)))
  (func (param i32) (result i32) (i32.load offset=0x1fffffc (local.get 0))))
;; ---
;; func 0 (i32) -> (i32)
;; pure:
;;   v2 = ctxld.i64 56 @21
;;   v5 = ctxld.i64 48 @21
;;   v6 = ea.i64 v5, v1, 33554432 @21
;; b0:
;;   v1 = param.i32 0
;;   v3 = pload.i64 v2, 0, 8 @21
;;   v4: bounds v1, v3 0x2000004, 0 @21
;;   v7 = load.i32 v6, 4 @21
;;   v8: return (v7) @27
;; func 1 (i32) -> (i32)
;; pure:
;;   v2 = ctxld.i64 48 @2c
;;   v3 = ea.i64 v2, v1, 33554428 @2c
;; b0:
;;   v1 = param.i32 0
;;   v4 = load.i32 v3, 4 @2c
;;   v5: return (v4) @32
