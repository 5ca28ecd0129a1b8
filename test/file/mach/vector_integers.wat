;;! test=lower
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
;;     v7 = pcmpgtb_rr v1, v3
;;     v5 = vpblendvb_rrrr v2, v1, v7
;;     ret v5:xmm0
;; func 4
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v5 = pandn_rr v2, v1
;;     ret v5:xmm0
;; func 5
;; b0:
;;     v1:xmm0 = entry
;;     v4 = psrad_ri v1, #31
;;     v5 = pshufd_ri v4, #245
;;     v6 = pxor_rr v1, v5
;;     v2 = psubq_rr v6, v5
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
;;     v4 = movups_rm.16 [0xf0f0f0f0f0f0f0f, 0xf0f0f0f0f0f0f0f]
;;     v5 = movups_rm.16 [0x302020102010100, 0x403030203020201]
;;     v6 = pand_rr v1, v4
;;     v7 = pshufb_rr v5, v6
;;     v8 = psrlw_ri v1, #4
;;     v9 = pand_rr v8, v4
;;     v10 = pshufb_rr v5, v9
;;     v2 = paddb_rr v7, v10
;;     ret v2:xmm0
;; func 8
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v5 = pmuludq_rr v1, v2
;;     v6 = psrlq_ri v1, #32
;;     v7 = pmuludq_rr v6, v2
;;     v8 = psrlq_ri v2, #32
;;     v9 = pmuludq_rr v8, v1
;;     v10 = paddq_rr v7, v9
;;     v11 = psllq_ri v10, #32
;;     v3 = paddq_rr v5, v11
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
;;     v5 = movups_rm.16 [0x800000, 0x800000]
;;     v6 = psrlq_ri v1, #40
;;     v7 = pxor_rr v6, v5
;;     v3 = psubq_rr v7, v5
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
