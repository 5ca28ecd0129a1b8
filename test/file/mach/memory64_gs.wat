;;! test=lower gs=1
;; Memory 0 of 64 bits relative to gs.
(module (memory i64 1)
  (func (param i64 i64) (result i32)
    (i32.load offset=8 (i64.add (local.get 0) (i64.shl (local.get 1) (i64.const 2)))))
  (func (param i64) (result i64) (i64.load offset=0x2000000 (local.get 0)))
  (func (param i64 i64) (i64.store offset=0x80000000 (local.get 0) (local.get 1)))
  (func (param i64) (i32.store16 offset=6 (i64.add (local.get 0) (i64.const 10)) (i32.const 1)))
  (func (param i64) (result i64) (i64.load offset=0xffffffff (local.get 0))))
;; ---
;; func 0
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v6 = mov_rm.8 [ctx + 56]
;;     v5 = lea.8 [v1 + v2*4]
;;     cmp_rm.8 v5, [v6 + 8]
;;     trapcc/7 #1
;;     v10 = mov_rm.4 gs:[v5 + 8]
;;     ret v10:rax
;; func 1
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 56]
;;     v8 = add_ri.8 v1, #0x2000008
;;     trapcc/2 #1
;;     cmp_rm.8 v8, [v2 + 8]
;;     trapcc/7 #1
;;     v6 = mov_rm.8 gs:[v1 + 33554432]
;;     ret v6:rax
;; func 2
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v3 = mov_rm.8 [ctx + 56]
;;     v4 = mov_rm.8 [v3 + 8]
;;     v11 = mov_ri.8 #0x80000008
;;     v12 = add_rr.8 v1, v11
;;     trapcc/2 #1
;;     cmp_rr.8 v12, v4
;;     trapcc/7 #1
;;     v10 = mov_ri.8 #0x80000000
;;     v9 = lea.8 [v1 + v10]
;;     mov_mr.8 v2, gs:[v9]
;;     ret
;; func 3
;; b0:
;;     v1:rdi = entry
;;     v5 = mov_rm.8 [ctx + 56]
;;     v3 = lea.8 [v1 + 10]
;;     cmp_rm.8 v3, [v5 + 8]
;;     trapcc/7 #1
;;     mov_mi.2 gs:[v3 + 6], #1
;;     ret
;; func 4
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 56]
;;     v3 = mov_rm.8 [v2 + 8]
;;     v10 = mov_ri.8 #0x100000007
;;     v11 = add_rr.8 v1, v10
;;     trapcc/2 #1
;;     cmp_rr.8 v11, v3
;;     trapcc/7 #1
;;     v9 = mov_ri.8 #0xffffffff
;;     v8 = lea.8 [v1 + v9]
;;     v6 = mov_rm.8 gs:[v8]
;;     ret v6:rax
