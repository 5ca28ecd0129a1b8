;;! test=lower
;; Displacements are signed 32 bits: larger offsets take an addition.
(module (memory 1)
  (func (param i32) (result i32) (i32.load offset=0x1000000 (local.get 0)))
  (func (param i32) (result i32) (i32.load8_u offset=0x80000000 (local.get 0)))
  (func (param i32) (result i64) (i64.load offset=0xfffffff8 (local.get 0)))
  (func (result i32) (i32.load8_s offset=0xfffffff0 (i32.const 8)))
  ;; Beyond every memory.
  (func (result i32) (i32.load8_s offset=0xfffffff0 (i32.const 0xfffffff0))))
;; ---
;; func 0
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 48]
;;     v4 = mov_rm.4 [v2 + v1 + 16777216]
;;     ret v4:rax
;; func 1
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 56]
;;     v3 = mov_rm.8 [v2 + 8]
;;     v11 = mov_ri.8 #0x80000001
;;     v12 = lea.8 [v1 + v11]
;;     cmp_rr.8 v12, v3
;;     trapcc/7 #1
;;     v5 = mov_rm.8 [ctx + 48]
;;     v10 = mov_ri.8 #0x80000000
;;     v9 = lea.8 [v5 + v10]
;;     v7 = movzx8_rm.4 [v9 + v1]
;;     ret v7:rax
;; func 2
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 56]
;;     v3 = mov_rm.8 [v2 + 8]
;;     v11 = mov_ri.8 #0x100000000
;;     v12 = lea.8 [v1 + v11]
;;     cmp_rr.8 v12, v3
;;     trapcc/7 #1
;;     v5 = mov_rm.8 [ctx + 48]
;;     v10 = mov_ri.8 #0xfffffff8
;;     v9 = lea.8 [v5 + v10]
;;     v7 = mov_rm.8 [v9 + v1]
;;     ret v7:rax
;; func 3
;; b0:
;;     entry
;;     v3 = mov_rm.8 [ctx + 48]
;;     v8 = mov_ri.8 #0xfffffff8
;;     v7 = lea.8 [v3 + v8]
;;     v5 = movsx8_rm.4 [v7]
;;     ret v5:rax
;; func 4
;; b0:
;;     entry
;;     v9 = mov_ri.4 #1
;;     v10 = mov_ri.4 #1
;;     test_rr.4 v9, v10
;;     trapcc/5 #1
;;     v5 = mov_rm.8 [ctx + 48]
;;     v7 = movsx8_rm.4 [v5]
;;     ret v7:rax
