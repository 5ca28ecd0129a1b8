;;! test=text
;; What is not closed is named where the text goes on without it.
(module
  (func $f
    (i32.add (i32.const 1)
      (i32.const 2)
  (func $g))
;; ---
;; 7:4: unexpected token `func`: expected an instruction, or `)` for what begins on line 5, column 6
