; Rules that are wrong, one mistake each: tools/rulecheck.py --wrong must catch every one.

; ---- values ---------------------------------------------------------------------------------
(lower (add.i32 x y) (SUB_RR.4 x y))
(lower (sub.i32 x y) (SUB_RR.4 y x))
; the upper half is not cleared
(lower (add.i32 x y) (ADD_RR.8 x y))
(lower (wrap.i32 x) (MOV_RR.8 x))
; the upper half is lost
(lower (add.i64 x y) (ADD_RR.4 x y))
(lower (and.i64 x (iconst k)) (AND_RI.4 x (low 32 k)))
; an i32 that is read whole must be zero-extended, this reads garbage as sign
(lower (ext_s.i64 x) (MOVSXD_RR (MOV_RR.8 x)) (ZEXT32_RR x))
(lower (sext8.i32 x) (MOVZX8_RR.4 x))
(lower (sext8.i64 x) (MOVSX8_RR.4 x))
(lower (load8_s.i32 m) (MOVZX8_RM.4 m))
(lower (load16_u.i32 m) (MOV_RM.4 m))
(lower (load32_u.i64 m) (MOV_RM.8 m))
; shifts: the count of an i64 is taken modulo 64, not 32
(lower (shl.i64 x (iconst k)) (SHL_RI.8 x (and k 31)))
(lower (shr_u.i32 x (iconst k)) (SAR_RI.4 x (and k 31)))
(lower (rotl.i32 x (iconst k)) (ROR_RI.4 x (and k 31)))
; 2^n - 1 is not 2^n + 1
(lower (mul.i32 x (iconst k)) (when (ugt k 2) (eq (popcnt (add k 1)) 1))
  (= t (SHL_RI.4 x (ctz (add k 1))))
  (LEA.4 (at t x 0 0)))
(lower (mul.i64 x 9) (LEA.8 (at x x 2 0)))
; BSR keeps its destination for 0
(lower (clz.i32 x) (= z (MOV_RI.4 0)) (= t (BSR_RR.4 z x)) (XOR_RI.4 t 31))
(lower (ctz.i64 x) (= z (MOV_RI.8 32)) (BSF_RR.8 z x))
(lower (select.i32 c x y) (= f (cond c)) (CMOV_RR.4 f x y))
(lower (mulh_u.i32 x y) (= (out _) (MUL1_R.4 x y)))
(lower (mulh_s.i64 x y) (= (_ out) (MUL1_R.8 x y)))

; ---- traps ----------------------------------------------------------------------------------
; no test for 0; no test for overflow; codes exchanged
(lower (div_u.i32 x y) (= z (ZERO_R)) (= out (DIV_R.4 x z y)))
(lower (div_s.i32 x y)
  (TEST_RR.4 y y)
  (TRAPCC e INTEGER_DIVISION_BY_ZERO)
  (= hi (SIGN_HI.4 x))
  (= out (IDIV_R.4 x hi y)))
(lower (div_u.i64 x y)
  (TEST_RR.8 y y)
  (TRAPCC e INTEGER_OVERFLOW)
  (= z (ZERO_R))
  (= out (DIV_R.8 x z y)))
(lower (rem_s.i64 x y)
  (TEST_RR.8 y y)
  (TRAPCC e INTEGER_DIVISION_BY_ZERO)
  (= hi (SIGN_HI.8 x))
  (= (_ out) (IDIV_R.8 x hi y)))
; the upper half of the dividend is not its sign
(lower (divc_s.i32 x y) (= z (ZERO_R)) (= out (IDIV_R.4 x z y)))
(lower (bounds a b 0) (CMP_RR.8 a b) (TRAPCC ae MEMORY_OUT_OF_BOUNDS))
(lower (bounds a b 0) (CMP_RR.4 a b) (TRAPCC a MEMORY_OUT_OF_BOUNDS))
(lower (trapif c code) (= f (cond c)) (TRAPCC (not f) code))
(lower (ftoi_s.i32.f64 x)
  (= r (CVTTSD2I_RR.4 x))
  (CMP_RI.4 r 1)
  (TRAPCC o INTEGER_OVERFLOW)
  (MOV_RR.4 r))

; ---- flags ----------------------------------------------------------------------------------
; nothing set them; they were overwritten in between; this one is not known
(lower (eq.i32 x y) (SETCC e))
(lower (eq.i64 x y) (CMP_RR.8 x y) (= t (ADD_RI.8 x 1)) (SETCC e))
(lower (select.f32 c x y) (= f (cond c)) (= t (ZERO_R)) (SELECT_X f y x))
(cond (ne.i32 (and.i32 x (shl.i32 1 n)) 0) (BT_RR.4 x n) ne)
(lower (feq.f64 x y) (= f (cond out)) (SETCC f))

; the carry is the other way round; it was lost on the way; it is not subtracted twice
(lower (add.i32 x (lt_u.i32 a b)) (CMP_RR.4 b a) (ADC_RI.4 x 0))
(lower (add.i64 x (ext_u.i64 (lt_u.i64 a b))) (CMP_RR.8 a b) (= t (ADD_RI.8 x 1)) (ADC_RI.8 t -1))
(lower (sub.i32 x (ne.i32 a 0)) (CMP_RI.4 a 1) (SBB_RI.4 x -1))

; ---- conditions -----------------------------------------------------------------------------
(cond (lt_s.i32 x y) (CMP_RR.4 x y) b)
(cond (lt_u.i64 x y) (CMP_RR.8 x y) l)
(cond (le_s.i32 x y) (CMP_RR.4 y x) le)
(cond (eq.i64 x y) (CMP_RR.4 x y) e)
(cond (lt_u.i32 (iconst k) x) (CMP_RI.4 x k) b)
(cond (lt_s.i32 (mem.i32 m) y) (CMP_RM.4 y m) l)
(cond (eq.i32 (load8_u.i32 m) (iconst k)) (CMP_MI.1 m (low 8 k)) e)
(cond (eq.i64 (and.i64 x (iconst k)) 0) (TEST_RI.4 x (low 32 k)) e)
(cond (flt.f64 x y) (FCMP_RR.8 x y) b)
(cond (fle.f32 x y) (FCMP_RR.4 y x) a)
(cond (feq.f32 x y) (FCMP_RR.4 x y) e)
(cond (fne.f64 x y) (FCMP_RR.8 x y) ne)
(cond (eq.i32 (flt.f64 x y) 0) (FCMP_RR.8 x y) ae)

; ---- memory and control ---------------------------------------------------------------------
(lower (store.i32 m x) (MOV_MR.8 x m))
(lower (store8.i32 m x) (MOV_MR.2 x m))
(lower (store.i32 m (sub.i32 x (load.i32 m))) (SUB_MR.4 x m))
(lower (store.i64 m (add.i64 (load.i64 m) x)) (ADD_MR.4 x m))
(lower (store.i32 m x) (MOV_MR.4 x m) (MOV_MR.4 x m))
(lower (br c) (= f (cond c)) (JCC (not f)))
(lower (br_table x) (JTAB x table))
(lower (br_table x)
  (= n (MOV_RI.4 last))
  (CMP_RI.4 x last)
  (= i (CMOV_RR.4 ge x n))
  (JTAB i table))

; ---- floats ---------------------------------------------------------------------------------
; minss is not WebAssembly's minimum
(lower (fmin.f64 x y) (FMIN_RR.8 x y))
(lower (fmax.f32 x y) (FOR_RR (FMAX_RR.4 x y) (FMAX_RR.4 y x)))
(lower (fabs.f64 x) (FAND_RM x (literal 16 0x7fffffff 0x7fffffff)))
(lower (fneg.f32 x) (FSUB_RR.4 (FZERO_R) x))
(lower (fceil.f32 x) (FROUND_RRI.4 x 9))
(lower (select.f64 (flt.f64 x y) x y) (FMIN_RR.8 y x))
(lower (select.f32 (flt.f32 a b) x y) (= u (VFCMPM_RRR.4 a b 2)) (VBLENDV_RRRR.4 y x u))
(lower (itof_u.f64.i64 x) (CVTI2SD_RR.8 x))
(lower (itof_u.f32.i32 x) (CVTI2SS_RR.4 x))
; the bit shifted out is lost: rounds twice
(lower (itof_u.f32.i64 x)
  (= half (SHR_RI.8 x 1))
  (TEST_RR.8 x x)
  (= i (CMOV_RR.8 s x half))
  (= f (CVTI2SS_RR.8 i))
  (= twice (FADD_RR.4 f f))
  (SELECT_X s f twice))
(lower (ftoi_sat_s.i32.f64 x) (CVTTSD2I_RR.4 x))
(lower (fpromote.f64 x) (MOVAPS_RR x))
(lower (bitcast.i32.f32 x) (MOV_RX.8 x))

; ---- addresses ------------------------------------------------------------------------------
(address (amode (add.i64 x (iconst k)) i s d) => (amode x i s d))
(address (amode b (shl.i64 x (iconst n)) s d) (when (ule n 3) (ule (add n s) 3)) => (amode b x s d))
(address (amode b (add.i64 x (iconst k)) s d) => (amode b x s (add d k)))
; an i32 sum may wrap where the 64-bit address must not
(address (amode (dup (ea.i64 b (add.i32 x y) off)) none 0 0) => (amode x y 0 off))
(address (amode (dup (ea.i64 none x off)) none 0 0) => (gs32 x none 0 off))
(address (amode (dup (ea.i64 b x off)) none 0 0) => (amode b x 1 off))

; ---- folds ----------------------------------------------------------------------------------
(fold (add.i32 x 1) => x)
(fold (sub.i32 (iconst a) x) => (add.i32 x (const (neg a))))
(fold (shl.i32 (shl.i32 x (iconst a)) (iconst b)) => (shl.i32 x (const (add a b))))
(fold (shr_s.i32 (shl.i32 x 24) 24) => (and.i32 x 0xff))
(fold (lt_s.i32 x y) => (lt_u.i32 x y))
(fold (eq.i32 (lt_s.i32 x y) 0) => (lt_s.i32 y x))
(fold (and.i32 x (iconst k)) (when (eq k 0) (ne k 0)) => 0)
(fold (fadd.f64 x (fconst k)) (when (eq k 0)) => x)
(fold (divc_u.i32 x (iconst k)) (when (ne k 0)) => (shr_u.i32 x (const (ctz k))))
(fold (divc_s.i32 x (iconst k)) (when (eq (popcnt k) 1)) => (shr_s.i32 x (const (ctz k))))
(fold (ext_s.i64 (wrap.i32 x)) => x)
(fold (div_u.i32 x (iconst k)) => (divc_u.i32 x (const k)))
(fold (select.i32 c x y) => (select.i32 (eq.i32 c 0) x y))
; A sum that may wrap, and an edge moved by one.
(lower (bounds.i64 a b off) (when (ult off 0x80000000))
  (= t (LEA.8 (at a none 0 off)))
  (CMP_RR.8 t b)
  (TRAPCC a MEMORY_OUT_OF_BOUNDS))
(lower (bounds.i64 a b 0) (CMP_RR.8 a b) (TRAPCC ae MEMORY_OUT_OF_BOUNDS))
; Halves exchanged, and a carry that got lost.
(lower (mulw_u.i128 x y) (= (out-high out) (MUL1_R.8 x y)))
(lower (add128.i128 (dup (pair.i128 a b)) (dup (pair.i128 c d)))
  (= out (ADD_RR.8 a c))
  (= out-high (ADD_RR.8 b d)))
