;;! test=lower
(module (memory 1)
  (func (param i32 i32) (result i32) (if (result i32) (i32.lt_s (local.get 0) (local.get 1)) (then (i32.const 1)) (else (i32.const 2))))
  (func (param i32) (result i32) (if (result i32) (i32.eqz (i32.and (local.get 0) (i32.const 4))) (then (i32.const 1)) (else (i32.const 2))))
  (func (param f64 f64) (result i32) (if (result i32) (f64.lt (local.get 0) (local.get 1)) (then (i32.const 1)) (else (i32.const 2))))
  (func (param i32) (result i32) (if (result i32) (i32.gt_u (i32.load8_u (local.get 0)) (i32.const 9)) (then (i32.const 1)) (else (i32.const 2)))))
;; ---
;; func 0
;; b0: to b1, b2
;;     v1:rdi, v2:rsi = entry
;;     cmp_rr.4 v1, v2
;;     jcc/12
;; b1: to b3
;;     v12 = mov_ri.4 #1
;;     jmp
;; b2: to b3
;;     v11 = mov_ri.4 #2
;;     jmp
;; b3:
;;     v9 = phi v12, v11
;;     ret v9:rax
;; func 1
;; b0: to b1, b2
;;     v1:rdi = entry
;;     test_ri.4 v1, #4
;;     jcc/4
;; b1: to b3
;;     v14 = mov_ri.4 #1
;;     jmp
;; b2: to b3
;;     v13 = mov_ri.4 #2
;;     jmp
;; b3:
;;     v11 = phi v14, v13
;;     ret v11:rax
;; func 2
;; b0: to b1, b2
;;     v1:xmm0, v2:xmm1 = entry
;;     fcmp_rr.8 v2, v1
;;     jcc/7
;; b1: to b3
;;     v12 = mov_ri.4 #1
;;     jmp
;; b2: to b3
;;     v11 = mov_ri.4 #2
;;     jmp
;; b3:
;;     v9 = phi v12, v11
;;     ret v9:rax
;; func 3
;; b0: to b1, b2
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 48]
;;     cmp_mi.1 [v2 + v1], #9
;;     jcc/7
;; b1: to b3
;;     v15 = mov_ri.4 #1
;;     jmp
;; b2: to b3
;;     v14 = mov_ri.4 #2
;;     jmp
;; b3:
;;     v12 = phi v15, v14
;;     ret v12:rax
