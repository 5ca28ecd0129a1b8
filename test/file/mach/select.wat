;;! test=lower
(module
  (func (param i32 i32 i32) (result i32) (select (local.get 0) (local.get 1) (i32.lt_u (local.get 2) (i32.const 10))))
  (func (param f32 f32 i32) (result f32) (select (local.get 0) (local.get 1) (local.get 2))))
;; ---
;; func 0
;; b0:
;;     v1:rdi, v2:rsi, v3:rdx = entry
;;     cmp_ri.4 v3, #10
;;     v6 = cmov_rr.4/2 v2, v1
;;     ret v6:rax
;; func 1
;; b0:
;;     v1:xmm0, v2:xmm1, v3:rdi = entry
;;     test_rr.4 v3, v3
;;     v4 = select_x/5 v2, v1
;;     ret v4:xmm0
