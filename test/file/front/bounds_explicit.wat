;;! test=build bounds=explicit
;; Every access is checked against the current length.
(module (memory 1) (func (param i32) (result i64) (i64.load offset=16 (local.get 0))))
;; ---
;; func 0 (i32) -> (i64)
;; pure:
;;   v2 = ctxld.i64 56 @20
;;   v5 = ctxld.i64 48 @20
;;   v6 = ea.i64 v5, v1, 16 @20
;; b0:
;;   v1 = param.i32 0
;;   v3 = pload.i64 v2, 0, 8 @20
;;   v4: bounds v1, v3 0x18, 0 @20
;;   v7 = load.i64 v6, 4 @20
;;   v8: return (v7) @23
