; x86-64 instructions: one row says what an instruction takes, how its bytes look, and what it
; computes. Read by tools/instgen.py (enum, encoder, operand checks) and tools/rulegen.py
; (selection).
;
; (args ...)   operands in RaInst order: uses, then a memory operand's base and index, temps, defs.
; (width ...)  values MInst.width may have; no width: MInst.width is ignored.
; (enc "TEMPLATE" (PLACE ARG)...)  one encoding; several are emitted one after the other.
;   prefixes   o: 66 if width is 2 · w: REX.W if width is 8 · W: always REX.W · 66 F2 F3 lock
;              sd: F3 if width is 4, F2 if 8 · pd: 66 if width is 8
;   map        0F 0F38 0F3A; vex128 vex256 evex128 before it choose the VEX or EVEX form, avx that
;              of 128 bits where the CPU has AVX: code for it is all VEX, and the upper halves of
;              registers are never left for a legacy instruction to merge with. Of such rows vvv
;              counts in the VEX form only, and ties (see insts_vector.r) in the legacy one.
;   opcode     two digits (x01 in a `for` row); b: minus 1 if width is 1 · +cc: plus MInst.cc ·
;              +r: plus register · +8: plus 1 if width is 8
;   modrm      /r, or /0../7 instead of a register
;   immediate  ib iw id iq: MInst.imm · iv: by width, at most 4 bytes · is: as iv, with the short
;              form of the 81 group where it fits · ic: MInst.cc as a byte · i1: D1 form for 1 ·
;              /is4: a register in the immediate · =HH constant
;   places     reg rm opc (register in the opcode) vvv is4; reg8 and rm8: a byte register
; (emit NAME)  no fixed bytes: emit.c has a function for it.
; (flags ...)  none | read | write | readwrite; write includes "leaves undefined".
; (effect ...) load store trap branch call barrier move (a register copy and nothing else).
;
; Conditions (MInst.cc) are the hardware's 0..15: o no b ae e ne be a s ns p np l ge le g, and two
; for comparisons of floats: 16 feq = e and np, 17 fne = ne or p.
; JCC, JMP and JTAB end a block and go to its successors: JCC to successor 0 if the condition
; holds, else to 1; their imm is not a target (JTAB's is the number of the jump table).
; Width 4 operations on general registers clear the upper half of the destination.

; ---- moves ----------------------------------------------------------------------------------
(insn MOV_RR (args (a use gpr) (d def gpr)) (width 4 8)
  (enc "w 89 /r" (reg a) (rm d)) (flags none) (fold (a MOV_RM)) (effect move) (sem (set d a)))
; The value's upper half may be anything: never dropped as a copy.
(insn ZEXT32_RR (args (a use gpr) (d def gpr))
  (enc "89 /r" (reg a) (rm d)) (flags none) (sem (set d (zext 64 (extract 31 0 a)))))
(insn MOV_RI (args (i imm64) (d def gpr)) (width 4 8)
  (emit mov_ri) (flags none) (sem (set d i)))
; The same, but free to change flags: xor.
(insn ZERO_R (args (d def gpr))
  (enc "31 /r" (reg d) (rm d)) (flags write) (sem (set d (const 0))))
(insn MOV_RM (args (m mem) (d def gpr)) (width 4 8)
  (enc "w 8B /r" (reg d) (rm m)) (flags none) (effect load) (sem (set d (load m))))
(insn MOV_MR (args (b use gpr) (m mem)) (width 1 2 4 8)
  (enc "o w b 89 /r" (reg b) (rm m)) (flags none) (effect store) (sem (store m b)))
(insn MOV_MI (args (m mem) (i imm32s)) (width 1 2 4 8)
  (enc "o w b C7 /0 iv" (rm m)) (flags none) (effect store) (sem (store m i)))
(for ((NAME OP RM TERM BITS)
      (MOVZX8 xB6 rm8 zext 8) (MOVZX16 xB7 rm zext 16)
      (MOVSX8 xBE rm8 sext 8) (MOVSX16 xBF rm sext 16))
  (insn @NAME_RR (args (a use gpr) (d def gpr)) (width 4 8)
    (enc "w 0F @OP /r" (reg d) (@RM a)) (flags none)
    (sem (set d (@TERM width (low @BITS a)))))
  (insn @NAME_RM (args (m mem) (d def gpr)) (width 4 8)
    (enc "w 0F @OP /r" (reg d) (rm m)) (flags none) (effect load)
    (sem (set d (@TERM width (load @BITS m))))))
(insn MOVSXD_RR (args (a use gpr slot-ok) (d def gpr))
  (enc "W 63 /r" (reg d) (rm a)) (flags none) (fold (a MOVSXD_RM))
  (sem (set d (sext 64 (low 32 a)))))
(insn MOVSXD_RM (args (m mem) (d def gpr))
  (enc "W 63 /r" (reg d) (rm m)) (flags none) (effect load)
  (sem (set d (sext 64 (load 32 m)))))
(insn LEA (args (m mem) (d def gpr)) (width 4 8)
  (enc "w 8D /r" (reg d) (rm m)) (flags none) (sem (set d (ea m))))
(insn XCHG_RR (args (a use gpr) (b use gpr) (x def gpr (tied a)) (y def gpr (tied b))) (width 4 8)
  (enc "w 87 /r" (reg a) (rm b)) (flags none) (sem (set x b) (set y a)))
(insn PUSH_R (args (a use gpr)) (enc "50 +r" (opc a)) (flags none) (effect store barrier))
(insn PUSH_M (args (m mem)) (enc "FF /6" (rm m)) (flags none) (effect load store barrier))
(insn PUSH_I (args (i imm32s)) (enc "68 id") (flags none) (effect store barrier))
(insn POP_R (args (d def gpr)) (enc "58 +r" (opc d)) (flags none) (effect load barrier))

; ---- integer arithmetic ---------------------------------------------------------------------
; OP is the form r/m, r; OPM the form r, r/m.
(for ((NAME OP OPM DIGIT TERM)
      (ADD x01 x03 0 add) (OR x09 x0B 1 or) (AND x21 x23 4 and) (SUB x29 x2B 5 sub)
      (XOR x31 x33 6 xor))
  (insn @NAME_RR (args (a use gpr) (b use gpr slot-ok) (d def gpr (tied a))) (width 4 8)
    (enc "w @OP /r" (reg b) (rm a)) (flags write) (fold (b @NAME_RM))
    (sem (set d (@TERM a b)) (alu @TERM a b)))
  (insn @NAME_RM (args (a use gpr) (m mem) (d def gpr (tied a))) (width 4 8)
    (enc "w @OPM /r" (reg a) (rm m)) (flags write) (effect load)
    (sem (set d (@TERM a (load m))) (alu @TERM a (load m))))
  (insn @NAME_RI (args (a use gpr) (i imm32s) (d def gpr (tied a))) (width 4 8)
    (enc "w 81 /@DIGIT is" (rm a)) (flags write)
    (sem (set d (@TERM a i)) (alu @TERM a i)))
  (insn @NAME_MR (args (b use gpr) (m mem)) (width 1 2 4 8)
    (enc "o w b @OP /r" (reg b) (rm m)) (flags write) (effect load store)
    (sem (store m (@TERM (load m) b))))
  (insn @NAME_MI (args (m mem) (i imm32s)) (width 1 2 4 8)
    (enc "o w b 81 /@DIGIT is" (rm m)) (flags write) (effect load store)
    (sem (store m (@TERM (load m) i))))
  (insn LOCK_@NAME_MR (args (b use gpr) (m mem)) (width 1 2 4 8)
    (enc "lock o w b @OP /r" (reg b) (rm m)) (flags write) (effect load store barrier)
    (sem (store m (@TERM (load m) b)))))
; With carry: the flag comes from the instruction before, which must be next to it.
(for ((NAME OP OPM DIGIT TERM) (ADC x11 x13 2 add) (SBB x19 x1B 3 sub))
  (insn @NAME_RR (args (a use gpr) (b use gpr slot-ok) (d def gpr (tied a))) (width 4 8)
    (enc "w @OP /r" (reg b) (rm a)) (flags readwrite) (fold (b @NAME_RM))
    (sem (set d (@TERM (@TERM a b) (zext width (cond b))))))
  (insn @NAME_RM (args (a use gpr) (m mem) (d def gpr (tied a))) (width 4 8)
    (enc "w @OPM /r" (reg a) (rm m)) (flags readwrite) (effect load)
    (sem (set d (@TERM (@TERM a (load m)) (zext width (cond b))))))
  (insn @NAME_RI (args (a use gpr) (i imm32s) (d def gpr (tied a))) (width 4 8)
    (enc "w 81 /@DIGIT is" (rm a)) (flags readwrite)
    (sem (set d (@TERM (@TERM a i) (zext width (cond b)))))))
(insn CMP_RR (args (a use gpr) (b use gpr slot-ok)) (width 4 8)
  (enc "w 39 /r" (reg b) (rm a)) (flags write) (fold (b CMP_RM)) (sem (cmp a b)))
(insn CMP_RM (args (a use gpr) (m mem)) (width 4 8)
  (enc "w 3B /r" (reg a) (rm m)) (flags write) (effect load) (sem (cmp a (load m))))
(insn CMP_RI (args (a use gpr slot-ok) (i imm32s)) (width 4 8)
  (enc "w 81 /7 is" (rm a)) (flags write) (fold (a CMP_MI)) (sem (cmp a i)))
(insn CMP_MR (args (b use gpr) (m mem)) (width 1 2 4 8)
  (enc "o w b 39 /r" (reg b) (rm m)) (flags write) (effect load) (sem (cmp (load m) b)))
(insn CMP_MI (args (m mem) (i imm32s)) (width 1 2 4 8)
  (enc "o w b 81 /7 is" (rm m)) (flags write) (effect load) (sem (cmp (load m) i)))
(insn TEST_RR (args (a use gpr) (b use gpr)) (width 4 8)
  (enc "w 85 /r" (reg b) (rm a)) (flags write) (sem (test a b)))
(insn TEST_RI (args (a use gpr slot-ok) (i imm32s)) (width 4 8)
  (enc "w F7 /0 iv" (rm a)) (flags write) (fold (a TEST_MI)) (sem (test a i)))
(insn TEST_MR (args (b use gpr) (m mem)) (width 1 2 4 8)
  (enc "o w b 85 /r" (reg b) (rm m)) (flags write) (effect load) (sem (test (load m) b)))
(insn TEST_MI (args (m mem) (i imm32s)) (width 1 2 4 8)
  (enc "o w b F7 /0 iv" (rm m)) (flags write) (effect load) (sem (test (load m) i)))
(insn NEG_R (args (a use gpr) (d def gpr (tied a))) (width 4 8)
  (enc "w F7 /3" (rm a)) (flags write) (sem (set d (neg a))))
(insn NOT_R (args (a use gpr) (d def gpr (tied a))) (width 4 8)
  (enc "w F7 /2" (rm a)) (flags none) (sem (set d (not a))))
(insn NEG_M (args (m mem)) (width 1 2 4 8)
  (enc "o w b F7 /3" (rm m)) (flags write) (effect load store) (sem (store m (neg (load m)))))
(insn NOT_M (args (m mem)) (width 1 2 4 8)
  (enc "o w b F7 /2" (rm m)) (flags none) (effect load store) (sem (store m (not (load m)))))

; ---- multiply and divide --------------------------------------------------------------------
(insn IMUL_RR (args (a use gpr) (b use gpr slot-ok) (d def gpr (tied a))) (width 4 8)
  (enc "w 0F AF /r" (reg a) (rm b)) (flags write) (fold (b IMUL_RM)) (sem (set d (mul a b))))
(insn IMUL_RM (args (a use gpr) (m mem) (d def gpr (tied a))) (width 4 8)
  (enc "w 0F AF /r" (reg a) (rm m)) (flags write) (effect load) (sem (set d (mul a (load m)))))
(insn IMUL_RRI (args (a use gpr slot-ok) (i imm32s) (d def gpr)) (width 4 8)
  (enc "w 69 /r is" (reg d) (rm a)) (flags write) (fold (a IMUL_RMI)) (sem (set d (mul a i))))
(insn IMUL_RMI (args (m mem) (i imm32s) (d def gpr)) (width 4 8)
  (enc "w 69 /r is" (reg d) (rm m)) (flags write) (effect load) (sem (set d (mul (load m) i))))
(for ((NAME DIGIT HIGH) (MUL1 4 mulhu) (IMUL1 5 mulhs))
  (insn @NAME_R (args (a use gpr (fixed rax)) (b use gpr slot-ok)
                      (lo def gpr (fixed rax)) (hi def gpr (fixed rdx))) (width 4 8)
    (enc "w F7 /@DIGIT" (rm b)) (flags write) (fold (b @NAME_M))
    (sem (set lo (mul a b)) (set hi (@HIGH a b))))
  (insn @NAME_M (args (a use gpr (fixed rax)) (m mem)
                      (lo def gpr (fixed rax)) (hi def gpr (fixed rdx))) (width 4 8)
    (enc "w F7 /@DIGIT" (rm m)) (flags write) (effect load)
    (sem (set lo (mul a (load m))) (set hi (@HIGH a (load m))))))
; Divide hi:lo. The rules make hi the extension of lo and exclude what faults, so the meaning here
; is that of the single word; the self-test follows them.
(for ((NAME DIGIT QUOT REM) (DIV 6 udiv urem) (IDIV 7 sdiv srem))
  (insn @NAME_R (args (lo use gpr (fixed rax)) (hi use gpr (fixed rdx)) (b use gpr slot-ok)
                      (q def gpr (fixed rax)) (r def gpr (fixed rdx))) (width 4 8)
    (enc "w F7 /@DIGIT" (rm b)) (flags write) (fold (b @NAME_M))
    (sem (set q (@QUOT lo b)) (set r (@REM lo b))))
  (insn @NAME_M (args (lo use gpr (fixed rax)) (hi use gpr (fixed rdx)) (m mem)
                      (q def gpr (fixed rax)) (r def gpr (fixed rdx))) (width 4 8)
    (enc "w F7 /@DIGIT" (rm m)) (flags write) (effect load)
    (sem (set q (@QUOT lo (load m))) (set r (@REM lo (load m))))))
; cdq, cqo
(insn SIGN_HI (args (a use gpr (fixed rax)) (d def gpr (fixed rdx))) (width 4 8)
  (enc "w 99") (flags none) (sem (set d (ashr a (const -1)))))

; ---- shifts and rotates ---------------------------------------------------------------------
(for ((NAME DIGIT TERM) (ROL 0 rotl) (ROR 1 rotr) (SHL 4 shl) (SHR 5 lshr) (SAR 7 ashr))
  (insn @NAME_RI (args (a use gpr) (i imm8u) (d def gpr (tied a))) (width 4 8)
    (enc "w C1 /@DIGIT i1" (rm a)) (flags write) (sem (set d (@TERM a i))))
  (insn @NAME_RC (args (a use gpr) (n use gpr (fixed rcx)) (d def gpr (tied a))) (width 4 8)
    (enc "w D3 /@DIGIT" (rm a)) (flags write) (sem (set d (@TERM a n))))
  (insn @NAME_MI (args (m mem) (i imm8u)) (width 4 8)
    (enc "w C1 /@DIGIT i1" (rm m)) (flags write) (effect load store)
    (sem (store m (@TERM (load m) i))))
  (insn @NAME_MC (args (n use gpr (fixed rcx)) (m mem)) (width 4 8)
    (enc "w D3 /@DIGIT" (rm m)) (flags write) (effect load store)
    (sem (store m (@TERM (load m) n)))))
(for ((NAME PP TERM) (SHLX 66 shl) (SARX F3 ashr) (SHRX F2 lshr))
  (insn @NAME_RRR (args (a use gpr slot-ok) (n use gpr) (d def gpr)) (width 4 8)
    (enc "vex128 w @PP 0F38 F7 /r" (reg d) (rm a) (vvv n)) (flags none) (fold (a @NAME_RMR))
    (cpu bmi2) (sem (set d (@TERM a n))))
  (insn @NAME_RMR (args (n use gpr) (m mem) (d def gpr)) (width 4 8)
    (enc "vex128 w @PP 0F38 F7 /r" (reg d) (rm m) (vvv n)) (flags none) (effect load)
    (cpu bmi2) (sem (set d (@TERM (load m) n)))))
(insn RORX_RRI (args (a use gpr slot-ok) (i imm8u) (d def gpr)) (width 4 8)
  (enc "vex128 w F2 0F3A F0 /r ib" (reg d) (rm a)) (flags none) (fold (a RORX_RMI)) (cpu bmi2)
  (sem (set d (rotr a i))))
(insn RORX_RMI (args (m mem) (i imm8u) (d def gpr)) (width 4 8)
  (enc "vex128 w F2 0F3A F0 /r ib" (reg d) (rm m)) (flags none) (effect load) (cpu bmi2)
  (sem (set d (rotr (load m) i))))

; ---- bits -----------------------------------------------------------------------------------
(insn MULX_RR (args (a use gpr (fixed rdx)) (b use gpr slot-ok) (lo def gpr) (hi def gpr))
  (width 4 8) (enc "vex128 w F2 0F38 F6 /r" (reg hi) (rm b) (vvv lo)) (flags none)
  (fold (b MULX_RM)) (cpu bmi2) (sem (set lo (mul a b)) (set hi (mulhu a b))))
(insn MULX_RM (args (a use gpr (fixed rdx)) (m mem) (lo def gpr) (hi def gpr))
  (width 4 8) (enc "vex128 w F2 0F38 F6 /r" (reg hi) (rm m) (vvv lo)) (flags none)
  (effect load) (cpu bmi2) (sem (set lo (mul a (load m))) (set hi (mulhu a (load m)))))
(insn ANDN_RRR (args (a use gpr) (b use gpr slot-ok) (d def gpr)) (width 4 8)
  (enc "vex128 w 0F38 F2 /r" (reg d) (rm b) (vvv a)) (flags write) (fold (b ANDN_RRM)) (cpu bmi1)
  (sem (set d (and (not a) b))))
(insn ANDN_RRM (args (a use gpr) (m mem) (d def gpr)) (width 4 8)
  (enc "vex128 w 0F38 F2 /r" (reg d) (rm m) (vvv a)) (flags write) (effect load) (cpu bmi1)
  (sem (set d (and (not a) (load m)))))
(for ((NAME DIGIT TERM X)
      (BLSR 1 and (sub a (const 1))) (BLSMSK 2 xor (sub a (const 1))) (BLSI 3 and (neg a)))
  (insn @NAME_RR (args (a use gpr slot-ok) (d def gpr)) (width 4 8)
    (enc "vex128 w 0F38 F3 /@DIGIT" (rm a) (vvv d)) (flags write) (fold (a @NAME_RM)) (cpu bmi1)
    (sem (set d (@TERM a @X)))))
(for ((NAME DIGIT TERM X)
      (BLSR 1 and (sub (load m) (const 1))) (BLSMSK 2 xor (sub (load m) (const 1)))
      (BLSI 3 and (neg (load m))))
  (insn @NAME_RM (args (m mem) (d def gpr)) (width 4 8)
    (enc "vex128 w 0F38 F3 /@DIGIT" (rm m) (vvv d)) (flags write) (effect load) (cpu bmi1)
    (sem (set d (@TERM (load m) @X)))))
(for ((NAME OP CPU TERM) (LZCNT xBD lzcnt clz) (TZCNT xBC bmi1 ctz) (POPCNT xB8 popcnt popcnt))
  (insn @NAME_RR (args (a use gpr slot-ok) (d def gpr)) (width 4 8)
    (enc "F3 w 0F @OP /r" (reg d) (rm a)) (flags write) (fold (a @NAME_RM)) (cpu @CPU)
    (sem (set d (@TERM a))))
  (insn @NAME_RM (args (m mem) (d def gpr)) (width 4 8)
    (enc "F3 w 0F @OP /r" (reg d) (rm m)) (flags write) (effect load) (cpu @CPU)
    (sem (set d (@TERM (load m))))))
; For 0 the destination keeps its value, on all CPUs that ever were, so it is an operand.
(insn BSR_RR (args (a use gpr) (b use gpr slot-ok) (d def gpr (tied a))) (width 4 8)
  (enc "w 0F BD /r" (reg a) (rm b)) (flags write) (fold (b BSR_RM))
  (sem (set d (ite (eq b 0) a (sub width 1 (clz b))))))
(insn BSR_RM (args (a use gpr) (m mem) (d def gpr (tied a))) (width 4 8)
  (enc "w 0F BD /r" (reg a) (rm m)) (flags write) (effect load)
  (sem (set d (ite (eq (load m) 0) a (sub width 1 (clz (load m)))))))
(insn BSF_RR (args (a use gpr) (b use gpr slot-ok) (d def gpr (tied a))) (width 4 8)
  (enc "w 0F BC /r" (reg a) (rm b)) (flags write) (fold (b BSF_RM))
  (sem (set d (ite (eq b 0) a (ctz b)))))
(insn BSF_RM (args (a use gpr) (m mem) (d def gpr (tied a))) (width 4 8)
  (enc "w 0F BC /r" (reg a) (rm m)) (flags write) (effect load)
  (sem (set d (ite (eq (load m) 0) a (ctz (load m))))))
(insn BSWAP_R (args (a use gpr) (d def gpr (tied a))) (width 4 8)
  (enc "w 0F C8 +r" (opc a)) (flags none)
  (sem (set d (bswap a))))
; Carry becomes bit b (modulo the width) of a.
(insn BT_RR (args (a use gpr) (b use gpr)) (width 4 8)
  (enc "w 0F A3 /r" (reg b) (rm a)) (flags write) (sem (bt a b)))
(insn BT_RI (args (a use gpr slot-ok) (i imm8u)) (width 4 8)
  (enc "w 0F BA /4 ib" (rm a)) (flags write) (fold (a BT_MI)) (sem (bt a i)))
(insn BT_MI (args (m mem) (i imm8u)) (width 4 8)
  (enc "w 0F BA /4 ib" (rm m)) (flags write) (effect load) (sem (bt (load m) i)))
(for ((NAME OP DIGIT TERM X)
      (BTS xAB 5 or (shl (const 1) b)) (BTR xB3 6 and (not (shl (const 1) b)))
      (BTC xBB 7 xor (shl (const 1) b)))
  (insn @NAME_RR (args (a use gpr) (b use gpr) (d def gpr (tied a))) (width 4 8)
    (enc "w 0F @OP /r" (reg b) (rm a)) (flags write) (sem (set d (@TERM a @X)))))
(for ((NAME DIGIT TERM X) (BTS 5 or (shl (const 1) i)) (BTR 6 and (not (shl (const 1) i)))
      (BTC 7 xor (shl (const 1) i)))
  (insn @NAME_RI (args (a use gpr) (i imm8u) (d def gpr (tied a))) (width 4 8)
    (enc "w 0F BA /@DIGIT ib" (rm a)) (flags write) (sem (set d (@TERM a @X)))))

; ---- conditions -----------------------------------------------------------------------------
; 0 or 1, the whole register.
(insn SETCC (args (c cc) (d def gpr))
  (enc "0F 90 +cc /0" (rm8 d)) (enc "0F B6 /r" (reg d) (rm8 d)) (flags read)
  (sem (set d (cond c))))
; For the conditions feq and fne.
(insn SETFCC (args (c cc) (t temp gpr) (d def gpr))
  (emit setfcc) (flags readwrite) (sem (set d (cond c))))
(insn CMOV_RR (args (c cc) (a use gpr) (b use gpr slot-ok) (d def gpr (tied a))) (width 4 8)
  (emit cmov) (flags read) (fold (b CMOV_RM)) (sem (set d (ite (cond c) b a))))
; The load happens whatever the condition says.
(insn CMOV_RM (args (c cc) (a use gpr) (m mem) (d def gpr (tied a))) (width 4 8)
  (emit cmov) (flags read) (effect load) (sem (set d (ite (cond c) (load m) a))))
; d = condition ? b : a for vector registers: a branch over a move.
(insn SELECT_X (args (c cc) (a use vec) (b use-late vec) (d def vec (tied a)))
  (emit select_x) (flags read) (sem (set d (ite (cond c) b a))))

; ---- control --------------------------------------------------------------------------------
(insn JMP (args (t block)) (emit jmp) (flags none) (effect branch))
(insn JCC (args (c cc) (t block)) (emit jcc) (flags read) (effect branch))
; x must be below the length of table number imm: it is not checked here.
(insn JTAB (args (x use gpr) (i imm32) (t temp gpr) (u temp gpr)) (emit jtab) (flags none)
  (effect branch))
(insn TRAPCC (args (c cc) (i imm32)) (emit trapcc) (flags read) (effect trap))
(insn TRAP (args (i imm32)) (emit trap) (flags none) (effect trap branch))
(insn RET (args) (emit ret) (flags none) (effect branch))
; Calls: uses and defs are the convention's (abi.c). disp: bytes of stack arguments, which the
; callee pops.
(insn CALL (args (f func)) (emit call) (flags write) (effect call))
; The record is the first use, in r11.
(insn CALL_REF (args (r use gpr (fixed r11))) (emit call_ref) (flags write) (effect call))
(insn CALL_CODE (args (r use gpr (fixed r11))) (emit call_code) (flags write) (effect call))
; imm: offset in the context of the pointer to the record.
(insn CALL_IMPORT (args (i imm32)) (emit call_import) (flags write) (effect call))
; imm: VmLibcall.
(insn CALL_LIB (args (i imm32)) (emit call_lib) (flags write) (effect call))
; Calls EPOCH if the engine's epoch reached the store's deadline; takes imm units of fuel and calls
; OUT_OF_FUEL if none are left. Both calls keep all registers.
(insn POLL (args (t temp gpr) (u temp gpr)) (emit poll) (flags write) (effect call))
(insn FUEL (args (i imm32s) (t temp gpr)) (emit fuel) (flags write) (effect call))
(insn TAIL (args (f func)) (emit tail) (flags write) (effect call branch))
(insn TAIL_REF (args (r use gpr (fixed r11))) (emit tail_ref) (flags write) (effect call branch))
(insn TAIL_CODE (args (r use gpr (fixed r11))) (emit tail_code) (flags write) (effect call branch))
(insn TAIL_IMPORT (args (i imm32)) (emit tail_import) (flags write) (effect call branch))
; Defines the parameters that come in registers.
(insn ENTRY (args) (emit none) (flags none))
(insn NOP (args) (enc "90") (flags none))

; ---- pieces of stubs and of other rows: never selected ----------------------------------------
(insn SET8 (args (c cc) (d def gpr)) (enc "0F 90 +cc /0" (rm8 d)) (flags read))
(insn CMOV1_RR (args (c cc) (a use gpr) (b use gpr) (d def gpr (tied a))) (width 4 8)
  (enc "w 0F 40 +cc /r" (reg a) (rm b)) (flags read))
(insn CMOV1_RM (args (c cc) (a use gpr) (m mem) (d def gpr (tied a))) (width 4 8)
  (enc "w 0F 40 +cc /r" (reg a) (rm m)) (flags read) (effect load))
(insn CALL_R (args (a use gpr)) (enc "FF /2" (rm a)) (flags write) (effect call))
(insn CALL_M (args (m mem)) (enc "FF /2" (rm m)) (flags write) (effect call))
(insn JMP_R (args (a use gpr)) (enc "FF /4" (rm a)) (flags none) (effect branch))
(insn JMP_M (args (m mem)) (enc "FF /4" (rm m)) (flags none) (effect branch))
(insn RET_PLAIN (args) (enc "C3") (flags none) (effect branch))
(insn RET_POP (args (i imm32)) (enc "C2 iw") (flags none) (effect branch))
(insn RDGSBASE (args (d def gpr)) (enc "F3 W 0F AE /1" (rm d)) (flags none) (cpu fsgsbase))
(insn WRGSBASE (args (a use gpr)) (enc "F3 W 0F AE /3" (rm a)) (flags none) (effect barrier)
  (cpu fsgsbase))

; ---- scalar floats: width 4 is f32, 8 is f64 --------------------------------------------------
(insn MOVAPS_RR (args (a use vec) (d def vec)) (enc "avx 0F 28 /r" (reg d) (rm a)) (flags none)
  (effect move) (sem (set d a)))
(insn FMOV_RM (args (m mem) (d def vec)) (width 4 8)
  (enc "avx sd 0F 10 /r" (reg d) (rm m)) (flags none) (effect load)
  (sem (set d (zext 128 (load m)))))
(insn FMOV_MR (args (b use vec) (m mem)) (width 4 8)
  (enc "avx sd 0F 11 /r" (reg b) (rm m)) (flags none) (effect store) (sem (store m b)))
(insn MOVUPS_RM (args (m mem) (d def vec)) (width 16)
  (enc "avx 0F 10 /r" (reg d) (rm m)) (flags none) (effect load) (sem (set d (load m))))
(insn MOVUPS_MR (args (b use vec) (m mem)) (width 16)
  (enc "avx 0F 11 /r" (reg b) (rm m)) (flags none) (effect store) (sem (store m b)))
(insn FZERO_R (args (d def vec)) (enc "avx 0F 57 /r" (reg d) (rm d) (vvv d)) (flags none)
  (sem (set d (const 0))))
; Bits between the register classes.
(insn MOV_XR (args (a use gpr slot-ok) (d def vec)) (width 4 8)
  (enc "avx 66 w 0F 6E /r" (reg d) (rm a)) (flags none) (fold (a FMOV_RM))
  (sem (set d (zext 128 (low width a)))))
(insn MOV_RX (args (a use vec slot-ok) (d def gpr)) (width 4 8)
  (enc "avx 66 w 0F 7E /r" (reg a) (rm d)) (flags none) (fold (a MOV_RM)) (sem (set d a)))
(for ((NAME OP TERM) (FADD x58 fadd) (FMUL x59 fmul) (FSUB x5C fsub) (FDIV x5E fdiv)
      (FMIN x5D x86min) (FMAX x5F x86max))
  (insn @NAME_RR (args (a use vec) (b use vec slot-ok) (d def vec (tied a))) (width 4 8)
    (enc "avx sd 0F @OP /r" (reg d) (rm b) (vvv a)) (flags none) (fold (b @NAME_RM))
    (sem (set d (@TERM a b))))
  (insn @NAME_RM (args (a use vec) (m mem) (d def vec (tied a))) (width 4 8)
    (enc "avx sd 0F @OP /r" (reg d) (rm m) (vvv a)) (flags none) (effect load)
    (sem (set d (@TERM a (load m))))))
; The legacy forms keep the destination's upper part, so the result is tied to the source where
; there is one, and cleared first where it is memory: else each would wait for an unrelated value.
(insn FSQRT_RR (args (a use vec) (d def vec (tied a))) (width 4 8)
  (enc "avx sd 0F 51 /r" (reg d) (rm a) (vvv a)) (flags none) (sem (set d (fsqrt a))))
(insn FSQRT_RM (args (m mem) (d def vec)) (width 4 8)
  (enc "avx 0F 57 /r" (reg d) (rm d) (vvv d)) (enc "avx sd 0F 51 /r" (reg d) (rm m) (vvv d))
  (flags none) (effect load)
  (sem (set d (fsqrt (load m)))))
; imm: 0 nearest, 1 down, 2 up, 3 to zero, plus 8: no precision exception.
(insn FROUND_RRI (args (a use vec) (i imm8u) (d def vec (tied a))) (width 4 8)
  (enc "avx 66 0F3A 0A +8 /r ib" (reg d) (rm a) (vvv a)) (flags none) (cpu sse41)
  (sem (set d (fround i a))))
(insn FCMP_RR (args (a use vec) (b use vec slot-ok)) (width 4 8)
  (enc "avx pd 0F 2E /r" (reg a) (rm b)) (flags write) (fold (b FCMP_RM)) (sem (fcmp a b)))
(insn FCMP_RM (args (a use vec) (m mem)) (width 4 8)
  (enc "avx pd 0F 2E /r" (reg a) (rm m)) (flags write) (effect load) (sem (fcmp a (load m))))
; All ones or zero. cc: 0 eq 1 lt 2 le 3 unordered 4 neq 5 nlt 6 nle 7 ordered
(insn FCMPM_RR (args (a use vec) (b use vec slot-ok) (c cc) (d def vec (tied a))) (width 4 8)
  (enc "avx sd 0F C2 /r ic" (reg d) (rm b) (vvv a)) (flags none) (fold (b FCMPM_RM))
  (sem (set d (fcmpmask c a b))))
(insn FCMPM_RM (args (a use vec) (m mem) (c cc) (d def vec (tied a))) (width 4 8)
  (enc "avx sd 0F C2 /r ic" (reg d) (rm m) (vvv a)) (flags none) (effect load)
  (sem (set d (fcmpmask c a (load m)))))
; Whole-register logic. Memory is 16 aligned bytes: a literal.
(for ((NAME OP TERM A) (FAND x54 and a) (FANDN x55 and (not a)) (FOR x56 or a) (FXOR x57 xor a))
  (insn @NAME_RR (args (a use vec) (b use vec) (d def vec (tied a)))
    (enc "avx 0F @OP /r" (reg d) (rm b) (vvv a)) (flags none) (sem (set d (@TERM @A b))))
  (insn @NAME_RM (args (a use vec) (m mem) (d def vec (tied a)))
    (enc "avx 0F @OP /r" (reg d) (rm m) (vvv a)) (flags none) (effect load)
    (sem (set d (@TERM @A (load m))))))
; d = sign bit of c set ? b : a
(insn VBLENDV_RRRR (args (a use vec) (b use vec) (c use vec) (d def vec)) (width 4 8)
  (enc "vex128 66 0F3A 4A +8 /r /is4" (reg d) (rm b) (vvv a) (is4 c)) (flags none) (cpu avx)
  (sem (set d (ite (sign c) b a))))
; All ones: the start of many constants.
(insn PONES_R (args (d def vec)) (enc "avx 66 0F 76 /r" (reg d) (rm d) (vvv d)) (flags none)
  (sem (set d (const -1))))

; ---- conversions ----------------------------------------------------------------------------
; width: the integer's. The destination is cleared first: the instruction would wait for it.
(for ((NAME PP TERM) (CVTI2SS F3 f32.itof_s) (CVTI2SD F2 f64.itof_s))
  (insn @NAME_RR (args (a use gpr slot-ok) (d def vec)) (width 4 8)
    (enc "avx 0F 57 /r" (reg d) (rm d) (vvv d))
    (enc "avx @PP w 0F 2A /r" (reg d) (rm a) (vvv d)) (flags none)
    (fold (a @NAME_RM)) (sem (set d (@TERM a))))
  (insn @NAME_RM (args (m mem) (d def vec)) (width 4 8)
    (enc "avx 0F 57 /r" (reg d) (rm d) (vvv d))
    (enc "avx @PP w 0F 2A /r" (reg d) (rm m) (vvv d)) (flags none)
    (effect load) (sem (set d (@TERM (load m))))))
; Truncation; what does not fit gives the smallest integer.
(for ((NAME PP TERM) (CVTTSS2I F3 f32.cvtt) (CVTTSD2I F2 f64.cvtt))
  (insn @NAME_RR (args (a use vec slot-ok) (d def gpr)) (width 4 8)
    (enc "avx @PP w 0F 2C /r" (reg d) (rm a)) (flags none) (fold (a @NAME_RM))
    (sem (set d (@TERM a))))
  (insn @NAME_RM (args (m mem) (d def gpr)) (width 4 8)
    (enc "avx @PP w 0F 2C /r" (reg d) (rm m)) (flags none) (effect load)
    (sem (set d (@TERM (load m))))))
(for ((NAME PP TERM) (CVTSS2SD F3 fpromote) (CVTSD2SS F2 fdemote))
  (insn @NAME_RR (args (a use vec) (d def vec (tied a)))
    (enc "avx @PP 0F 5A /r" (reg d) (rm a) (vvv a)) (flags none) (sem (set d (@TERM a))))
  (insn @NAME_RM (args (m mem) (d def vec))
    (enc "avx 0F 57 /r" (reg d) (rm d) (vvv d)) (enc "avx @PP 0F 5A /r" (reg d) (rm m) (vvv d))
    (flags none) (effect load) (sem (set d (@TERM (load m))))))
; Unsigned forms; what does not fit gives all ones.
(for ((NAME PP TERM) (VCVTU2SS F3 f32.itof_u) (VCVTU2SD F2 f64.itof_u))
  (insn @NAME_RR (args (a use gpr) (d def vec)) (width 4 8)
    (enc "avx 0F 57 /r" (reg d) (rm d) (vvv d))
    (enc "evex128 w @PP 0F 7B /r" (reg d) (rm a) (vvv d))
    (flags none) (cpu avx512f) (sem (set d (@TERM a)))))
(for ((NAME PP TERM) (VCVTTSS2U F3 f32.cvttu) (VCVTTSD2U F2 f64.cvttu))
  (insn @NAME_RR (args (a use vec) (d def gpr)) (width 4 8)
    (enc "evex128 w @PP 0F 78 /r" (reg d) (rm a)) (flags none) (cpu avx512f)
    (sem (set d (@TERM a)))))

; ---- atomics --------------------------------------------------------------------------------
; What is read into 8 or 16 bits of a register leaves the rest of it alone: (merge OLD NEW).
(insn MFENCE (args) (enc "0F AE =F0") (flags none) (effect barrier))
(insn XCHG_MR (args (b use gpr) (m mem) (d def gpr (tied b))) (width 1 2 4 8)
  (enc "o w b 87 /r" (reg b) (rm m)) (flags none) (effect load store barrier)
  (sem (set d (merge b (load m))) (store m b)))
(insn LOCK_XADD_MR (args (b use gpr) (m mem) (d def gpr (tied b))) (width 1 2 4 8)
  (enc "lock o w 0F b C1 /r" (reg b) (rm m)) (flags write) (effect load store barrier)
  (sem (set d (merge b (load m))) (store m (add (load m) b)) (alu add (load m) b)))
; Where memory is a, rax is not written: its upper half stays in width 4 too.
(insn LOCK_CMPXCHG_MR (args (a use gpr (fixed rax)) (b use-late gpr) (m mem)
                            (d def gpr (fixed rax))) (width 1 2 4 8)
  (enc "lock o w 0F b B1 /r" (reg b) (rm m)) (flags write) (effect load store barrier)
  (sem (set d (ite (eq (load m) a) (whole a) (merge a (load m))))
       (store m (ite (eq (load m) a) b (load m))) (cmp a (load m))))
; What has no single instruction that tells the value before: load, then compare and exchange until
; nothing came between. t is written while the others are still read.
(for ((NAME TERM) (AND and) (OR or) (XOR xor))
  (insn LOOP_@NAME_MR (args (b use gpr) (m mem) (t def-early gpr) (d def-early gpr (fixed rax)))
    (width 1 2 4 8) (emit locked_loop) (flags write) (effect load store barrier)
    (sem (set d (zext 64 (load m))) (store m (@TERM (load m) b)))))
