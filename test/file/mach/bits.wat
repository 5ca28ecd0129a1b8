;;! test=lower
(module
  (func $andn (param i32 i32) (result i32) (i32.and (local.get 0) (i32.xor (local.get 1) (i32.const -1))))
  (func $blsr (param i64) (result i64) (i64.and (local.get 0) (i64.sub (local.get 0) (i64.const 1))))
  (func $blsi (param i64) (result i64) (i64.and (local.get 0) (i64.sub (i64.const 0) (local.get 0))))
  (func $shl (param i64 i64) (result i64) (i64.shl (local.get 0) (local.get 1)))
  (func $rot (param i32 i32) (result i32) (i32.rotl (local.get 0) (local.get 1)))
  (func $rotc (param i32) (result i32) (i32.rotr (local.get 0) (i32.const 3)))
  (func $ctz (param i32) (result i32) (i32.ctz (local.get 0)))
  (func $mask (param i64) (result i64) (i64.and (local.get 0) (i64.const 0xff00ff00)))
  (func $wide (param i64) (result i64) (i64.and (local.get 0) (i64.const 0xff00ff00ff)))
  (func $bit (param i64) (result i64) (i64.or (local.get 0) (i64.const 0x1000000000)))
  (func $clear (param i64) (result i64) (i64.and (local.get 0) (i64.const 0xffffffefffffffff)))
  (func $test (param i64) (result i32) (i64.ne (i64.const 0) (i64.and (local.get 0) (i64.const 0x1000000000))))
  (func $bt (param i32 i32) (result i32)
    (if (result i32) (i32.and (local.get 0) (i32.shl (i32.const 1) (local.get 1)))
      (then (i32.const 3)) (else (i32.const 4))))
  (func $sign (param i64) (result i32) (i64.lt_s (local.get 0) (i64.const 0)))
  (func $mul (param i32 i32) (result i32)
    (i32.add (i32.mul (local.get 0) (i32.const 12)) (i32.mul (local.get 1) (i32.const 31))))
  (func $narrow (param i64 i32) (result i32) (i32.add (i32.wrap_i64 (local.get 0)) (local.get 1)))
  (func $wrapped (param i64) (result i32) (i32.wrap_i64 (local.get 0)))
  (func $carry (param i64 i64 i64) (result i64)
    (i64.add (local.get 2) (i64.extend_i32_u (i64.lt_u (i64.add (local.get 0) (local.get 1)) (local.get 0)))))
  (func $count (param i32 i32) (result i32) (i32.sub (local.get 0) (i32.ne (local.get 1) (i32.const 0))))
  (func $bswap (param i32) (result i32)
    (i32.or
      (i32.or (i32.shl (local.get 0) (i32.const 24))
              (i32.and (i32.shl (local.get 0) (i32.const 8)) (i32.const 0xff0000)))
      (i32.or (i32.and (i32.shr_u (local.get 0) (i32.const 8)) (i32.const 0xff00))
              (i32.shr_u (local.get 0) (i32.const 24))))))
;; ---
;; func 0
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v5 = andn_rrr.4 v2, v1
;;     ret v5:rax
;; func 1
;; b0:
;;     v1:rdi = entry
;;     v5 = blsr_rr.8 v1
;;     ret v5:rax
;; func 2
;; b0:
;;     v1:rdi = entry
;;     v4 = blsi_rr.8 v1
;;     ret v4:rax
;; func 3
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v3 = shlx_rrr.8 v1, v2
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
;;     v2 = tzcnt_rr.4 v1
;;     ret v2:rax
;; func 7
;; b0:
;;     v1:rdi = entry
;;     v3 = and_ri.4 v1, #0xffffffffff00ff00
;;     ret v3:rax
;; func 8
;; b0:
;;     v1:rdi = entry
;;     v2 = mov_ri.8 #0xff00ff00ff
;;     v3 = and_rr.8 v1, v2
;;     ret v3:rax
;; func 9
;; b0:
;;     v1:rdi = entry
;;     v3 = bts_ri.8 v1, #36
;;     ret v3:rax
;; func 10
;; b0:
;;     v1:rdi = entry
;;     v3 = btr_ri.8 v1, #36
;;     ret v3:rax
;; func 11
;; b0:
;;     v1:rdi = entry
;;     bt_ri.8 v1, #36
;;     v5 = setcc/2
;;     ret v5:rax
;; func 12
;; b0: to b1, b2
;;     v1:rdi, v2:rsi = entry
;;     bt_rr.4 v1, v2
;;     jcc/2
;; b1: to b3
;;     v14 = mov_ri.4 #3
;;     jmp
;; b2: to b3
;;     v13 = mov_ri.4 #4
;;     jmp
;; b3:
;;     v11 = phi v14, v13
;;     ret v11:rax
;; func 13
;; b0:
;;     v1:rdi = entry
;;     v3 = shr_ri.8 v1, #63
;;     ret v3:rax
;; func 14
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v10 = lea.4 [v1 + v1*2]
;;     v4 = shl_ri.4 v10, #2
;;     v9 = shl_ri.4 v2, #5
;;     v6 = sub_rr.4 v9, v2
;;     v7 = lea.4 [v4 + v6]
;;     ret v7:rax
;; func 15
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v4 = lea.4 [v2 + v1]
;;     ret v4:rax
;; func 16
;; b0:
;;     v1:rdi = entry
;;     v2 = zext32_rr v1
;;     ret v2:rax
;; func 17
;; b0:
;;     v1:rdi, v2:rsi, v3:rdx = entry
;;     v4 = lea.8 [v1 + v2]
;;     cmp_rr.8 v4, v1
;;     v7 = adc_ri.8 v3, #0
;;     ret v7:rax
;; func 18
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     cmp_ri.4 v2, #1
;;     v5 = adc_ri.4 v1, #-1
;;     ret v5:rax
;; func 19
;; b0:
;;     v1:rdi = entry
;;     v14 = bswap_r.4 v1
;;     ret v14:rax
