;;! test=lower
(module
  (func (param i32) (result v128) (i8x16.splat (local.get 0)))
  (func (param i32) (result v128) (i32x4.splat (local.get 0)))
  (func (param f32) (result v128) (f32x4.splat (local.get 0)))
  (func (result v128) (i16x8.splat (i32.const -3)))
  (func (param v128) (result i32) (i8x16.extract_lane_s 7 (local.get 0)))
  (func (param v128) (result i32) (i16x8.extract_lane_u 7 (local.get 0)))
  (func (param v128) (result i32) (i32x4.extract_lane 0 (local.get 0)))
  (func (param v128) (result i64) (i64x2.extract_lane 1 (local.get 0)))
  (func (param v128) (result f32) (f32x4.extract_lane 0 (local.get 0)))
  (func (param v128) (result f64) (f64x2.extract_lane 1 (local.get 0)))
  (func (param v128 i32) (result v128) (i16x8.replace_lane 2 (local.get 0) (local.get 1)))
  (func (param v128 f32) (result v128) (f32x4.replace_lane 3 (local.get 0) (local.get 1)))
  (func (param v128 f64) (result v128) (f64x2.replace_lane 1 (local.get 0) (local.get 1)))
  (func (param i32 v128 v128) (result v128)
    (select (local.get 1) (local.get 2) (local.get 0)))
  ;; tests of lanes are flags
  (func (param v128) (result i32)
    (if (result i32) (v128.any_true (local.get 0)) (then (i32.const 5)) (else (i32.const 7))))
  (func (param v128) (result i32)
    (if (result i32) (i32.eqz (i16x8.all_true (local.get 0)))
      (then (i32.const 5)) (else (i32.const 7))))
  (func (param v128 v128) (result i32)
    (i8x16.all_true (i8x16.eq (local.get 0) (local.get 1))))
  (func (param v128) (result i32) (i16x8.bitmask (local.get 0))))
;; ---
;; func 0
;; b0:
;;     v1:rdi = entry
;;     v4 = mov_xr.4 v1
;;     v2 = vpbroadcastb_r v4
;;     ret v2:xmm0
;; func 1
;; b0:
;;     v1:rdi = entry
;;     v4 = mov_xr.4 v1
;;     v2 = vpbroadcastd_r v4
;;     ret v2:xmm0
;; func 2
;; b0:
;;     v1:xmm0 = entry
;;     v2 = vbroadcastss_r v1
;;     ret v2:xmm0
;; func 3
;; b0:
;;     entry
;;     v2 = movups_rm.16 [0xfffdfffdfffdfffd, 0xfffdfffdfffdfffd]
;;     ret v2:xmm0
;; func 4
;; b0:
;;     v1:xmm0 = entry
;;     v4 = pextrb_ri v1, #7
;;     v2 = movsx8_rr.4 v4
;;     ret v2:rax
;; func 5
;; b0:
;;     v1:xmm0 = entry
;;     v2 = pextrw_ri v1, #7
;;     ret v2:rax
;; func 6
;; b0:
;;     v1:xmm0 = entry
;;     v2 = mov_rx.4 v1
;;     ret v2:rax
;; func 7
;; b0:
;;     v1:xmm0 = entry
;;     v2 = pextrq_ri v1, #1
;;     ret v2:rax
;; func 8
;; b0:
;;     v1:xmm0 = entry
;;     v2 = low_x.4 v1
;;     ret v2:xmm0
;; func 9
;; b0:
;;     v1:xmm0 = entry
;;     v2 = pshufd_ri v1, #238
;;     ret v2:xmm0
;; func 10
;; b0:
;;     v1:xmm0, v2:rdi = entry
;;     v3 = pinsrw_rri v1, v2, #2
;;     ret v3:xmm0
;; func 11
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v3 = insertps_rri v1, v2, #48
;;     ret v3:xmm0
;; func 12
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v3 = punpcklqdq_rr v1, v2
;;     ret v3:xmm0
;; func 13
;; b0:
;;     v1:rdi, v2:xmm0, v3:xmm1 = entry
;;     test_rr.4 v1, v1
;;     v4 = select_x/5 v3, v2
;;     ret v4:xmm0
;; func 14
;; b0: to b1, b2
;;     v1:xmm0 = entry
;;     ptest_rr v1, v1
;;     jcc/5
;; b1: to b3
;;     v11 = mov_ri.4 #5
;;     jmp
;; b2: to b3
;;     v10 = mov_ri.4 #7
;;     jmp
;; b3:
;;     v8 = phi v11, v10
;;     ret v8:rax
;; func 15
;; b0: to b1, b2
;;     v1:xmm0 = entry
;;     v14 = fzero_r
;;     v15 = pcmpeqw_rr v1, v14
;;     ptest_rr v15, v15
;;     jcc/5
;; b1: to b3
;;     v13 = mov_ri.4 #5
;;     jmp
;; b2: to b3
;;     v12 = mov_ri.4 #7
;;     jmp
;; b3:
;;     v10 = phi v13, v12
;;     ret v10:rax
;; func 16
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v6 = pxor_rr v1, v2
;;     ptest_rr v6, v6
;;     v4 = setcc/4
;;     ret v4:rax
;; func 17
;; b0:
;;     v1:xmm0 = entry
;;     v4 = fzero_r
;;     v5 = packsswb_rr v1, v4
;;     v2 = pmovmskb_r v5
;;     ret v2:rax
