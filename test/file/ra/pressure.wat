;;! test=ra
;; More values than registers: some wait in slots, none of them used in the loop.
(module (func (param i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
  (local $a i64) (local $b i64) (local $c i64) (local $d i64) (local $e i64) (local $f i64) (local $g i64) (local $h i64)
  (local.set $a (i64.mul (local.get 0) (local.get 1))) (local.set $b (i64.mul (local.get 1) (local.get 2)))
  (local.set $c (i64.mul (local.get 2) (local.get 3))) (local.set $d (i64.mul (local.get 3) (local.get 4)))
  (local.set $e (i64.mul (local.get 4) (local.get 5))) (local.set $f (i64.mul (local.get 5) (local.get 6)))
  (local.set $g (i64.mul (local.get 6) (local.get 7))) (local.set $h (i64.mul (local.get 7) (local.get 0)))
  (loop $l
    (local.set 0 (i64.add (local.get 0) (local.get $h)))
    (br_if $l (i64.lt_u (local.get 0) (local.get 1))))
  (i64.xor (i64.xor (i64.xor (local.get $a) (local.get $b)) (i64.xor (local.get $c) (local.get $d)))
    (i64.xor (i64.xor (local.get $e) (local.get $f)) (i64.xor (local.get $g) (local.get 0))))))
;; ---
;; func 0
;; b0: to b1
;;     rdi, rsi, rdx, rcx, r8, r9, r10, rax = entry
;;     r11 <- rdi
;;     r11 = imul_rr.8 r11, rax
;;     rbx <- rdi
;;     jmp
;; b1: to b2, b3  ; loop b1 depth 1
;;     v19 = phi v1, v20
;;     rbx = lea.8 [r11 + rbx]
;;     cmp_rr.8 rbx, rsi
;;     jcc/2
;; b2: to b1  ; loop b1 depth 1
;;     jmp
;; b3:
;;     rdi = imul_rr.8 rdi, rsi
;;     rsi = imul_rr.8 rsi, rdx
;;     rdx = imul_rr.8 rdx, rcx
;;     rcx = imul_rr.8 rcx, r8
;;     r8 = imul_rr.8 r8, r9
;;     r9 = imul_rr.8 r9, r10
;;     r10 = imul_rr.8 r10, rax
;;     rdi = xor_rr.8 rdi, rsi
;;     rdx = xor_rr.8 rdx, rcx
;;     rdi = xor_rr.8 rdi, rdx
;;     r8 = xor_rr.8 r8, r9
;;     r10 = xor_rr.8 r10, rbx
;;     r8 = xor_rr.8 r8, r10
;;     rdi = xor_rr.8 rdi, r8
;;     rax <- rdi
;;     ret rax
