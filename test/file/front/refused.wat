;;! test=build
;; What the compiler cannot do yet is refused by name, with its place.
(module (func (result v128) (v128.const i64x2 0 0)))
;; ---
;; error: @18 the compiler does not have `v128.const` yet
