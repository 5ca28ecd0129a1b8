; What the IR operators on vectors compute (see ir.r), and what simplifies them. Constants are
; folded only where a rule says so: compilers have done the rest.
; (lanes W TERM) is TERM for each lane of W bits, vectors in it standing for their lane.

; ---- bits -----------------------------------------------------------------------------------
(ir v128_and ((a v128) (b v128)) v128 (and a b))
(ir v128_or ((a v128) (b v128)) v128 (or a b))
(ir v128_xor ((a v128) (b v128)) v128 (xor a b))
(ir v128_andnot ((a v128) (b v128)) v128 (and a (not b)))
(ir v128_bitselect ((a v128) (b v128) (c v128)) v128 (or (and a c) (and b (not c))))
(ir v128_any_true ((a v128)) i32 (zext 32 (ne a 0)))
(ir v128_from32 ((a i32)) v128 (zext 128 a))
(ir v128_from64 ((a i64)) v128 (zext 128 a))

; ---- lanes in and out -----------------------------------------------------------------------
(for ((S T W) (i8x16 i32 8) (i16x8 i32 16) (i32x4 i32 32) (i64x2 i64 64) (f32x4 f32 32)
              (f64x2 f64 64))
  (ir @S_splat ((a @T)) v128 (lanes @W (low @W a)))
  (ir @S_replace ((a v128) (b @T) (c imm)) v128
    (lanes @W (ite (eq index (urem (bv c 32) (udiv 128 @W))) (low @W b) a))))
(for ((S W) (i8x16 8) (i16x8 16))
  (ir @S_extract_s ((a v128) (b imm)) i32 (sext 32 (at @W (bv b 32) a)))
  (ir @S_extract_u ((a v128) (b imm)) i32 (zext 32 (at @W (bv b 32) a))))
(for ((S T W) (i32x4 i32 32) (i64x2 i64 64) (f32x4 f32 32) (f64x2 f64 64))
  (ir @S_extract ((a v128) (b imm)) @T (at @W (bv b 32) a)))
(ir i8x16_shuffle ((a v128) (b v128) (c mask)) v128
  (lanes 8 (assume (ult c 32) (ite (ult c 16) (at 8 c a) (at 8 c b)))))
(ir i8x16_swizzle ((a v128) (b v128)) v128 (lanes 8 (ite (ult b 16) (at 8 b a) (bv 0 8))))
(ir i8x16_relaxed_swizzle ((a v128) (b v128)) v128
  (lanes 8 (assume (or (ult b 16) (sign b)) (ite (sign b) (bv 0 8) (at 8 b a)))))

; ---- comparisons ----------------------------------------------------------------------------
(for ((S W) (i8x16 8) (i16x8 16) (i32x4 32) (i64x2 64))
  (ir @S_eq ((a v128) (b v128)) v128 (lanes @W (sext @W (eq a b))))
  (ir @S_gt_s ((a v128) (b v128)) v128 (lanes @W (sext @W (sgt a b))))
  (ir @S_all_true ((a v128)) i32 (zext 32 (eq (lanes @W (sext @W (ne a 0))) -1)))
  (ir @S_bitmask ((a v128)) i32 (zext 32 (lanes 1 (udiv 128 @W) (sign (at @W index a))))))
(for ((S W) (i8x16 8) (i16x8 16) (i32x4 32))
  (ir @S_ge_u ((a v128) (b v128)) v128 (lanes @W (sext @W (uge a b)))))
(for ((S W) (f32x4 32) (f64x2 64))
  (ir @S_eq ((a v128) (b v128)) v128 (lanes @W (sext @W (feq a b))))
  (ir @S_ne ((a v128) (b v128)) v128 (lanes @W (sext @W (xor (feq a b) (bv 1 1)))))
  (ir @S_lt ((a v128) (b v128)) v128 (lanes @W (sext @W (flt a b))))
  (ir @S_le ((a v128) (b v128)) v128 (lanes @W (sext @W (fle a b)))))

; ---- integer arithmetic ---------------------------------------------------------------------
(for ((S W) (i8x16 8) (i16x8 16) (i32x4 32) (i64x2 64))
  (ir @S_add ((a v128) (b v128)) v128 (lanes @W (add a b)))
  (ir @S_sub ((a v128) (b v128)) v128 (lanes @W (sub a b)))
  (ir @S_abs ((a v128)) v128 (lanes @W (ite (slt a 0) (neg a) a)))
  (ir @S_shl ((a v128) (b i32)) v128 (lanes @W (shl a b)))
  (ir @S_shr_s ((a v128) (b i32)) v128 (lanes @W (ashr a b)))
  (ir @S_shr_u ((a v128) (b i32)) v128 (lanes @W (lshr a b))))
(for ((S W) (i16x8 16) (i32x4 32) (i64x2 64))
  (ir @S_mul ((a v128) (b v128)) v128 (lanes @W (mul a b))))
(for ((S W) (i8x16 8) (i16x8 16) (i32x4 32))
  (ir @S_min_s ((a v128) (b v128)) v128 (lanes @W (ite (slt a b) a b)))
  (ir @S_min_u ((a v128) (b v128)) v128 (lanes @W (ite (ult a b) a b)))
  (ir @S_max_s ((a v128) (b v128)) v128 (lanes @W (ite (sgt a b) a b)))
  (ir @S_max_u ((a v128) (b v128)) v128 (lanes @W (ite (ugt a b) a b))))
(for ((S W) (i8x16 8) (i16x8 16))
  (ir @S_add_sat_s ((a v128) (b v128)) v128 (lanes @W (sat_s @W (add (sext 32 a) (sext 32 b)))))
  (ir @S_add_sat_u ((a v128) (b v128)) v128 (lanes @W (sat_u @W (add (zext 32 a) (zext 32 b)))))
  (ir @S_sub_sat_s ((a v128) (b v128)) v128 (lanes @W (sat_s @W (sub (sext 32 a) (sext 32 b)))))
  (ir @S_sub_sat_u ((a v128) (b v128)) v128 (lanes @W (sat_u @W (sub (zext 32 a) (zext 32 b)))))
  (ir @S_avgr_u ((a v128) (b v128)) v128
    (lanes @W (low @W (lshr (add (zext 32 a) (zext 32 b) 1) 1)))))
(ir i8x16_popcnt ((a v128)) v128 (lanes 8 (popcnt a)))
(ir i16x8_q15mulr_sat_s ((a v128) (b v128)) v128
  (lanes 16 (sat_s 16 (ashr (add (mul (sext 32 a) (sext 32 b)) 0x4000) 15))))
(ir i16x8_relaxed_q15mulr_s ((a v128) (b v128)) v128
  (lanes 16 (assume (ne (or (xor a 0x8000) (xor b 0x8000)) 0)
    (low 16 (ashr (add (mul (sext 32 a) (sext 32 b)) 0x4000) 15)))))

; ---- between widths -------------------------------------------------------------------------
(for ((NAME W HALF N) (i8x16_narrow_i16x8 16 8 8) (i16x8_narrow_i32x4 32 16 4))
  (for ((G) (s) (u))
    (ir @NAME_@G ((a v128) (b v128)) v128
      (concat (lanes @HALF @N (sat_@G @HALF (at @W index b)))
              (lanes @HALF @N (sat_@G @HALF (at @W index a)))))))
(for ((D S W HALF) (i16x8 i8x16 16 8) (i32x4 i16x8 32 16) (i64x2 i32x4 64 32))
  (for ((G EXTEND) (s sext) (u zext))
    (for ((PART FIRST) (low 0) (high (udiv 128 @W)))
      (ir @D_extend_@PART_@S_@G ((a v128)) v128
        (lanes @W (@EXTEND @W (at @HALF (add index @FIRST) a))))
      (ir @D_extmul_@PART_@S_@G ((a v128) (b v128)) v128
        (lanes @W (mul (@EXTEND @W (at @HALF (add index @FIRST) a))
                       (@EXTEND @W (at @HALF (add index @FIRST) b))))))))
(for ((D S W HALF) (i16x8 i8x16 16 8) (i32x4 i16x8 32 16))
  (for ((G EXTEND) (s sext) (u zext))
    (ir @D_extadd_pairwise_@S_@G ((a v128)) v128
      (lanes @W (add (@EXTEND @W (at @HALF (add index index) a))
                     (@EXTEND @W (at @HALF (add index index 1) a)))))))
(ir i32x4_dot_i16x8_s ((a v128) (b v128)) v128
  (lanes 32 (add (mul (sext 32 (at 16 (add index index) a)) (sext 32 (at 16 (add index index) b)))
                 (mul (sext 32 (at 16 (add index index 1) a))
                      (sext 32 (at 16 (add index index 1) b))))))
(ir i16x8_relaxed_dot_i8x16_i7x16_s ((a v128) (b v128)) v128
  (lanes 16 (assume (eq (and (at 16 index b) 0x8080) 0)
    (add (mul (sext 16 (at 8 (add index index) a)) (sext 16 (at 8 (add index index) b)))
         (mul (sext 16 (at 8 (add index index 1) a)) (sext 16 (at 8 (add index index 1) b)))))))
(ir i32x4_relaxed_dot_i8x16_i7x16_add_s ((a v128) (b v128) (c v128)) v128
  (lanes 32 (assume (eq (and b 0x80808080) 0)
    (add c
         (mul (sext 32 (at 8 (mul index 4) a)) (sext 32 (at 8 (mul index 4) b)))
         (mul (sext 32 (at 8 (add (mul index 4) 1) a)) (sext 32 (at 8 (add (mul index 4) 1) b)))
         (mul (sext 32 (at 8 (add (mul index 4) 2) a)) (sext 32 (at 8 (add (mul index 4) 2) b)))
         (mul (sext 32 (at 8 (add (mul index 4) 3) a)) (sext 32 (at 8 (add (mul index 4) 3) b)))))))

; ---- floats ---------------------------------------------------------------------------------
(for ((S W SIGN) (f32x4 32 0x80000000) (f64x2 64 0x8000000000000000))
  (for ((OP) (add) (sub) (mul) (div) (min) (max))
    (ir @S_@OP ((a v128) (b v128)) v128 (lanes @W (f@OP a b))))
  (ir @S_pmin ((a v128) (b v128)) v128 (lanes @W (ite (flt b a) b a)))
  (ir @S_pmax ((a v128) (b v128)) v128 (lanes @W (ite (flt a b) b a)))
  (ir @S_sqrt ((a v128)) v128 (lanes @W (fsqrt a)))
  (for ((OP) (ceil) (floor) (trunc) (nearest))
    (ir @S_@OP ((a v128)) v128 (lanes @W (fround @OP a))))
  (ir @S_relaxed_madd ((a v128) (b v128) (c v128)) v128
    (lanes @W (assume (eq (fma a b c) (fadd (fmul a b) c)) (fma a b c))))
  (ir @S_relaxed_nmadd ((a v128) (b v128) (c v128)) v128
    (lanes @W (assume (eq (fma (xor a @SIGN) b c) (fsub c (fmul a b)))
      (fma (xor a @SIGN) b c)))))
(for ((S W) (i8x16 8) (i32x4 32) (i64x2 64))
  (ir @S_relaxed_laneselect ((a v128) (b v128) (c v128)) v128
    (lanes @W (assume (or (eq c 0) (eq c -1)) (ite (sign c) a b)))))

; ---- conversions ----------------------------------------------------------------------------
(for ((G MIN MAX) (s 0x80000000 0x7fffffff) (u 0 -1))
  (ir f32x4_convert_i32x4_@G ((a v128)) v128 (lanes 32 (f32.itof_@G a)))
  (ir f64x2_convert_low_i32x4_@G ((a v128)) v128 (lanes 64 (f64.itof_@G (at 32 index a))))
  (ir i32x4_trunc_sat_f32x4_@G ((a v128)) v128
    (lanes 32 (ite (isnan a) (bv 0 32)
      (ite (f32.fits_@G 32 a) (f32.ftoi_@G 32 a) (ite (sign a) @MIN @MAX)))))
  (ir i32x4_trunc_sat_f64x2_@G_zero ((a v128)) v128
    (zext 128 (lanes 32 2 (ite (isnan (at 64 index a)) (bv 0 32)
      (ite (f64.fits_@G 32 (at 64 index a)) (f64.ftoi_@G 32 (at 64 index a))
        (ite (sign (at 64 index a)) @MIN @MAX))))))
  (ir i32x4_relaxed_trunc_f32x4_@G ((a v128)) v128 (lanes 32 (f32.ftoi_@G 32 a)))
  (ir i32x4_relaxed_trunc_f64x2_@G_zero ((a v128)) v128
    (zext 128 (lanes 32 2 (f64.ftoi_@G 32 (at 64 index a))))))
(ir f32x4_demote_f64x2_zero ((a v128)) v128 (zext 128 (lanes 32 2 (fdemote (at 64 index a)))))
(ir f64x2_promote_low_f32x4 ((a v128)) v128 (lanes 64 (fpromote (at 32 index a))))

; ---- memory ---------------------------------------------------------------------------------
(for ((OP) (load) (pload) (ctxget) (ctxld))
  (ir @OP.v128 ((m mem)) v128 (load 128 m)))
(for ((OP) (store) (pstore))
  (ir @OP.v128 ((m mem) (b v128)) void (store 128 m b)))
(ir ctxset.v128 ((a v128) (m mem)) void (store 128 m a))
(ir select.v128 ((a i32) (b v128) (c v128)) v128 (ite (ne a 0) b c))

; ---- folding --------------------------------------------------------------------------------
(for ((OP BITS EACH) (i8x16_splat 0xff 0x0101010101010101) (i16x8_splat 0xffff 0x0001000100010001)
      (i32x4_splat 0xffffffff 0x0000000100000001))
  (fold (@OP (iconst k)) => (vconst (mul (and (zext 64 k) @BITS) @EACH)
                                    (mul (and (zext 64 k) @BITS) @EACH))))
(fold (i64x2_splat (iconst k)) => (vconst k k))
(fold (f32x4_splat (fconst k)) => (vconst (mul (zext 64 k) 0x0000000100000001)
                                          (mul (zext 64 k) 0x0000000100000001)))
(fold (f64x2_splat (fconst k)) => (vconst k k))
(fold (v128_from32 (iconst k)) => (vconst (zext 64 k) 0))
(fold (v128_from64 (iconst k)) => (vconst k 0))
; Bits, and complements where they come from comparisons.
(fold (v128_xor (vconst a b) (vconst c d)) => (vconst (xor a c) (xor b d)))
(fold (v128_xor x x) => (vconst 0 0))
(fold (v128_xor (v128_xor x (vconst -1 -1)) (vconst -1 -1)) => x)
(for ((OP) (v128_and) (v128_or))
  (fold (@OP x x) => x))
(fold (v128_and x (vconst -1 -1)) => x)
(fold (v128_and x (vconst 0 0)) => (vconst 0 0))
(fold (v128_or x (vconst 0 0)) => x)
(fold (v128_xor x (vconst 0 0)) => x)
(fold (v128_or x (vconst -1 -1)) => (vconst -1 -1))
(fold (v128_and x (v128_xor y (vconst -1 -1))) => (v128_andnot x y))
(fold (v128_andnot x (v128_xor y (vconst -1 -1))) => (v128_and x y))
(fold (v128_andnot x (vconst a b)) => (v128_and x (vconst (not a) (not b))))
(fold (v128_bitselect x y (v128_xor c (vconst -1 -1))) => (v128_bitselect y x c))
(fold (v128_bitselect x y (vconst -1 -1)) => x)
(fold (v128_bitselect x y (vconst 0 0)) => y)
(fold (v128_bitselect x x c) => x)
(fold (v128_bitselect x (vconst 0 0) c) => (v128_and x c))
(fold (v128_bitselect (vconst 0 0) y c) => (v128_andnot y c))
; No shift at all.
(for ((S LAST) (i8x16 7) (i16x8 15) (i32x4 31) (i64x2 63))
  (for ((OP) (shl) (shr_s) (shr_u))
    (fold (@S_@OP x (iconst k)) (when (eq (and k @LAST) 0)) => x)))
; A table with known places.
(for ((OP) (i8x16_swizzle) (i8x16_relaxed_swizzle))
  (fold (@OP x (vconst lo hi))
    (when (eq (and lo 0xf0f0f0f0f0f0f0f0) 0) (eq (and hi 0xf0f0f0f0f0f0f0f0) 0))
    => (i8x16_shuffle x x (vconst lo hi))))
