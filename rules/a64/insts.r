; AArch64 instructions, as far as a few operators: the second ISA that keeps tables and generators
; honest. The row syntax is that of rules/x64/insts.r but for encodings, which are the 32 bits:
;
; (enc "BITS" (PLACE ARG)...): 0, 1, and letters for what the operands fill in (spaces are ignored)
;   ddddd nnnnn mmmmm   registers, in bits 0, 5 and 16
;   s N  1 if width is 8, in bits 31 and 22 · x  the same in bit 30 · y  1 if width is 4, in bit 22
;   zz   log2 of the width, in bits 30 and 31
;   cccc the condition, CCCC its inverse, in bit 12
;   i*12 MInst.imm, in bit 10
;   M*12 BBBBB  the memory operand: written for base + scaled offset; the encoder makes the other
;        forms from it
;
; Conditions (MInst.cc) have the names and numbers of x86-64's, which the rule language shares.

; ---- moves ----------------------------------------------------------------------------------
(insn MOV_RR (args (a use gpr) (d def gpr)) (width 4 8)
  (enc "s0101010000 mmmmm 000000 11111 ddddd" (m a) (d d)) (flags none) (effect move)
  (sem (set d a)))
(insn ZEXT32_RR (args (a use gpr) (d def gpr))
  (enc "00101010000 mmmmm 000000 11111 ddddd" (m a) (d d)) (flags none)
  (sem (set d (zext 64 (extract 31 0 a)))))
(insn SXTW_RR (args (a use gpr) (d def gpr))
  (enc "1001001101 000000 011111 nnnnn ddddd" (n a) (d d)) (flags none)
  (sem (set d (sext 64 (low 32 a)))))
(insn MOV_RI (args (i imm64) (d def gpr)) (width 4 8)
  (emit mov_ri) (flags none) (sem (set d i)))
(insn LDR (args (m mem) (d def gpr)) (width 4 8)
  (enc "1x11100101 MMMMMMMMMMMM BBBBB ddddd" (d d)) (flags none) (effect load)
  (sem (set d (load m))))
(insn STR (args (b use gpr) (m mem)) (width 1 2 4 8)
  (enc "zz11100100 MMMMMMMMMMMM BBBBB ddddd" (d b)) (flags none) (effect store)
  (sem (store m b)))
(for ((NAME SIZE BITS) (LDRB "00" 8) (LDRH "01" 16))
  (insn @NAME (args (m mem) (d def gpr)) (width 4 8)
    (enc "@SIZE 11100101 MMMMMMMMMMMM BBBBB ddddd" (d d)) (flags none) (effect load)
    (sem (set d (zext width (load @BITS m))))))
(for ((NAME SIZE BITS) (LDRSB "00" 8) (LDRSH "01" 16))
  (insn @NAME (args (m mem) (d def gpr)) (width 4 8)
    (enc "@SIZE 1110011y MMMMMMMMMMMM BBBBB ddddd" (d d)) (flags none) (effect load)
    (sem (set d (sext width (load @BITS m))))))
(insn LDRSW (args (m mem) (d def gpr))
  (enc "1011100110 MMMMMMMMMMMM BBBBB ddddd" (d d)) (flags none) (effect load)
  (sem (set d (sext 64 (load 32 m)))))
; The address itself.
(insn LEA (args (m mem) (d def gpr)) (emit lea) (flags none) (sem (set d (ea m))))

; ---- integer arithmetic ---------------------------------------------------------------------
(for ((NAME OP TERM)
      (ADD "0001011000" add) (SUB "1001011000" sub) (AND "0001010000" and) (ORR "0101010000" or)
      (EOR "1001010000" xor))
  (insn @NAME_RRR (args (a use gpr) (b use gpr) (d def gpr)) (width 4 8)
    (enc "s@OP mmmmm 000000 nnnnn ddddd" (n a) (m b) (d d)) (flags none)
    (sem (set d (@TERM a b)))))
(for ((NAME OP TERM) (ADD "001000100" add) (SUB "101000100" sub))
  (insn @NAME_RRI (args (a use gpr) (i imm32s) (d def gpr)) (width 4 8)
    (enc "s@OP iiiiiiiiiiii nnnnn ddddd" (n a) (d d)) (flags none)
    (sem (set d (@TERM a i)))))
(insn MUL_RRR (args (a use gpr) (b use gpr) (d def gpr)) (width 4 8)
  (enc "s0011011000 mmmmm 011111 nnnnn ddddd" (n a) (m b) (d d)) (flags none)
  (sem (set d (mul a b))))
(for ((NAME OP TERM) (LSL "1000" shl) (LSR "1001" lshr) (ASR "1010" ashr) (ROR "1011" rotr))
  (insn @NAME_RRR (args (a use gpr) (b use gpr) (d def gpr)) (width 4 8)
    (enc "s0011010110 mmmmm 00@OP nnnnn ddddd" (n a) (m b) (d d)) (flags none)
    (sem (set d (@TERM a b)))))

; ---- conditions -----------------------------------------------------------------------------
(insn CMP_RR (args (a use gpr) (b use gpr)) (width 4 8)
  (enc "s1101011000 mmmmm 000000 nnnnn 11111" (n a) (m b)) (flags write) (sem (cmp a b)))
(insn CMP_RI (args (a use gpr) (i imm32s)) (width 4 8)
  (enc "s111000100 iiiiiiiiiiii nnnnn 11111" (n a)) (flags write) (sem (cmp a i)))
(insn TST_RR (args (a use gpr) (b use gpr)) (width 4 8)
  (enc "s1101010000 mmmmm 000000 nnnnn 11111" (n a) (m b)) (flags write) (sem (test a b)))
(insn CSET (args (c cc) (d def gpr))
  (enc "00011010100 11111 CCCC 01 11111 ddddd" (d d)) (flags read) (sem (set d (cond c))))
(insn CSEL (args (c cc) (a use gpr) (b use gpr) (d def gpr)) (width 4 8)
  (enc "s0011010100 mmmmm cccc 00 nnnnn ddddd" (n a) (m b) (d d)) (flags read)
  (sem (set d (ite (cond c) a b))))

; ---- control --------------------------------------------------------------------------------
(insn JMP (args (t block)) (emit jmp) (flags none) (effect branch))
(insn JCC (args (c cc) (t block)) (emit jcc) (flags read) (effect branch))
(insn TRAPCC (args (c cc) (i imm32)) (emit trapcc) (flags read) (effect trap))
(insn TRAP (args (i imm32)) (emit trap) (flags none) (effect trap branch))
(insn RET (args) (emit ret) (flags none) (effect branch))
(insn CALL (args (f func)) (emit call) (flags write) (effect call))
(insn CALL_REF (args (r use gpr (fixed x17))) (emit call_ref) (flags write) (effect call))
(insn CALL_CODE (args (r use gpr (fixed x17))) (emit call_code) (flags write) (effect call))
(insn CALL_IMPORT (args (i imm32)) (emit call_import) (flags write) (effect call))
(insn CALL_LIB (args (i imm32)) (emit call_lib) (flags write) (effect call))
(insn TAIL (args (f func)) (emit tail) (flags write) (effect call branch))
(insn TAIL_REF (args (r use gpr (fixed x17))) (emit tail_ref) (flags write) (effect call branch))
(insn TAIL_CODE (args (r use gpr (fixed x17))) (emit tail_code) (flags write) (effect call branch))
(insn TAIL_IMPORT (args (i imm32)) (emit tail_import) (flags write) (effect call branch))
; Defines the parameters that come in registers.
(insn ENTRY (args) (emit none) (flags none))
