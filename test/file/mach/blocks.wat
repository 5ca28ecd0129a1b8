;;! test=lower
;; Machine blocks: critical edges, branch tables with equal targets, loops left and entered.
(module
  (func $max (param i32 i32) (result i32)
    (block (result i32)
      (br_if 0 (local.get 0) (i32.gt_s (local.get 0) (local.get 1)))
      (drop) (local.get 1)))
  ;; six entries, two targets: three edges
  (func $table (param i32 i32) (result i32)
    (block $b
      (block $a
        (br_table $a $a $a $a $a $b (local.get 0)))
      (local.set 1 (i32.const 9)))
    (local.get 1))
  (func $one_target (param i32) (result i32)
    (block $a (br_table $a $a $a (local.get 0)))
    (i32.const 3))
  (func $two_way (param i32) (result i32)
    (block $a (block $b (br_table $b $a (local.get 0))) (return (i32.const 1)))
    (i32.const 2))
  ;; a back edge with moves from an inner loop to the outer one, and exits
  (func $nest (param i32 i32) (result i32) (local i32)
    (loop $outer
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (loop $inner
        (local.set 1 (i32.sub (local.get 1) (local.get 0)))
        (br_if $outer (i32.lt_u (local.get 1) (i32.const 100)))
        (br_if $inner (local.get 1))))
    (i32.add (local.get 0) (local.get 1)))
  ;; both ways to one block with different values
  (func $phi (param i32) (result i32)
    (block $a (result i32)
      (br_if $a (i32.const 5) (local.get 0))
      (drop) (i32.const 6))))
;; ---
;; func 0
;; b0: to b2, b1
;;     v1:rdi, v2:rsi = entry
;;     cmp_rr.4 v2, v1
;;     jcc/12
;; b1: to b3
;;     jmp
;; b2: to b3
;;     jmp
;; b3:
;;     v6 = phi v1, v2
;;     ret v6:rax
;; func 1
;; b0: to b1, b2
;;     v1:rdi, v2:rsi = entry
;;     v9 = mov_ri.4 #5
;;     cmp_ri.4 v1, #5
;;     v10 = cmov_rr.4/3 v1, v9
;;     v11?, v12? = jtab v10, #0
;; b1: to b3
;;     v8 = mov_ri.4 #9
;;     jmp
;; b2: to b3
;;     jmp
;; b3:
;;     v6 = phi v2, v8
;;     ret v6:rax
;; func 2
;; b0: to b1
;;     entry
;;     jmp
;; b1:
;;     v5 = mov_ri.4 #3
;;     ret v5:rax
;; func 3
;; b0: to b1, b2
;;     v1:rdi = entry
;;     test_rr.4 v1, v1
;;     jcc/4
;; b1:
;;     v8 = mov_ri.4 #1
;;     ret v8:rax
;; b2:
;;     v7 = mov_ri.4 #2
;;     ret v7:rax
;; func 4
;; b0: to b1
;;     v1:rdi, v2:rsi = entry
;;     jmp
;; b1: to b2  ; loop b1 depth 1
;;     v5 = phi v1, v8
;;     v6 = phi v2, v11
;;     v8 = lea.4 [v5 + 1]
;;     jmp
;; b2: to b5, b3  ; loop b2 depth 2
;;     v10 = phi v6, v11
;;     v11 = sub_rr.4 v10, v8
;;     cmp_ri.4 v11, #100
;;     jcc/2
;; b3: to b4, b6  ; loop b2 depth 2
;;     test_rr.4 v11, v11
;;     jcc/5
;; b4: to b2  ; loop b2 depth 2
;;     jmp
;; b5: to b1  ; loop b1 depth 1
;;     jmp
;; b6:
;;     ret v10:rax
;; func 5
;; b0: to b2, b1
;;     v1:rdi = entry
;;     test_rr.4 v1, v1
;;     jcc/5
;; b1: to b3
;;     v9 = mov_ri.4 #6
;;     jmp
;; b2: to b3
;;     v8 = mov_ri.4 #5
;;     jmp
;; b3:
;;     v6 = phi v8, v9
;;     ret v6:rax
