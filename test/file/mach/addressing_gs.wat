;;! test=lower gs=1
;; At offset 0 the whole tree is one 32-bit address.
(module (memory 1)
  (func (param i32 i32) (result i32) (i32.load (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 2)))))
  (func (param i32 i32) (result i32) (i32.load offset=8 (i32.add (local.get 0) (local.get 1)))))
;; ---
;; func 0
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v7 = mov_rm.4 gs:[v1 + v2*4]
;;     ret v7:rax
;; func 1
;; b0:
;;     v1:rdi, v2:rsi = entry
;;     v3 = lea.4 [v1 + v2]
;;     v5 = mov_rm.4 gs:[v3 + 8]
;;     ret v5:rax
