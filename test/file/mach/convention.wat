;;! test=lower
;; Stack arguments, and more results than registers hold.
(module
  (func $many (param i32 i32 i32 i32 i32 i32 i32 i32 i32 f64) (result i32) (local.get 8))
  (func (result i32) (call $many (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4)
    (i32.const 5) (i32.const 6) (i32.const 7) (i32.const 8) (f64.const 1)))
  (func $results (result i32 i32 i32 i32 i32 i32 i32) (i32.const 1) (i32.const 2) (i32.const 3)
    (i32.const 4) (i32.const 5) (i32.const 6) (i32.const 7))
  (func (result i32) (call $results) (drop) (drop) (drop) (drop) (drop) (drop)))
;; ---
;; func 0
;; b0:
;;     entry
;;     v9 = mov_rm.4 [in]
;;     ret v9:rax
;; func 1
;; b0:
;;     entry
;;     v10 = fmov_rm.8 [0x3ff0000000000000]
;;     v13 = mov_ri.4 #0
;;     v14 = mov_ri.4 #1
;;     v15 = mov_ri.4 #2
;;     v16 = mov_ri.4 #3
;;     v17 = mov_ri.4 #4
;;     v18 = mov_ri.4 #5
;;     v19 = mov_ri.4 #6
;;     v20 = mov_ri.4 #7
;;     v21 = mov_ri.4 #8
;;     mov_mr.4 v21, [out]
;;     v11:rax = call v13:rdi, v14:rsi, v15:rdx, v16:rcx, v17:r8, v18:r9, v19:r10, v20:rax, v10:xmm0, #0 clobbers
;;     ret v11:rax
;; func 2
;; b0:
;;     v16:rdi = entry
;;     v9 = mov_ri.4 #1
;;     v10 = mov_ri.4 #2
;;     v11 = mov_ri.4 #3
;;     v12 = mov_ri.4 #4
;;     v13 = mov_ri.4 #5
;;     v14 = mov_ri.4 #6
;;     v15 = mov_ri.4 #7
;;     mov_mr.4 v9, [v16]
;;     mov_mr.4 v10, [v16 + 16]
;;     mov_mr.4 v11, [v16 + 32]
;;     mov_mr.4 v12, [v16 + 48]
;;     mov_mr.4 v13, [v16 + 64]
;;     mov_mr.4 v14, [v16 + 80]
;;     mov_mr.4 v15, [v16 + 96]
;;     ret
;; func 3
;; b0:
;;     entry
;;     v9 = lea.8 [buf]
;;     call v9:rdi, #2 clobbers
;;     v1 = mov_rm.4 [buf]
;;     ret v1:rax
