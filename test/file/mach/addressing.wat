;;! test=lower
(module (memory 1)
  (func (param i32 i32) (result i32) (i32.load offset=8 (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 2)))))
  (func (param i32) (result i32) (i32.load offset=0x7fffffff (local.get 0)))
  (func (result i32) (i32.load offset=100 (i32.const 20))))
;; ---
;; func 0
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v6 = mov_rm.8 [ctx + 48]
;;     v5 = lea.4 [v1 + v2*4]
;;     v8 = mov_rm.4 [v6 + v5 + 8]
;;     ret v8:rax
;; func 1
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 56]
;;     v3 = mov_rm.8 [v2 + 8]
;;     v9 = mov_ri.8 #0x80000003
;;     v10 = lea.8 [v1 + v9]
;;     cmp_rr.8 v10, v3
;;     trapcc/7 #1
;;     v5 = mov_rm.8 [ctx + 48]
;;     v7 = mov_rm.4 [v5 + v1 + 2147483647]
;;     ret v7:rax
;; func 2
;; b0:
;;     entry
;;     v3 = mov_rm.8 [ctx + 48]
;;     v5 = mov_rm.4 [v3 + 120]
;;     ret v5:rax
