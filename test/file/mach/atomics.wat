;;! test=lower
;; Loads are plain; stores exchange; what gives the value before is one locked instruction, or a loop
;; where there is none; without use of the value it is one always. Addresses are checked for alignment,
;; unless they need none or it was done.
(module (memory 1)
  (func (param i32) (result i64) (i64.atomic.load offset=8 (local.get 0)))
  (func (param i32) (result i32) (i32.atomic.load8_u offset=1 (local.get 0)))
  (func (param i32 i64) (i64.atomic.store32 (local.get 0) (local.get 1)))
  (func (param i32 i32) (result i32) (i32.atomic.rmw.add (local.get 0) (local.get 1)))
  (func (param i32 i32) (result i32) (i32.atomic.rmw8.sub_u (local.get 0) (local.get 1)))
  (func (param i32 i64) (result i64) (i64.atomic.rmw16.xchg_u (local.get 0) (local.get 1)))
  (func (param i32 i32) (drop (i32.atomic.rmw16.or_u (local.get 0) (local.get 1))))
  (func (param i32 i64) (result i64) (i64.atomic.rmw.and (local.get 0) (local.get 1)))
  (func (param i32 i32 i32) (result i32)
    (i32.atomic.rmw.cmpxchg (local.get 0) (local.get 1) (local.get 2)))
  (func (param i32 i32 i32) (result i32)
    (i32.atomic.rmw8.cmpxchg_u (local.get 0) (local.get 1) (local.get 2)))
  (func (param i32) (result i32)
    (i32.atomic.store (local.get 0) (i32.const 1))
    (atomic.fence)
    (i32.atomic.load (local.get 0))))
;; ---
;; func 0
;; b0:
;;     v1:rdi = entry
;;     test_ri.4 v1, #7
;;     trapcc/5 #2
;;     v7 = mov_rm.8 [ctx + 48]
;;     v9 = mov_rm.8 [v7 + v1 + 8]
;;     ret v9:rax
;; func 1
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 48]
;;     v4 = movzx8_rm.4 [v2 + v1 + 1]
;;     ret v4:rax
;; func 2
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     test_ri.4 v1, #3
;;     trapcc/5 #2
;;     v8 = mov_rm.8 [ctx + 48]
;;     v12 = xchg_mr.4 v2, [v8 + v1]
;;     ret
;; func 3
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     test_ri.4 v1, #3
;;     trapcc/5 #2
;;     v8 = mov_rm.8 [ctx + 48]
;;     v10 = lock_xadd_mr.4 v2, [v8 + v1]
;;     ret v10:rax
;; func 4
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v3 = mov_rm.8 [ctx + 48]
;;     v6 = neg_r.4 v2
;;     v9 = lock_xadd_mr.1 v6, [v3 + v1]
;;     v7 = movzx8_rr.4 v9
;;     ret v7:rax
;; func 5
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     test_ri.4 v1, #1
;;     trapcc/5 #2
;;     v7 = mov_rm.8 [ctx + 48]
;;     v11 = xchg_mr.2 v2, [v7 + v1]
;;     v9 = movzx16_rr.4 v11
;;     ret v9:rax
;; func 6
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     test_ri.4 v1, #1
;;     trapcc/5 #2
;;     v7 = mov_rm.8 [ctx + 48]
;;     lock_or_mr.2 v2, [v7 + v1]
;;     ret
;; func 7
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     test_ri.4 v1, #7
;;     trapcc/5 #2
;;     v8 = mov_rm.8 [ctx + 48]
;;     v12, v10:rax = loop_and_mr.8 v2, [v8 + v1]
;;     ret v10:rax
;; func 8
;; b0:
;;     v1:rdi, v2:rsi, v3:rdx = entry
;;     test_ri.4 v1, #3
;;     trapcc/5 #2
;;     v9 = mov_rm.8 [ctx + 48]
;;     v13:eax = lock_cmpxchg_mr.4 v2:eax, v3, [v9 + v1]
;;     v11 = zext32_rr v13
;;     ret v11:rax
;; func 9
;; b0:
;;     v1:rdi, v2:rsi, v3:rdx = entry
;;     v4 = mov_rm.8 [ctx + 48]
;;     v8:al = lock_cmpxchg_mr.1 v2:al, v3, [v4 + v1]
;;     v6 = movzx8_rr.4 v8
;;     ret v6:rax
;; func 10
;; b0:
;;     v1:rdi = entry
;;     test_ri.4 v1, #3
;;     trapcc/5 #2
;;     v8 = mov_rm.8 [ctx + 48]
;;     v14 = mov_ri.4 #1
;;     v15 = xchg_mr.4 v14, [v8 + v1]
;;     mfence
;;     v12 = mov_rm.4 [v8 + v1]
;;     ret v12:rax
