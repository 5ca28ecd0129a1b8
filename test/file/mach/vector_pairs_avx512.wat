;;! test=lower cpu=baseline+avx512f+avx512vl+avx512vnni
;; Two operators in one instruction.
(module
  (func (param v128) (result v128)
    (v128.or (i32x4.shl (local.get 0) (i32.const 16)) (i32x4.shr_u (local.get 0) (i32.const 16))))
  (func (param v128) (result v128)
    (v128.or (i32x4.shl (local.get 0) (i32.const 7)) (i32x4.shr_u (local.get 0) (i32.const 25))))
  (func (param v128 v128 v128) (result v128)
    (v128.xor (v128.and (local.get 0) (local.get 1)) (local.get 2)))
  (func (param v128 v128) (result v128) (v128.not (v128.or (local.get 0) (local.get 1))))
  (func (param v128 v128) (result v128)
    (v128.bitselect (local.get 0) (local.get 1) (f32x4.lt (local.get 0) (local.get 1))))
  (func (param v128) (result v128) (f32x4.splat (f32x4.extract_lane 2 (local.get 0))))
  (func (param v128 v128) (result v128)
    (i32x4.replace_lane 1 (local.get 0) (i32x4.extract_lane 3 (local.get 1))))
  (func (param v128 v128 v128) (result v128)
    (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))
  (func (param v128 v128 v128) (result v128)
    (i32x4.relaxed_dot_i8x16_i7x16_add_s (local.get 0) (local.get 1) (local.get 2))))
;; ---
;; func 0
;; b0:
;;     v1:xmm0 = entry
;;     v5 = vprold_ri v1, #16
;;     ret v5:xmm0
;; func 1
;; b0:
;;     v1:xmm0 = entry
;;     v6 = vprold_ri v1, #7
;;     ret v6:xmm0
;; func 2
;; b0:
;;     v1:xmm0, v2:xmm1, v3:xmm2 = entry
;;     v5 = vpternlog_rrri v1, v2, v3, #106
;;     ret v5:xmm0
;; func 3
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v5 = vpternlog_rrri v1, v2, v2, #3
;;     ret v5:xmm0
;; func 4
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v3 = cmpps_rr/1 v1, v2
;;     v4 = vpternlog_rrri v3, v1, v2, #202
;;     ret v4:xmm0
;; func 5
;; b0:
;;     v1:xmm0 = entry
;;     v3 = pshufd_ri v1, #170
;;     ret v3:xmm0
;; func 6
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v4 = insertps_rri v1, v2, #208
;;     ret v4:xmm0
;; func 7
;; b0:
;;     v1:xmm0, v2:xmm1, v3:xmm2 = entry
;;     v4 = vfmadd213ps_rrr v1, v2, v3
;;     ret v4:xmm0
;; func 8
;; b0:
;;     v1:xmm0, v2:xmm1, v3:xmm2 = entry
;;     v4 = vpdpbusd_rrr v3, v2, v1
;;     ret v4:xmm0
