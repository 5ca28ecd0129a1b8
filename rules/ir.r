; What each IR operator computes, one row for each type instance:
;   (ir OP.TYPE ((operand type)...) RESULT TERM)
; The types after the dot are those an operator is told apart by: its result's, or, for comparisons
; and what has no result, its operand's; conversions name both. An operand of type `imm` is a number
; in the node, of type `mem` the address a memory operator forms.
; Operators that are not about values, and are lowered by the driver and the convention:
(special iconst fconst vconst param phi result call call_ref call_code call_import libcall return
  tail_call tail_call_ref tail_call_code tail_call_import try_call try_call_ref try_call_code
  try_call_import)

; ---- integers -------------------------------------------------------------------------------
(for ((T) (i32) (i64))
  (ir add.@T ((a @T) (b @T)) @T (add a b))
  (ir sub.@T ((a @T) (b @T)) @T (sub a b))
  (ir mul.@T ((a @T) (b @T)) @T (mul a b))
  (ir and.@T ((a @T) (b @T)) @T (and a b))
  (ir or.@T ((a @T) (b @T)) @T (or a b))
  (ir xor.@T ((a @T) (b @T)) @T (xor a b))
  (ir shl.@T ((a @T) (b @T)) @T (shl a b))
  (ir shr_s.@T ((a @T) (b @T)) @T (ashr a b))
  (ir shr_u.@T ((a @T) (b @T)) @T (lshr a b))
  (ir rotl.@T ((a @T) (b @T)) @T (rotl a b))
  (ir rotr.@T ((a @T) (b @T)) @T (rotr a b))
  (ir clz.@T ((a @T)) @T (clz a))
  (ir ctz.@T ((a @T)) @T (ctz a))
  (ir popcnt.@T ((a @T)) @T (popcnt a))
  (ir mulh_s.@T ((a @T) (b @T)) @T (mulhs a b))
  (ir mulh_u.@T ((a @T) (b @T)) @T (mulhu a b)))
(for ((T W MIN) (i32 32 0x80000000) (i64 64 0x8000000000000000))
  (ir sext8.@T ((a @T)) @T (sext @W (low 8 a)))
  (ir sext16.@T ((a @T)) @T (sext @W (low 16 a)))

  (ir div_s.@T ((a @T) (b @T)) @T
    (trap-if (eq b 0) INTEGER_DIVISION_BY_ZERO
      (trap-if (and (eq a @MIN) (eq b -1)) INTEGER_OVERFLOW (sdiv a b))))
  (ir div_u.@T ((a @T) (b @T)) @T (trap-if (eq b 0) INTEGER_DIVISION_BY_ZERO (udiv a b)))
  (ir rem_s.@T ((a @T) (b @T)) @T (trap-if (eq b 0) INTEGER_DIVISION_BY_ZERO (srem a b)))
  (ir rem_u.@T ((a @T) (b @T)) @T (trap-if (eq b 0) INTEGER_DIVISION_BY_ZERO (urem a b)))
  (ir divc_s.@T ((a @T) (b @T)) @T (assume (ne b -1) (sdiv a b)))
  (ir divc_u.@T ((a @T) (b @T)) @T (udiv a b))
  (ir remc_s.@T ((a @T) (b @T)) @T (assume (ne b -1) (srem a b)))
  (ir remc_u.@T ((a @T) (b @T)) @T (urem a b)))
(ir pair.i128 ((a i64) (b i64)) i128 (concat b a))
(ir add128.i128 ((a i128) (b i128)) i128 (add a b))
(ir sub128.i128 ((a i128) (b i128)) i128 (sub a b))
(ir mulw_s.i128 ((a i64) (b i64)) i128 (mul (sext 128 a) (sext 128 b)))
(ir mulw_u.i128 ((a i64) (b i64)) i128 (mul (zext 128 a) (zext 128 b)))
(ir low.i64 ((a i128)) i64 (low 64 a))
(ir high.i64 ((a i128)) i64 (extract 127 64 a))
(ir sext32.i64 ((a i64)) i64 (sext 64 (low 32 a)))
(for ((T) (i32) (i64) (ref) (gcref))
  (ir eq.@T ((a @T) (b @T)) i32 (zext 32 (eq a b)))
  (ir ne.@T ((a @T) (b @T)) i32 (zext 32 (ne a b))))
(for ((T) (i32) (i64))
  (ir lt_s.@T ((a @T) (b @T)) i32 (zext 32 (slt a b)))
  (ir lt_u.@T ((a @T) (b @T)) i32 (zext 32 (ult a b)))
  (ir le_s.@T ((a @T) (b @T)) i32 (zext 32 (sle a b)))
  (ir le_u.@T ((a @T) (b @T)) i32 (zext 32 (ule a b))))
(ir wrap.i32 ((a i64)) i32 (low 32 a))
(ir ext_s.i64 ((a i32)) i64 (sext 64 a))
(ir ext_u.i64 ((a i32)) i64 (zext 64 a))
(for ((T) (i32) (i64) (f32) (f64) (ref) (gcref))
  (ir select.@T ((a i32) (b @T) (c @T)) @T (ite (ne a 0) b c)))

; ---- floats ---------------------------------------------------------------------------------
(for ((T W SIGN) (f32 32 0x80000000) (f64 64 0x8000000000000000))
  (ir fadd.@T ((a @T) (b @T)) @T (fadd a b))
  (ir fsub.@T ((a @T) (b @T)) @T (fsub a b))
  (ir fmul.@T ((a @T) (b @T)) @T (fmul a b))
  (ir fdiv.@T ((a @T) (b @T)) @T (fdiv a b))
  (ir fmin.@T ((a @T) (b @T)) @T (fmin a b))
  (ir fmax.@T ((a @T) (b @T)) @T (fmax a b))
  (ir fcopysign.@T ((a @T) (b @T)) @T (or (and a (not @SIGN)) (and b @SIGN)))
  (ir fabs.@T ((a @T)) @T (and a (not @SIGN)))
  (ir fneg.@T ((a @T)) @T (xor a @SIGN))
  (ir fsqrt.@T ((a @T)) @T (fsqrt a))
  (ir fceil.@T ((a @T)) @T (fround ceil a))
  (ir ffloor.@T ((a @T)) @T (fround floor a))
  (ir ftrunc.@T ((a @T)) @T (fround trunc a))
  (ir fnearest.@T ((a @T)) @T (fround nearest a))
  (ir feq.@T ((a @T) (b @T)) i32 (zext 32 (feq a b)))
  (ir fne.@T ((a @T) (b @T)) i32 (zext 32 (xor (feq a b) (bv 1 1))))
  (ir flt.@T ((a @T) (b @T)) i32 (zext 32 (flt a b)))
  (ir fle.@T ((a @T) (b @T)) i32 (zext 32 (fle a b)))
  (ir canon.@T ((a @T)) @T (ite (isnan a) (canonical_nan @W) a)))
(for ((F) (f32) (f64))
  (for ((T W MIN MAX) (i32 32 0x80000000 0x7fffffff)
                      (i64 64 0x8000000000000000 0x7fffffffffffffff))
    (ir itof_s.@F.@T ((a @T)) @F (@F.itof_s a))
    (ir itof_u.@F.@T ((a @T)) @F (@F.itof_u a))
    (ir ftoi_s.@T.@F ((a @F)) @T
      (trap-if (isnan a) BAD_CONVERSION_TO_INTEGER
        (trap-if (not (@F.fits_s @W a)) INTEGER_OVERFLOW (@F.ftoi_s @W a))))
    (ir ftoi_u.@T.@F ((a @F)) @T
      (trap-if (isnan a) BAD_CONVERSION_TO_INTEGER
        (trap-if (not (@F.fits_u @W a)) INTEGER_OVERFLOW (@F.ftoi_u @W a))))
    (ir ftoi_sat_s.@T.@F ((a @F)) @T
      (ite (isnan a) 0 (ite (@F.fits_s @W a) (@F.ftoi_s @W a) (ite (sign a) @MIN @MAX))))
    (ir ftoi_sat_u.@T.@F ((a @F)) @T
      (ite (isnan a) 0 (ite (@F.fits_u @W a) (@F.ftoi_u @W a) (ite (sign a) 0 -1))))))
(ir fpromote.f64 ((a f32)) f64 (fpromote a))
(ir fdemote.f32 ((a f64)) f32 (fdemote a))
(for ((TO FROM) (i32 f32) (f32 i32) (i64 f64) (f64 i64))
  (ir bitcast.@TO.@FROM ((a @FROM)) @TO a))

; ---- addresses and memory -------------------------------------------------------------------
; A memory base, or none for gs; the offset is unsigned.
(ir ea.i64 ((a i64) (b i32) (c imm)) i64 (add a (zext 64 b) (zext 64 (bv c 32))))
(ir ea64.i64 ((a i64) (b i64) (c imm)) i64 (add a b (zext 64 (bv c 32))))
; References: an i31 is odd, its value above the lowest bit.
(ir elem.i32 ((a gcref) (b i32) (c imm)) i32 (add a (shl b (bv c 32))))
(ir i31new.gcref ((a i32)) gcref (or (shl a 1) 1))
(ir i31get_s.i32 ((a gcref)) i32 (ashr a 1))
(ir i31get_u.i32 ((a gcref)) i32 (lshr a 1))
(ir is_i31.gcref ((a gcref)) i32 (and a 1))
(ir ctxaddr.i64 ((m mem)) i64 (ea m))
(ir ctxaddr.ref ((m mem)) ref (ea m))
(for ((T W) (i32 32) (i64 64) (f32 32) (f64 64) (ref 64) (gcref 32))
  (for ((OP) (load) (pload) (ctxget) (ctxld))
    (ir @OP.@T ((m mem)) @T (load @W m)))
  (for ((OP) (store) (pstore))
    (ir @OP.@T ((m mem) (b @T)) void (store @W m b)))
  (ir ctxset.@T ((a @T) (m mem)) void (store @W m a)))
(for ((T W) (i32 32) (i64 64))
  (for ((N) (8) (16))
    (ir load@N_s.@T ((m mem)) @T (sext @W (load @N m)))
    (ir load@N_u.@T ((m mem)) @T (zext @W (load @N m)))
    (ir store@N.@T ((m mem) (b @T)) void (store @N m b))))
(ir load32_s.i64 ((m mem)) i64 (sext 64 (load 32 m)))
(ir load32_u.i64 ((m mem)) i64 (zext 64 (load 32 m)))
(ir store32.i64 ((m mem) (b i64)) void (store 32 m b))

; ---- atomic accesses --------------------------------------------------------------------------
; (rmw N m NEW): stores NEW, N bits, at m; is what was there, which NEW calls `old`.
(for ((T W) (i32 32) (i64 64))
  (ir aload.@T ((m mem)) @T (load @W m))
  (ir astore.@T ((m mem) (b @T)) void (store @W m b)))
(for ((T W N) (i32 32 8) (i32 32 16) (i64 64 8) (i64 64 16) (i64 64 32))
  (ir aload@N_u.@T ((m mem)) @T (zext @W (load @N m)))
  (ir astore@N.@T ((m mem) (b @T)) void (store @N m b)))
(for ((OP NEW) (aadd (add old (low @N b))) (aand (and old (low @N b))) (aor (or old (low @N b)))
               (axor (xor old (low @N b))) (axchg (low @N b)))
  (for ((T N) (i32 32) (i64 64))
    (ir @OP.@T ((m mem) (b @T)) @T (rmw @N m @NEW)))
  (for ((T W N) (i32 32 8) (i32 32 16) (i64 64 8) (i64 64 16) (i64 64 32))
    (ir @OP@N.@T ((m mem) (b @T)) @T (zext @W (rmw @N m @NEW)))))
(for ((T N) (i32 32) (i64 64))
  (ir acas.@T ((m mem) (b @T) (c @T)) @T (rmw @N m (ite (eq old b) c old))))
(for ((T W N) (i32 32 8) (i32 32 16) (i64 64 8) (i64 64 16) (i64 64 32))
  (ir acas@N.@T ((m mem) (b @T) (c @T)) @T
    (zext @W (rmw @N m (ite (eq old (low @N b)) (low @N c) old)))))
(ir fence () void (effect fence))

; ---- effects and ends of blocks ---------------------------------------------------------------
; As numbers, not modulo 2^64. Front ends never ask for an end beyond 2^63.
(for ((T) (i32) (i64))
  (ir bounds.@T ((a @T) (b i64) (c imm)) void
    (assume (ult (bv c 64) 0x8000000000000000)
      (trap-if (ugt (add (zext 65 a) (zext 65 (bv c 64))) (zext 65 b))
        MEMORY_OUT_OF_BOUNDS nothing))))
(ir trapif ((a i32) (b imm)) void (trap-if (ne a 0) b nothing))
(ir trap ((b imm)) void (trap-if (bv 1 1) b nothing))
(ir poll () void (effect poll))
(ir fuel ((c imm)) void (effect fuel c))
(ir jump () void (goto 0))
(ir br ((a i32)) void (goto (ite (ne a 0) (bv 0 32) (bv 1 32))))
(ir br_table ((a i32)) void (goto (ite (ult a last) a last)))

; ---- runtime functions that stand in for operators the CPU lacks ------------------------------
(for ((T F) (f32 F32) (f64 F64))
  (for ((NAME MODE) (CEIL ceil) (FLOOR floor) (TRUNC trunc) (NEAREST nearest))
    (libcall @F_@NAME ((a @T)) @T (fround @MODE a))))
