;;! test=lower
;; When a load may become part of its user.
(module (memory 1) (global $g (mut i32) (i32.const 0)) (func $call)
  ;; at once; past a load that went on itself; the first of two stays before the second
  (func $fused (param i32 i32) (result i32) (i32.add (local.get 1) (i32.load (local.get 0))))
  (func $both (param i32 f64) (result f64)
    (f64.add (f64.mul (local.get 1) (f64.load (local.get 0))) (f64.load offset=8 (local.get 0))))
  (func $order (param i32 i32) (result i32)
    (i32.add (i32.load (local.get 0)) (i32.load (local.get 1))))
  ;; not past a store, a call, a trap; not when used twice
  (func $store (param i32 i32) (result i32) (local i32)
    (local.set 2 (i32.load (local.get 0)))
    (i32.store (local.get 1) (i32.const 1))
    (i32.add (local.get 2) (local.get 1)))
  (func $across_call (param i32 i32) (result i32) (local i32)
    (local.set 2 (i32.load (local.get 0)))
    (call $call)
    (i32.add (local.get 1) (local.get 2)))
  (func $trap (param i32 i32) (result i32) (local i32)
    (local.set 2 (i32.load (local.get 0)))
    (local.set 1 (i32.div_u (local.get 0) (local.get 1)))
    (i32.add (local.get 1) (local.get 2)))
  (func $twice (param i32 i32) (result i32) (local i32)
    (local.set 2 (i32.load (local.get 0)))
    (i32.mul (i32.add (local.get 1) (local.get 2)) (local.get 2)))
  ;; a global's load passes a store to memory, not one to the global
  (func $global (param i32) (result i32) (local i32)
    (local.set 1 (global.get $g))
    (i32.store (local.get 0) (i32.const 1))
    (i32.add (local.get 0) (local.get 1)))
  (func $global_set (param i32) (result i32) (local i32)
    (local.set 1 (global.get $g))
    (global.set $g (local.get 0))
    (i32.add (local.get 0) (local.get 1)))
  ;; not into another block; its trap keeps its place
  (func $later (param i32 i32) (result i32) (local i32)
    (local.set 2 (i32.load (local.get 0)))
    (if (result i32) (local.get 1)
      (then (i32.add (local.get 1) (local.get 2))) (else (i32.const 0))))
  (func $unused (param i32) (drop (i32.load (local.get 0)))))
;; ---
;; func 0
;; b0:
;;     entry
;;     ret
;; func 1
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v3 = mov_rm.8 [ctx + 48]
;;     v6 = add_rm.4 v2, [v3 + v1]
;;     ret v6:rax
;; func 2
;; b0:
;;     v1:rdi, v2:xmm0 = entry
;;     v3 = mov_rm.8 [ctx + 48]
;;     v6 = fmul_rm.8 v2, [v3 + v1]
;;     v9 = fadd_rm.8 v6, [v3 + v1 + 8]
;;     ret v9:xmm0
;; func 3
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v3 = mov_rm.8 [ctx + 48]
;;     v5 = mov_rm.4 [v3 + v1]
;;     v8 = add_rm.4 v5, [v3 + v2]
;;     ret v8:rax
;; func 4
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v4 = mov_rm.8 [ctx + 48]
;;     v6 = mov_rm.4 [v4 + v1]
;;     mov_mi.4 [v4 + v2], #1
;;     v10 = lea.4 [v2 + v6]
;;     ret v10:rax
;; func 5
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v4 = mov_rm.8 [ctx + 48]
;;     v6 = mov_rm.4 [v4 + v1]
;;     call #0 clobbers
;;     v8 = lea.4 [v2 + v6]
;;     ret v8:rax
;; func 6
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v4 = mov_rm.8 [ctx + 48]
;;     v6 = mov_rm.4 [v4 + v1]
;;     test_rr.4 v2, v2
;;     trapcc/4 #7
;;     v10 = zero_r
;;     v7:eax, v11:edx = div_r.4 v1:eax, v10:edx, v2
;;     v8 = lea.4 [v6 + v7]
;;     ret v8:rax
;; func 7
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v4 = mov_rm.8 [ctx + 48]
;;     v6 = mov_rm.4 [v4 + v1]
;;     v7 = lea.4 [v2 + v6]
;;     v8 = imul_rr.4 v6, v7
;;     ret v8:rax
;; func 8
;; b0:
;;     v1:rdi = entry
;;     v5 = mov_rm.8 [ctx + 48]
;;     mov_mi.4 [v5 + v1], #1
;;     v8 = add_rm.4 v1, [ctx + 96]
;;     ret v8:rax
;; func 9
;; b0:
;;     v1:rdi = entry
;;     v3 = mov_rm.4 [ctx + 96]
;;     mov_mr.4 v1, [ctx + 96]
;;     v5 = lea.4 [v1 + v3]
;;     ret v5:rax
;; func 10
;; b0: to b1, b2
;;     v1:rdi, v2:rsi = entry
;;     v4 = mov_rm.8 [ctx + 48]
;;     v6 = mov_rm.4 [v4 + v1]
;;     test_rr.4 v2, v2
;;     jcc/5
;; b1: to b3
;;     v8 = lea.4 [v2 + v6]
;;     jmp
;; b2: to b3
;;     v13 = mov_ri.4 #0
;;     jmp
;; b3:
;;     v11 = phi v8, v13
;;     ret v11:rax
;; func 11
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_rm.8 [ctx + 48]
;;     v4 = mov_rm.4 [v2 + v1]
;;     ret
