;;! test=lower cpu=baseline+avx512f+avx512vl
(module
  (func (param v128 v128) (result v128) (f32x4.min (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (f64x2.pmax (local.get 0) (local.get 1)))
  (func (param v128) (result v128) (f32x4.neg (f32x4.abs (local.get 0))))
  (func (param v128) (result v128) (f32x4.floor (local.get 0)))
  (func (param v128 v128) (result v128) (f64x2.gt (local.get 0) (local.get 1)))
  (func (param v128) (result v128) (f32x4.convert_i32x4_u (local.get 0)))
  (func (param v128) (result v128) (f64x2.convert_low_i32x4_u (local.get 0)))
  (func (param v128) (result v128) (i32x4.trunc_sat_f32x4_s (local.get 0)))
  (func (param v128) (result v128) (i32x4.trunc_sat_f32x4_u (local.get 0)))
  (func (param v128) (result v128) (i32x4.trunc_sat_f64x2_s_zero (local.get 0)))
  (func (param v128) (result v128) (f32x4.demote_f64x2_zero (local.get 0)))
  (func (param v128) (result v128) (f64x2.promote_low_f32x4 (local.get 0))))
;; ---
;; func 0
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v5 = minps_rr v1, v2
;;     v6 = minps_rr v2, v1
;;     v7 = por_rr v5, v6
;;     v8 = addps_rr v1, v2
;;     v9 = cmpps_rr/3 v1, v2
;;     v3 = vblendvps_rrrr v7, v8, v9
;;     ret v3:xmm0
;; func 1
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v3 = maxpd_rr v2, v1
;;     ret v3:xmm0
;; func 2
;; b0:
;;     v1:xmm0 = entry
;;     v2 = movups_rm.16 [0x7fffffff7fffffff, 0x7fffffff7fffffff]
;;     v5 = vpternlog_rrmi v1, v2, [0x8000000080000000, 0x8000000080000000], #106
;;     ret v5:xmm0
;; func 3
;; b0:
;;     v1:xmm0 = entry
;;     v2 = roundps_ri v1, #9
;;     ret v2:xmm0
;; func 4
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v3 = cmppd_rr/1 v2, v1
;;     ret v3:xmm0
;; func 5
;; b0:
;;     v1:xmm0 = entry
;;     v2 = vcvtudq2ps_r v1
;;     ret v2:xmm0
;; func 6
;; b0:
;;     v1:xmm0 = entry
;;     v2 = vcvtudq2pd_r v1
;;     ret v2:xmm0
;; func 7
;; b0:
;;     v1:xmm0 = entry
;;     v4 = cmpps_rr v1, v1
;;     v5 = pand_rr v1, v4
;;     v6 = cmpps_rm/5 v5, [0x4f0000004f000000, 0x4f0000004f000000]
;;     v7 = cvttps2dq_r v5
;;     v2 = pxor_rr v7, v6
;;     ret v2:xmm0
;; func 8
;; b0:
;;     v1:xmm0 = entry
;;     v4 = fzero_r
;;     v5 = maxps_rr v1, v4
;;     v2 = vcvttps2udq_r v5
;;     ret v2:xmm0
;; func 9
;; b0:
;;     v1:xmm0 = entry
;;     v4 = cmppd_rr v1, v1
;;     v5 = pand_rm v4, [0x41dfffffffc00000, 0x41dfffffffc00000]
;;     v6 = minpd_rr v1, v5
;;     v2 = cvttpd2dq_r v6
;;     ret v2:xmm0
;; func 10
;; b0:
;;     v1:xmm0 = entry
;;     v2 = cvtpd2ps_r v1
;;     ret v2:xmm0
;; func 11
;; b0:
;;     v1:xmm0 = entry
;;     v2 = cvtps2pd_r v1
;;     ret v2:xmm0
