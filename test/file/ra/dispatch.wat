;;! test=ra
;; Cases of a dispatch change one value each: the others stay where they are, and the call in one
;; case costs the dispatch no store, which runs as often as all cases together.
(module (memory 1) (func $f (param i32)) (func (param $p i32) (param $a i32) (param $b i32)
    (param $c i32) (param $d i32) (param $e i32) (param $g i32)
  (local $o i32)
  (loop $l
    (local.set $o (i32.load (local.get $p)))
    (local.set $p (i32.add (local.get $p) (i32.const 4)))
    (block $x (block $4 (block $3 (block $2 (block $1 (block $0
      (br_table $0 $1 $2 $3 $4 $x (i32.and (local.get $o) (i32.const 7))))
      (local.set $a (i32.add (local.get $a) (local.get $b))) (br $l))
      (local.set $b (i32.xor (local.get $b) (local.get $c))) (br $l))
      (local.set $c (i32.or (local.get $d) (local.get $e))) (br $l))
      (local.set $d (i32.sub (local.get $a) (local.get $g))) (br $l))
      (call $f (local.get $a)) (br $l)))
  (i32.store (local.get $a) (local.get $b))
  (i32.store (local.get $c) (local.get $d))
  (i32.store (local.get $e) (local.get $g))))
;; ---
;; func 0
;; b0:
;;     entry
;;     ret
;; func 1
;; b0: to b1
;;     rdi, rsi, rdx, rcx, r8, r9, r10 = entry
;;     rbx = mov_rm.8 [ctx + 48]
;;     rbx <- rsi
;;     rbp <- rdx
;;     r14 <- rcx
;;     r12 <- r8
;;     slot0 <- r9
;;     slot1 <- r10
;;     jmp
;; b1: to b2, b3, b4, b5, b6, b7  ; loop b1 depth 1
;;     v10 = phi v1, v20, v20, v20, v20, v20
;;     v11 = phi v2, v24, v11, v11, v11, v11
;;     v12 = phi v3, v12, v26, v12, v12, v12
;;     v13 = phi v4, v13, v13, v28, v13, v13
;;     v14 = phi v5, v14, v14, v14, v30, v14
;;     rax <- again v16
;;     ecx = mov_rm.4 [rax + rdi]
;;     r13d = lea.4 [rdi + 4]
;;     ecx = and_ri.4 ecx, #7
;;     edx = mov_ri.4 #5
;;     cmp_ri.4 ecx, #5
;;     ecx = cmov_rr.4/3 ecx, edx
;;     rdx?, rsi? = jtab rcx, #0
;; b2: to b1  ; loop b1 depth 1
;;     ebx = lea.4 [rbx + rbp]
;;     rdi <- r13
;;     jmp
;; b3: to b1  ; loop b1 depth 1
;;     ebp = xor_rr.4 ebp, r14d
;;     rdi <- r13
;;     jmp
;; b4: to b1  ; loop b1 depth 1
;;     r14 <- slot0
;;     r14d = or_rr.4 r14d, r12d
;;     rdi <- r13
;;     jmp
;; b5: to b1  ; loop b1 depth 1
;;     r12 <- rbx
;;     r12d = sub_rr.4 r12d, slot1
;;     rdi <- r13
;;     jmp
;; b6: to b1  ; loop b1 depth 1
;;     rdi <- rbx
;;     call rdi, #0 clobbers
;;     rdi <- r13
;;     jmp
;; b7:
;;     mov_mr.4 ebp, [rax + rbx]
;;     mov_mr.4 r12d, [rax + r14]
;;     rcx <- slot1
;;     rdx <- slot0
;;     mov_mr.4 ecx, [rax + rdx]
;;     ret
