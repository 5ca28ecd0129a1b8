;;! test=lower
;; Loads of vectors are operands; those of scalars go into the instruction that widens them.
(module (memory 1)
  (func (param i32 v128) (result v128)
    (i32x4.add (local.get 1) (v128.load offset=16 (local.get 0))))
  (func (param i32 v128)
    (v128.store (local.get 0) (v128.xor (local.get 1) (v128.const i32x4 1 2 3 4))))
  (func (param i32) (result v128) (v128.load8x8_s (local.get 0)))
  (func (param i32) (result v128) (v128.load16x4_u offset=8 (local.get 0)))
  (func (param i32) (result v128) (v128.load8_splat (local.get 0)))
  (func (param i32) (result v128) (v128.load16_splat (local.get 0)))
  (func (param i32) (result v128) (v128.load32_splat (local.get 0)))
  (func (param i32) (result v128) (v128.load64_splat (local.get 0)))
  (func (param i32) (result v128) (v128.load32_zero (local.get 0)))
  (func (param i32) (result v128) (v128.load64_zero (local.get 0)))
  (func (param i32 v128) (result v128) (v128.load8_lane 3 (local.get 0) (local.get 1)))
  (func (param i32 v128) (result v128) (v128.load32_lane 1 (local.get 0) (local.get 1)))
  (func (param i32 v128) (result v128) (v128.load64_lane 0 (local.get 0) (local.get 1)))
  (func (param i32 v128) (v128.store8_lane 5 (local.get 0) (local.get 1)))
  (func (param i32 v128) (v128.store16_lane 2 (local.get 0) (local.get 1)))
  (func (param i32 v128) (v128.store32_lane 0 (local.get 0) (local.get 1)))
  (func (param i32 v128) (v128.store64_lane 1 (local.get 0) (local.get 1))))
;; ---
;; func 0
;; b0:
;;     v1:rdi, v2:xmm0 = entry
;;     v3 = mov_rm.8 [ctx + 48]
;;     v6 = paddd_rm v2, [v3 + v1 + 16]
;;     ret v6:xmm0
;; func 1
;; b0:
;;     v1:rdi, v2:xmm0 = entry
;;     v5 = mov_rm.8 [ctx + 48]
;;     v4 = pxor_rm v2, [0x200000001, 0x400000003]
;;     movups_mr.16 v4, [v5 + v1]
;;     ret
;; func 2
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 48]
;;     v6 = pmovsxbw_m [v2 + v1]
;;     ret v6:xmm0
;; func 3
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 48]
;;     v6 = pmovzxwd_m [v2 + v1 + 8]
;;     ret v6:xmm0
;; func 4
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 48]
;;     v5 = vpbroadcastb_m [v2 + v1]
;;     ret v5:xmm0
;; func 5
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 48]
;;     v5 = vpbroadcastw_m [v2 + v1]
;;     ret v5:xmm0
;; func 6
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 48]
;;     v5 = vpbroadcastd_m [v2 + v1]
;;     ret v5:xmm0
;; func 7
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 48]
;;     v5 = vpbroadcastq_m [v2 + v1]
;;     ret v5:xmm0
;; func 8
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 48]
;;     v5 = fmov_rm.4 [v2 + v1]
;;     ret v5:xmm0
;; func 9
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 48]
;;     v5 = fmov_rm.8 [v2 + v1]
;;     ret v5:xmm0
;; func 10
;; b0:
;;     v1:rdi, v2:xmm0 = entry
;;     v3 = mov_rm.8 [ctx + 48]
;;     v6 = pinsrb_rmi v2, [v3 + v1], #3
;;     ret v6:xmm0
;; func 11
;; b0:
;;     v1:rdi, v2:xmm0 = entry
;;     v3 = mov_rm.8 [ctx + 48]
;;     v6 = pinsrd_rmi v2, [v3 + v1], #1
;;     ret v6:xmm0
;; func 12
;; b0:
;;     v1:rdi, v2:xmm0 = entry
;;     v3 = mov_rm.8 [ctx + 48]
;;     v6 = movlps_rm v2, [v3 + v1]
;;     ret v6:xmm0
;; func 13
;; b0:
;;     v1:rdi, v2:xmm0 = entry
;;     v4 = mov_rm.8 [ctx + 48]
;;     pextrb_mri.1 v2, [v4 + v1], #5
;;     ret
;; func 14
;; b0:
;;     v1:rdi, v2:xmm0 = entry
;;     v4 = mov_rm.8 [ctx + 48]
;;     pextrw_mri.2 v2, [v4 + v1], #2
;;     ret
;; func 15
;; b0:
;;     v1:rdi, v2:xmm0 = entry
;;     v4 = mov_rm.8 [ctx + 48]
;;     fmov_mr.4 v2, [v4 + v1]
;;     ret
;; func 16
;; b0:
;;     v1:rdi, v2:xmm0 = entry
;;     v4 = mov_rm.8 [ctx + 48]
;;     movhps_mr.8 v2, [v4 + v1]
;;     ret
