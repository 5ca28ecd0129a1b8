;;! test=lower cpu=none
(module
  (func (param i32) (result i32) (i32.popcnt (local.get 0)))
  (func (param i64) (result i64) (i64.clz (local.get 0)))
  (func (param f64) (result f64) (f64.floor (local.get 0)))
  (func (param i32 i32) (result i32) (i32.shl (local.get 0) (local.get 1))))
;; ---
;; func 0
;; b0:
;;     v1:rdi = entry
;;     v4 = mov_ri.4 #0x55555555
;;     v5 = mov_ri.4 #0x33333333
;;     v6 = mov_ri.4 #0xf0f0f0f
;;     v7 = mov_ri.4 #0x1010101
;;     v8 = shr_ri.4 v1, #1
;;     v9 = and_rr.4 v8, v4
;;     v10 = sub_rr.4 v1, v9
;;     v11 = and_rr.4 v10, v5
;;     v12 = shr_ri.4 v10, #2
;;     v13 = and_rr.4 v12, v5
;;     v14 = add_rr.4 v11, v13
;;     v15 = shr_ri.4 v14, #4
;;     v16 = add_rr.4 v14, v15
;;     v17 = and_rr.4 v16, v6
;;     v18 = imul_rr.4 v17, v7
;;     v2 = shr_ri.4 v18, #24
;;     ret v2:rax
;; func 1
;; b0:
;;     v1:rdi = entry
;;     v4 = mov_ri.8 #127
;;     v5 = bsr_rr.8 v4, v1
;;     v2 = xor_ri.8 v5, #63
;;     ret v2:rax
;; func 2
;; b0:
;;     v1:xmm0 = entry
;;     v2:xmm0 = call_lib.8 v1:xmm0, #22 clobbers
;;     ret v2:xmm0
;; func 3
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v3 = shl_rc.4 v1, v2:ecx
;;     ret v3:rax
