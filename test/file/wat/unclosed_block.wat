;;! test=text
;; The same, where the innermost thing that is open is flat.
(module
  (func $f
    block
      i32.const 1
  (func $g))
;; ---
;; 7:4: unexpected token `func`: expected `end` for what begins on line 5, column 5
