;;! test=lower
(module
  (func (param f64 f64) (result f64) (f64.min (local.get 0) (local.get 1)))
  (func (param f32) (result f32) (f32.neg (f32.abs (local.get 0))))
  (func (param i64) (result f64) (f64.convert_i64_u (local.get 0)))
  (func (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func (param f32) (result i64) (i64.trunc_sat_f32_u (local.get 0))))
;; ---
;; func 0
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v5 = fmin_rr.8 v1, v2
;;     v6 = fmin_rr.8 v2, v1
;;     v7 = for_rr v5, v6
;;     v8 = fadd_rr.8 v1, v2
;;     v9 = fcmpm_rr.8/3 v1, v2
;;     v3 = vblendv_rrrr.8 v7, v8, v9
;;     ret v3:xmm0
;; func 1
;; b0:
;;     v1:xmm0 = entry
;;     v2 = fand_rm v1, [0x7fffffff7fffffff, 0x7fffffff7fffffff]
;;     v3 = fxor_rm v2, [0x8000000080000000, 0x8000000080000000]
;;     ret v3:xmm0
;; func 2
;; b0:
;;     v1:rdi = entry
;;     v4 = shr_ri.8 v1, #1
;;     v5 = and_ri.8 v1, #1
;;     v6 = or_rr.8 v4, v5
;;     test_rr.8 v1, v1
;;     v7 = cmov_rr.8/8 v1, v6
;;     v8 = cvti2sd_rr.8 v7
;;     v9 = fadd_rr.8 v8, v8
;;     v2 = select_x/8 v8, v9
;;     ret v2:xmm0
;; func 3
;; b0:
;;     v1:xmm0 = entry
;;     fcmp_rr.8 v1, v1
;;     trapcc/10 #8
;;     v4 = cvttsd2i_rr.8 v1
;;     v5 = movsxd_rr v4
;;     cmp_rr.8 v5, v4
;;     trapcc/5 #6
;;     v2 = zext32_rr v4
;;     ret v2:rax
;; func 4
;; b0:
;;     v1:xmm0 = entry
;;     v4 = cvttss2i_rr.8 v1
;;     v5 = fsub_rm.4 v1, [0x5f000000]
;;     v6 = cvttss2i_rr.8 v5
;;     v7 = sar_ri.8 v4, #63
;;     v8 = and_rr.8 v6, v7
;;     v9 = or_rr.8 v4, v8
;;     v10 = mov_ri.8 #-1
;;     v11 = mov_ri.8 #0
;;     v12 = fzero_r
;;     fcmp_rr.4 v1, v12
;;     v13 = cmov_rr.8/6 v9, v11
;;     fcmp_rm.4 v1, [0x5f7fffff]
;;     v2 = cmov_rr.8/7 v13, v10
;;     ret v2:rax
