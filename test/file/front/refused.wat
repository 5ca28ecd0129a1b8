;;! test=build
;; What the compiler cannot do yet is refused by name, with its place.
(module (memory 1 1 shared) (func (result i32) (i32.atomic.load (i32.const 0))))
;; ---
;; error: @20 the compiler does not have `i32.atomic.load` yet
