;;! test=text
;; Annotations that mean something, where they mean nothing.
(module (@custom "a" "b" "c") (@custom "d" (before func) "e") (func) (@custom "f" (after last)))
(module (@name "m") (func $f (@name "g") (param $x (@name "y") i32) (block $l (@name "k"))))
(module (func (param i32) (@metadata.code.branch_hint "\01") (if (local.get 0) (then))
  (block local.get 0 (@metadata.code.branch_hint "\00") br_if 0)))
(module (@unknown "a" (b ;c
)) (func (@other) nop))
(module (@custom))
(module (@custom "a" (beside func)))
(module (@custom "a" (after functions)))
(module (@custom "a" b))
(module (func (@custom "a")))
(module (func) (@name "n"))
(module (@name "m") (@name "n"))
(module (func (@name "m") (@name "n")))
(module (func (@name "\ff")))
(module (@metadata.code.branch_hint "\01") (func))
(module (func (@metadata.code.branch_hint "\01") nop))
(module (func (@metadata.code.branch_hint "\02") (if (i32.const 0) (then))))
(module (func (@metadata.code.branch_hint "\01")
  (@metadata.code.branch_hint "\01") (if (i32.const 0) (then))))
(module (func (@name 5)))
;; ---
;; 3: 39 bytes
;; 4: 61 bytes
;; 5: 74 bytes
;; 7: 25 bytes
;; 9:17: @custom annotation: missing section name: found `)`
;; 10:23: @custom annotation: malformed placement: expected before or after: found `beside`
;; 11:29: @custom annotation: malformed section kind: found `functions`
;; 12:22: @custom annotation: unexpected token: expected a string or `)`: found `b`
;; 13:15: misplaced @custom annotation
;; 14:16: misplaced @name annotation
;; 15:20: @name annotation: multiple module names
;; 16:26: @name annotation: multiple different names
;; 17:15: @name annotation: malformed UTF-8 encoding
;; 18:9: @metadata.code.branch_hint annotation: not in a function
;; 19:50: @metadata.code.branch_hint annotation: invalid target nop: expected if or br_if
;; 20:15: @metadata.code.branch_hint annotation: invalid value: expected "\00" or "\01"
;; 21:15: @metadata.code.branch_hint annotation: duplicate annotation
;; 23:22: @name annotation: unexpected token: expected a string: found `5`
