;;! test=emit
;; A constant read by an instruction that has an immediate, too: two numbers, and the way to the
;; constant counts from behind the immediate.
(module
  (func (result v128) (f32x4.floor (v128.const f32x4 1.5 -1.5 2.5 -2.5))))
;; ---
;; func 0: 32 bytes
;; c4 e3 79 08 05 06 00 00 00 09 c3 00 00 00 00 00
;; 00 00 c0 3f 00 00 c0 bf 00 00 20 40 00 00 20 c0
;; row +0 ret 0
