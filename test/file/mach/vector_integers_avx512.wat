;;! test=lower cpu=baseline+avx512f+avx512vl+avx512bw+avx512dq+avx512bitalg
(module
  (func (param v128 v128) (result v128) (i8x16.ne (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i32x4.lt_u (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i64x2.ge_s (local.get 0) (local.get 1)))
  (func (param v128 v128 v128) (result v128)
    (v128.bitselect (local.get 0) (local.get 1) (i8x16.lt_s (local.get 2) (local.get 0))))
  (func (param v128 v128) (result v128) (v128.and (local.get 0) (v128.not (local.get 1))))
  (func (param v128) (result v128) (i64x2.abs (local.get 0)))
  (func (param v128) (result v128) (i32x4.neg (local.get 0)))
  (func (param v128) (result v128) (i8x16.popcnt (local.get 0)))
  (func (param v128 v128) (result v128) (i64x2.mul (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i16x8.q15mulr_sat_s (local.get 0) (local.get 1)))
  (func (param v128 i32) (result v128) (i32x4.shr_s (local.get 0) (local.get 1)))
  (func (param v128 i32) (result v128) (i8x16.shl (local.get 0) (local.get 1)))
  (func (param v128) (result v128) (i8x16.shr_s (local.get 0) (i32.const 3)))
  (func (param v128) (result v128) (i64x2.shr_s (local.get 0) (i32.const 40)))
  (func (param v128 v128) (result v128) (i16x8.narrow_i32x4_u (local.get 0) (local.get 1)))
  (func (param v128) (result v128) (i32x4.extend_high_i16x8_s (local.get 0)))
  (func (param v128 v128) (result v128) (i64x2.extmul_high_i32x4_u (local.get 0) (local.get 1)))
  (func (param v128) (result v128) (i16x8.extadd_pairwise_i8x16_s (local.get 0)))
  (func (param v128 v128) (result v128) (i32x4.dot_i16x8_s (local.get 0) (local.get 1))))
;; ---
;; func 0
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v3 = pcmpeqb_rr v1, v2
;;     v5 = pxor_rm v3, [0xffffffffffffffff, 0xffffffffffffffff]
;;     ret v5:xmm0
;; func 1
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v7 = pmaxud_rr v1, v2
;;     v3 = pcmpeqd_rr v7, v1
;;     v5 = pxor_rm v3, [0xffffffffffffffff, 0xffffffffffffffff]
;;     ret v5:xmm0
;; func 2
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v3 = pcmpgtq_rr v2, v1
;;     v5 = pxor_rm v3, [0xffffffffffffffff, 0xffffffffffffffff]
;;     ret v5:xmm0
;; func 3
;; b0:
;;     v1:xmm0, v2:xmm1, v3:xmm2 = entry
;;     v4 = pcmpgtb_rr v1, v3
;;     v5 = vpternlog_rrri v4, v1, v2, #202
;;     ret v5:xmm0
;; func 4
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v5 = pandn_rr v2, v1
;;     ret v5:xmm0
;; func 5
;; b0:
;;     v1:xmm0 = entry
;;     v2 = vpabsq_r v1
;;     ret v2:xmm0
;; func 6
;; b0:
;;     v1:xmm0 = entry
;;     v2 = fzero_r
;;     v3 = psubd_rr v2, v1
;;     ret v3:xmm0
;; func 7
;; b0:
;;     v1:xmm0 = entry
;;     v2 = vpopcntb_r v1
;;     ret v2:xmm0
;; func 8
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v3 = vpmullq_rr v1, v2
;;     ret v3:xmm0
;; func 9
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v5 = pmulhrsw_rr v1, v2
;;     v6 = pcmpeqw_rm v5, [0x8000800080008000, 0x8000800080008000]
;;     v3 = pxor_rr v5, v6
;;     ret v3:xmm0
;; func 10
;; b0:
;;     v1:xmm0, v2:rdi = entry
;;     v5 = and_ri.4 v2, #31
;;     v6 = mov_xr.4 v5
;;     v3 = psrad_rx v1, v6
;;     ret v3:xmm0
;; func 11
;; b0:
;;     v1:xmm0, v2:rdi = entry
;;     v5 = and_ri.4 v2, #7
;;     v6 = mov_xr.4 v5
;;     v7 = movups_rm.16 [0xff00ff00ff00ff, 0xff00ff00ff00ff]
;;     v8 = psrlw_rx v7, v6
;;     v9 = packuswb_rr v8, v8
;;     v10 = pand_rr v1, v9
;;     v3 = psllw_rx v10, v6
;;     ret v3:xmm0
;; func 12
;; b0:
;;     v1:xmm0 = entry
;;     v5 = psrlw_ri v1, #3
;;     v6 = pand_rm v5, [0x1f1f1f1f1f1f1f1f, 0x1f1f1f1f1f1f1f1f]
;;     v7 = movups_rm.16 [0x1010101010101010, 0x1010101010101010]
;;     v8 = pxor_rr v6, v7
;;     v3 = psubb_rr v8, v7
;;     ret v3:xmm0
;; func 13
;; b0:
;;     v1:xmm0 = entry
;;     v3 = vpsraq_ri v1, #40
;;     ret v3:xmm0
;; func 14
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v3 = packusdw_rr v1, v2
;;     ret v3:xmm0
;; func 15
;; b0:
;;     v1:xmm0 = entry
;;     v4 = punpckhwd_rr v1, v1
;;     v2 = psrad_ri v4, #16
;;     ret v2:xmm0
;; func 16
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v5 = pshufd_ri v1, #250
;;     v6 = pshufd_ri v2, #250
;;     v3 = pmuludq_rr v5, v6
;;     ret v3:xmm0
;; func 17
;; b0:
;;     v1:xmm0 = entry
;;     v4 = movups_rm.16 [0x101010101010101, 0x101010101010101]
;;     v2 = pmaddubsw_rr v4, v1
;;     ret v2:xmm0
;; func 18
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v3 = pmaddwd_rr v1, v2
;;     ret v3:xmm0
