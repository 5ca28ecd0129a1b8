;;! test=lower
(module
  (func (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func (param f32) (result i32) (i32.trunc_f32_u (local.get 0)))
  (func (param f64) (result i64) (i64.trunc_f64_u (local.get 0)))
  (func (param f32) (result i32) (i32.trunc_sat_f32_s (local.get 0)))
  (func (param f64) (result i64) (i64.trunc_sat_f64_u (local.get 0)))
  (func (param i32) (result f32) (f32.convert_i32_u (local.get 0)))
  (func (param i32) (result f64) (f64.convert_i64_s (i64.extend_i32_s (local.get 0))))
  (func (param f32) (result f64) (f64.promote_f32 (local.get 0)))
  (func (param i64) (result f64) (f64.reinterpret_i64 (local.get 0)))
  (func (param f32) (result i32) (i32.reinterpret_f32 (local.get 0))))
;; ---
;; func 0
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
;; func 1
;; b0:
;;     v1:xmm0 = entry
;;     fcmp_rr.4 v1, v1
;;     trapcc/10 #8
;;     v4 = cvttss2i_rr.8 v1
;;     v2 = zext32_rr v4
;;     cmp_rr.8 v2, v4
;;     trapcc/5 #6
;;     ret v2:rax
;; func 2
;; b0:
;;     v1:xmm0 = entry
;;     fcmp_rr.8 v1, v1
;;     trapcc/10 #8
;;     fcmp_rm.8 v1, [0x43efffffffffffff]
;;     trapcc/7 #6
;;     v4 = fmov_rm.8 [0xbff0000000000000]
;;     fcmp_rr.8 v1, v4
;;     trapcc/6 #6
;;     v5 = cvttsd2i_rr.8 v1
;;     v6 = fsub_rm.8 v1, [0x43e0000000000000]
;;     v7 = cvttsd2i_rr.8 v6
;;     v8 = sar_ri.8 v5, #63
;;     v9 = and_rr.8 v7, v8
;;     v2 = or_rr.8 v5, v9
;;     ret v2:rax
;; func 3
;; b0:
;;     v1:xmm0 = entry
;;     v4 = cvttss2i_rr.4 v1
;;     v5 = mov_ri.4 #0x7fffffff
;;     v6 = mov_ri.4 #0
;;     fcmp_rm.4 v1, [0x4effffff]
;;     v7 = cmov_rr.4/7 v4, v5
;;     fcmp_rr.4 v1, v1
;;     v2 = cmov_rr.4/10 v7, v6
;;     ret v2:rax
;; func 4
;; b0:
;;     v1:xmm0 = entry
;;     v4 = cvttsd2i_rr.8 v1
;;     v5 = fsub_rm.8 v1, [0x43e0000000000000]
;;     v6 = cvttsd2i_rr.8 v5
;;     v7 = sar_ri.8 v4, #63
;;     v8 = and_rr.8 v6, v7
;;     v9 = or_rr.8 v4, v8
;;     v10 = mov_ri.8 #-1
;;     v11 = mov_ri.8 #0
;;     v12 = fzero_r
;;     fcmp_rr.8 v1, v12
;;     v13 = cmov_rr.8/6 v9, v11
;;     fcmp_rm.8 v1, [0x43efffffffffffff]
;;     v2 = cmov_rr.8/7 v13, v10
;;     ret v2:rax
;; func 5
;; b0:
;;     v1:rdi = entry
;;     v2 = cvti2ss_rr.8 v1
;;     ret v2:xmm0
;; func 6
;; b0:
;;     v1:rdi = entry
;;     v2 = movsxd_rr v1
;;     v3 = cvti2sd_rr.8 v2
;;     ret v3:xmm0
;; func 7
;; b0:
;;     v1:xmm0 = entry
;;     v2 = cvtss2sd_rr v1
;;     ret v2:xmm0
;; func 8
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_xr.8 v1
;;     ret v2:xmm0
;; func 9
;; b0:
;;     v1:xmm0 = entry
;;     v2 = mov_rx.4 v1
;;     ret v2:rax
