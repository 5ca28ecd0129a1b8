;;! test=lower
(module (type $t (func (param i32) (result i32))) (table 2 funcref)
  (func $f (param i32) (result i32) (return_call $f (local.get 0)))
  (func (param i32) (result i32) (return_call_indirect (type $t) (local.get 0) (i32.const 1))))
;; ---
;; func 0
;; b0:
;;     v1:rdi = entry
;;     tail v1:rdi, #0
;; func 1
;; b0:
;;     v1:rdi = entry
;;     v4 = mov_rm.8 [ctx + 64]
;;     cmp_mi.8 [v4 + 8], #1
;;     trapcc/6 #3
;;     v8 = mov_rm.8 [v4]
;;     v12 = mov_rm.8 [v8 + 8]
;;     test_rr.8 v12, v12
;;     trapcc/4 #4
;;     v16 = mov_rm.4 [v12 + 24]
;;     cmp_rm.4 v16, [ctx + 80]
;;     trapcc/5 #5
;;     tail_ref v12:r11, v1:rdi
