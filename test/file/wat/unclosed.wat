;;! test=text
;; A file that ends in the middle of something.
(module (func
  (i32.const 1)
;; ---
;; 5:1: unexpected token: the text ends, expected `)` for what begins on line 3, column 9
