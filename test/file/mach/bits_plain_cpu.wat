;;! test=lower cpu=none
(module
  (func $andn (param i32 i32) (result i32) (i32.and (local.get 0) (i32.xor (local.get 1) (i32.const -1))))
  (func $blsr (param i64) (result i64) (i64.and (local.get 0) (i64.sub (local.get 0) (i64.const 1))))
  (func $blsi (param i64) (result i64) (i64.and (local.get 0) (i64.sub (i64.const 0) (local.get 0))))
  (func $shl (param i64 i64) (result i64) (i64.shl (local.get 0) (local.get 1)))
  (func $rot (param i32 i32) (result i32) (i32.rotl (local.get 0) (local.get 1)))
  (func $rotc (param i32) (result i32) (i32.rotr (local.get 0) (i32.const 3)))
  (func $ctz (param i32) (result i32) (i32.ctz (local.get 0)))
  (func $min (param f32 f32) (result f32) (f32.min (local.get 0) (local.get 1)))
  (func $round (param f32) (result f32) (f32.nearest (local.get 0))))
;; ---
;; func 0
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v4 = not_r.4 v2
;;     v5 = and_rr.4 v1, v4
;;     ret v5:rax
;; func 1
;; b0:
;;     v1:rdi = entry
;;     v4 = lea.8 [v1 - 1]
;;     v5 = and_rr.8 v1, v4
;;     ret v5:rax
;; func 2
;; b0:
;;     v1:rdi = entry
;;     v3 = neg_r.8 v1
;;     v4 = and_rr.8 v1, v3
;;     ret v4:rax
;; func 3
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v3 = shl_rc.8 v1, v2:rcx
;;     ret v3:rax
;; func 4
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v3 = rol_rc.4 v1, v2:ecx
;;     ret v3:rax
;; func 5
;; b0:
;;     v1:rdi = entry
;;     v4 = rol_ri.4 v1, #29
;;     ret v4:rax
;; func 6
;; b0:
;;     v1:rdi = entry
;;     v4 = mov_ri.4 #32
;;     v2 = bsf_rr.4 v4, v1
;;     ret v2:rax
;; func 7
;; b0:
;;     v1:xmm0, v2:xmm1 = entry
;;     v5 = fmin_rr.4 v1, v2
;;     v6 = fmin_rr.4 v2, v1
;;     v7 = for_rr v5, v6
;;     v8 = fadd_rr.4 v1, v2
;;     v9 = fcmpm_rr.4/3 v1, v2
;;     v10 = fand_rr v8, v9
;;     v11 = fandn_rr v9, v7
;;     v3 = for_rr v10, v11
;;     ret v3:xmm0
;; func 8
;; b0:
;;     v1:xmm0 = entry
;;     v2:xmm0 = call_lib.8 v1:xmm0, #20 clobbers
;;     ret v2:xmm0
