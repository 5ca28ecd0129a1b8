;;! test=lower gs=1
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
;;     v3 = mov_rm.4 gs:[v1 + 16777216]
;;     ret v3:rax
;; func 1
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 56]
;;     v3 = mov_rm.8 [v2 + 8]
;;     v10 = mov_ri.8 #0x80000001
;;     v11 = lea.8 [v1 + v10]
;;     cmp_rr.8 v11, v3
;;     trapcc/7 #1
;;     v9 = mov_ri.8 #0x80000000
;;     v8 = lea.8 [v1 + v9]
;;     v6 = movzx8_rm.4 gs:[v8]
;;     ret v6:rax
;; func 2
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 56]
;;     v3 = mov_rm.8 [v2 + 8]
;;     v10 = mov_ri.8 #0x100000000
;;     v11 = lea.8 [v1 + v10]
;;     cmp_rr.8 v11, v3
;;     trapcc/7 #1
;;     v9 = mov_ri.8 #0xfffffff8
;;     v8 = lea.8 [v1 + v9]
;;     v6 = mov_rm.8 gs:[v8]
;;     ret v6:rax
;; func 3
;; b0:
;;     entry
;;     v6 = mov_ri.4 #0
;;     v8 = mov_ri.8 #0xfffffff8
;;     v7 = lea.8 [v6 + v8]
;;     v4 = movsx8_rm.4 gs:[v7]
;;     ret v4:rax
;; func 4
;; b0:
;;     entry
;;     v8 = mov_ri.4 #1
;;     v9 = mov_ri.4 #1
;;     test_rr.4 v8, v9
;;     trapcc/5 #1
;;     v6 = movsx8_rm.4 gs:[0]
;;     ret v6:rax
