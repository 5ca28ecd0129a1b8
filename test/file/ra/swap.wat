;;! test=ra
;; Two phis that exchange their values on the back edge.
(module (func (param i32 i32 i32) (result i32) (local i32)
  (loop $l
    (local.set 3 (local.get 0))
    (local.set 0 (local.get 1))
    (local.set 1 (local.get 3))
    (br_if $l (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))
  (i32.sub (local.get 0) (local.get 1))))
;; ---
;; func 0
;; b0: to b1
;;     rdi, rsi, rdx = entry
;;     rax <- rsi
;;     rsi <- rdi
;;     jmp
;; b1: to b2, b3  ; loop b1 depth 1
;;     v6 = phi v1, v7
;;     v7 = phi v2, v6
;;     v8 = phi v3, v12
;;     edx = lea.4 [rdx - 1]
;;     test_rr.4 edx, edx
;;     jcc/5
;; b2: to b1  ; loop b1 depth 1
;;     rcx <- rsi
;;     rsi <- rax
;;     rax <- rcx
;;     jmp
;; b3:
;;     eax = sub_rr.4 eax, esi
;;     ret rax
