;;! test=lower
(module
  (func (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (param i32 i32) (result i32) (i32.rem_s (local.get 0) (local.get 1)))
  (func (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 10)))
  (func (param i64) (result i64) (i64.rem_s (local.get 0) (i64.const 8))))
;; ---
;; func 0
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     test_rr.4 v2, v2
;;     trapcc/4 #7
;;     v5 = mov_ri.4 #0
;;     cmp_ri.4 v1, #1
;;     v6 = cmov_rr.4 v5, v2
;;     cmp_ri.4 v6, #-1
;;     trapcc/4 #6
;;     v7:edx = sign_hi.4 v1:eax
;;     v3:eax, v8:edx = idiv_r.4 v1:eax, v7:edx, v2
;;     ret v3:rax
;; func 1
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     test_rr.4 v2, v2
;;     trapcc/4 #7
;;     v5 = mov_ri.4 #1
;;     cmp_ri.4 v2, #-1
;;     v6 = cmov_rr.4/4 v2, v5
;;     v7:edx = sign_hi.4 v1:eax
;;     v8:eax, v3:edx = idiv_r.4 v1:eax, v7:edx, v6
;;     ret v3:rax
;; func 2
;; b0:
;;     v1:rdi = entry
;;     v10 = mov_ri.8 #0xcccccccd
;;     v5 = imul_rr.8 v1, v10
;;     v7 = shr_ri.8 v5, #35
;;     v8 = zext32_rr v7
;;     ret v8:rax
;; func 3
;; b0:
;;     v1:rdi = entry
;;     v4 = sar_ri.8 v1, #63
;;     v6 = shr_ri.8 v4, #61
;;     v7 = lea.8 [v1 + v6]
;;     v9 = and_ri.8 v7, #-8
;;     v10 = sub_rr.8 v1, v9
;;     ret v10:rax
