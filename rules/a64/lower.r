; IR trees to AArch64 instructions, as far as a few operators; see rules/x64/lower.r.
; Operators without a rule: compiling a function that has one is refused by name.
(unsupported aload* astore* aadd* aand* aor* axor* axchg* acas* fence *128.* mulw_* elem.* i31*
  is_i31* div_* rem_* divc_* remc_* mulh_* clz.* ctz.* popcnt.* sext8.* sext16.* rotl.* f* itof_*
  bitcast.* canon.* select.f* br_table bounds.* ea64.* ctxaddr.* poll fuel load.f* store.f* pload.f*
  pstore.f* ctxget.f* ctxset.f* ctxld.f* eq.gcref ne.gcref select.gcref
  *.v128* v128_* i8x16_* i16x8_* i32x4_* i64x2_*)

; ---- addresses: base + index, or base + offset ------------------------------------------------
(address (amode b (iconst.i64 k) 0 d) => (amode b none 0 (add d k)))
(address (amode (add.i64 x (iconst k)) i s d) => (amode x i s (add d k)))
(address (amode (add.i64 x y) none 0 0) => (amode x y 0 0))
(address (amode (dup (ea.i64 b (iconst k) off)) none 0 0)
  (when (ult (add (zext 64 k) off) 0x80000000)) => (amode b none 0 (add (zext 64 k) off)))
(address (amode (dup (ea.i64 b x off)) none 0 0) (when (ult off 0x80000000)) => (amode b x 0 off))
(address (amode (dup (ea.i64 b x off)) none 0 0) => (wide b x 0 off))

; ---- constants, loads and stores --------------------------------------------------------------
(for ((T w) (i32 4) (i64 8) (ref 8) (gcref 4))
  (lower (iconst.@T k) (MOV_RI.@w k))
  (for ((OP) (load) (pload) (ctxget) (ctxld))
    (lower (@OP.@T m) (LDR.@w m)))
  (for ((OP) (store) (pstore))
    (lower (@OP.@T m x) (STR.@w x m)))
  (lower (ctxset.@T x m) (STR.@w x m)))
(for ((T w) (i32 4) (i64 8))
  (lower (load8_u.@T m) (LDRB.@w m))
  (lower (load16_u.@T m) (LDRH.@w m))
  (lower (load8_s.@T m) (LDRSB.@w m))
  (lower (load16_s.@T m) (LDRSH.@w m))
  (lower (store8.@T m x) (STR.1 x m))
  (lower (store16.@T m x) (STR.2 x m)))
(lower (load32_u.i64 m) (LDR.4 m))
(lower (load32_s.i64 m) (LDRSW m))
(lower (store32.i64 m x) (STR.4 x m))

; ---- integer arithmetic -----------------------------------------------------------------------
(for ((T w) (i32 4) (i64 8))
  (lower (add.@T x (iconst k)) (when (ult k 4096)) (ADD_RRI.@w x k))
  (lower (add.@T x (iconst k)) (when (ult (neg k) 4096)) (SUB_RRI.@w x (neg k)))
  (lower (sub.@T x (iconst k)) (when (ult k 4096)) (SUB_RRI.@w x k))
  (for ((OP INSN) (add ADD) (sub SUB) (mul MUL) (and AND) (or ORR) (xor EOR) (shl LSL) (shr_u LSR)
        (shr_s ASR) (rotr ROR))
    (lower (@OP.@T x y) (@INSN_RRR.@w x y))))
(lower (ext_s.i64 x) (SXTW_RR x))
(lower (sext32.i64 x) (SXTW_RR x))
(lower (wrap.i32 x) (ZEXT32_RR x))
(lower (ext_u.i64 x) (ZEXT32_RR x))

; ---- conditions -------------------------------------------------------------------------------
(for ((T w) (i32 4) (i64 8) (ref 8))
  (for ((OP CC) (eq e) (ne ne))
    (cond (@OP.@T x (iconst k)) (when (ult k 4096)) (CMP_RI.@w x k) @CC)
    (cond (@OP.@T x y) (CMP_RR.@w x y) @CC)
    (lower (@OP.@T x y) (= f (cond out)) (CSET f))))
(for ((T w) (i32 4) (i64 8))
  (for ((OP CC) (lt_s l) (lt_u b) (le_s le) (le_u be))
    (cond (@OP.@T x (iconst k)) (when (ult k 4096)) (CMP_RI.@w x k) @CC)
    (cond (@OP.@T x y) (CMP_RR.@w x y) @CC)
    (lower (@OP.@T x y) (= f (cond out)) (CSET f))))
(cond x (TST_RR.4 x x) ne)
(for ((T w) (i32 4) (i64 8) (ref 8))
  (lower (select.@T c x y) (= f (cond c)) (CSEL.@w f x y)))
(lower (br c) (= f (cond c)) (JCC f))
(lower (jump) (JMP))
(lower (trapif c code) (= f (cond c)) (TRAPCC f code))
(lower (trap code) (TRAP code))
