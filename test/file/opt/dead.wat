;;! test=schedule
;; Unused arithmetic goes; a load that may trap and a division that may trap stay.
(module (memory 1) (func (param i32 i32)
  (drop (i32.mul (local.get 0) (local.get 1)))
  (drop (i32.load (local.get 0)))
  (drop (i32.div_u (local.get 0) (local.get 1)))))
;; ---
;; func 0 (i32, i32) -> ()
;; b0:
;;   v1 = param.i32 0
;;   v2 = param.i32 1
;;   v4 = ctxld.i64 48 @26
;;   v5 = ea.i64 v4, v1, 0 @26
;;   v6 = load.i32 v5, 4 @26
;;   v7 = div_u.i32 v1, v2 @2e
;;   v8: return () @30
