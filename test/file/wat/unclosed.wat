;;! test=text
;; A file that ends in the middle of something.
(module (func
  (i32.const 1)
;; ---
;; 5:1: unexpected token: the text ends, expected an instruction
