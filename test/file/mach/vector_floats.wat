;;! test=lower
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
;;     v3 = pand_rm v1, [0x7fffffff7fffffff, 0x7fffffff7fffffff]
;;     v5 = pxor_rm v3, [0x8000000080000000, 0x8000000080000000]
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
;;     v4 = pand_rm v1, [0xffff0000ffff, 0xffff0000ffff]
;;     v5 = cvtdq2ps_r v4
;;     v6 = psrld_ri v1, #16
;;     v7 = cvtdq2ps_r v6
;;     v8 = mulps_rm v7, [0x4780000047800000, 0x4780000047800000]
;;     v2 = addps_rr v8, v5
;;     ret v2:xmm0
;; func 6
;; b0:
;;     v1:xmm0 = entry
;;     v4 = punpckldq_rm v1, [0x4330000043300000, 0x4330000043300000]
;;     v2 = subpd_rm v4, [0x4330000000000000, 0x4330000000000000]
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
;;     v6 = cvttps2dq_r v5
;;     v7 = movups_rm.16 [0x4f0000004f000000, 0x4f0000004f000000]
;;     v8 = subps_rr v5, v7
;;     v9 = cvttps2dq_r v8
;;     v10 = cmpps_rr/5 v8, v7
;;     v11 = pxor_rr v9, v10
;;     v12 = psrad_ri v6, #31
;;     v13 = pand_rr v11, v12
;;     v2 = por_rr v6, v13
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
