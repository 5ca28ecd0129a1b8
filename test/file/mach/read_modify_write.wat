;;! test=lower
(module (memory 1)
  (func (param i32 i32) (i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1))))
  (func (param i32) (i64.store offset=8 (local.get 0) (i64.or (i64.load offset=8 (local.get 0)) (i64.const 1))))
  (func (param i32) (i32.store8 (local.get 0) (i32.const 255))))
;; ---
;; func 0
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v3 = mov_rm.8 [ctx + 48]
;;     add_mr.4 v2, [v3 + v1]
;;     ret
;; func 1
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 48]
;;     or_mi.8 [v2 + v1 + 8], #1
;;     ret
;; func 2
;; b0:
;;     v1:rdi = entry
;;     v3 = mov_rm.8 [ctx + 48]
;;     mov_mi.1 [v3 + v1], #-1
;;     ret
