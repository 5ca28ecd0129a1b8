;;! test=ra
;; What lives across a call is in a callee-saved register.
(module (func $f (param i32) (result i32) (local.get 0))
  (func (param i32 i32) (result i32)
    (i32.add (i32.add (call $f (local.get 0)) (local.get 1)) (local.get 0))))
;; ---
;; func 0
;; b0:
;;     rdi = entry
;;     rax <- rdi
;;     ret rax
;; func 1
;; b0:
;;     rdi, rsi = entry
;;     rbx <- rsi
;;     rbp <- rdi
;;     rax = call rdi, #0 clobbers
;;     eax = lea.4 [rbx + rax]
;;     eax = lea.4 [rbp + rax]
;;     ret rax
