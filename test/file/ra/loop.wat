;;! test=ra
;; Phis of a loop get registers without moves on the back edge.
(module (memory 1) (func (param $p i32) (param $n i32) (result i32) (local $s i32)
  (loop $l
    (local.set $s (i32.add (local.get $s) (i32.load (local.get $p))))
    (local.set $p (i32.add (local.get $p) (i32.const 4)))
    (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
  (local.get $s)))
;; ---
;; func 0
;; b0: to b1
;;     rdi, rsi = entry
;;     rax = mov_rm.8 [ctx + 48]
;;     ecx = mov_ri.4 #0
;;     jmp
;; b1: to b2, b3  ; loop b1 depth 1
;;     v5 = phi v1, v13
;;     v6 = phi v2, v16
;;     v7 = phi v19, v11
;;     ecx = add_rm.4 ecx, [rax + rdi]
;;     edi = lea.4 [rdi + 4]
;;     esi = lea.4 [rsi - 1]
;;     test_rr.4 esi, esi
;;     jcc/5
;; b2: to b1  ; loop b1 depth 1
;;     jmp
;; b3:
;;     rax <- rcx
;;     ret rax
