;;! test=lower
;; Each shuffle by the instruction that does it alone, where there is one.
(module
  (func (param v128 v128) (result v128)
    (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128)
    (i8x16.shuffle 24 25 26 27 28 29 30 31 8 9 10 11 12 13 14 15 (local.get 0) (local.get 1)))
  (func (param v128) (result v128)
    (i8x16.shuffle 12 13 14 15 8 9 10 11 4 5 6 7 0 1 2 3 (local.get 0) (local.get 0)))
  (func (param v128) (result v128)
    (i8x16.shuffle 2 3 0 1 6 7 4 5 8 9 10 11 12 13 14 15 (local.get 0) (local.get 0)))
  (func (param v128) (result v128)
    (i8x16.shuffle 5 6 7 8 9 10 11 12 13 14 15 0 1 2 3 4 (local.get 0) (local.get 0)))
  (func (param v128 v128) (result v128)
    (i8x16.shuffle 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 (local.get 0) (local.get 1)))
  (func (param v128) (result v128)
    (i8x16.shuffle 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19
      (local.get 0) (v128.const i64x2 0 0)))
  (func (param v128) (result v128)
    (i8x16.shuffle 16 17 0 1 2 3 4 5 6 7 8 9 10 11 12 13
      (local.get 0) (v128.const i64x2 0 0)))
  (func (param v128 v128) (result v128)
    (i8x16.shuffle 0 1 18 19 4 5 22 23 8 9 26 27 12 13 14 15 (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128)
    (i8x16.shuffle 8 9 10 11 0 1 2 3 20 21 22 23 28 29 30 31 (local.get 0) (local.get 1)))
  (func (param v128) (result v128)
    (i8x16.shuffle 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 (local.get 0) (local.get 0)))
  (func (param v128) (result v128)
    (i8x16.shuffle 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0 (local.get 0) (local.get 0)))
  (func (param v128 v128) (result v128)
    (i8x16.shuffle 15 14 29 12 27 10 25 8 23 6 21 4 19 2 17 0 (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i8x16.swizzle (local.get 0) (local.get 1)))
  (func (param v128) (result v128)
    (i8x16.swizzle (local.get 0) (v128.const i32x4 0x03020100 0x03020100 0x0b0a0908 0x0b0a0908))))
;; ---
;; func 0
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v4 = punpcklbw_rr v1, v2
;;     ret v4:xmm0
;; func 1
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v4 = punpckhqdq_rr v2, v1
;;     ret v4:xmm0
;; func 2
;; b0:
;;     v1:xmm0 = entry
;;     v3 = pshufd_ri v1, #27
;;     ret v3:xmm0
;; func 3
;; b0:
;;     v1:xmm0 = entry
;;     v3 = pshuflw_ri v1, #177
;;     ret v3:xmm0
;; func 4
;; b0:
;;     v1:xmm0 = entry
;;     v3 = palignr_rri v1, v1, #5
;;     ret v3:xmm0
;; func 5
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v4 = palignr_rri v2, v1, #3
;;     ret v4:xmm0
;; func 6
;; b0:
;;     v1:xmm0 = entry
;;     v4 = psrldq_ri v1, #4
;;     ret v4:xmm0
;; func 7
;; b0:
;;     v1:xmm0 = entry
;;     v4 = pslldq_ri v1, #2
;;     ret v4:xmm0
;; func 8
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v4 = pblendw_rri v1, v2, #42
;;     ret v4:xmm0
;; func 9
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v4 = shufps_rri v1, v2, #210
;;     ret v4:xmm0
;; func 10
;; b0:
;;     v1:xmm0 = entry
;;     v3 = vpbroadcastb_r v1
;;     ret v3:xmm0
;; func 11
;; b0:
;;     v1:xmm0 = entry
;;     v3 = pshufb_rm v1, [0x8090a0b0c0d0e0f, 0x1020304050607]
;;     ret v3:xmm0
;; func 12
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v6 = pshufb_rm v1, [0x8990a9b0c9d0e0f, 0x91029304950697]
;;     v7 = pshufb_rm v2, [0x98099a0b9c0d9e9f, 0x9001920394059607]
;;     v4 = por_rr v6, v7
;;     ret v4:xmm0
;; func 13
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v5 = paddusb_rm v2, [0x7070707070707070, 0x7070707070707070]
;;     v3 = pshufb_rr v1, v5
;;     ret v3:xmm0
;; func 14
;; b0:
;;     v1:xmm0 = entry
;;     v3 = pshufd_ri v1, #160
;;     ret v3:xmm0
