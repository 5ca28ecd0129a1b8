;;! test=text
;; What is wrong with the fields of a module, and where.
(module)
(module $m (func $f) (export "f" (func $f)))
(module (fun))
(module (i32.add))
(module func)
(module 17)
(module (func $f) (func $f))
(module (memory 1) (import "" "" (func)))
(module (func (import "" "")) (global i32 (i32.const 1)) (table (import "" "") 1 funcref))
(module (import "a" (func)))
(module (import "a" "b" (fnc)))
(module (export "a" (func $g)))
(module (export "a" (func 5)))
(module (start 0) (start 0))
(module (memory))
(module (memory 1 2 3))
(module (memory (pagesize 3) (data)))
(module (memory 18446744073709551616))
(module (table 1))
(module (table funcref))
(module (table 1 i32))
(module (global (i32.const 1)))
(module (global i32 i32.const))
(module (global i32 (i32.const 1))
(elem))
(module (elem declare))
(module (elem (i32.const 0) func $none))
(module (data (memory $none) (i32.const 0) "x"))
(module (data (i32.const 0) "\ff" x))
(module (import "\ff" "" (func)))
(module (tag (param i32)) (tag $t (result)) (func (throw $none)))
(module (start $f (; who? ;)))
(module binary "\00asm" "\01\00\00\00")
(module quote "(func (result i32)\0a" "  (i32.const x))")
(module quote "(module quote \"\")")
;; ---
;; 3: 8 bytes
;; 4: 48 bytes
;; 5:10: unknown operator fun: expected a field of a module; near: `func`
;; 6:10: unexpected token `i32.add`: expected a field of a module
;; 7:9: unexpected token `func`: expected `)`
;; 8:9: unexpected token `17`: expected `)`
;; 9:25: duplicate func `$f`: the name is taken
;; 10:20: import after memory: imports come before all definitions
;; 11:65: import after global: imports come before all definitions
;; 12:21: unexpected token `(`: expected a string
;; 13:26: unknown operator fnc: expected `func`, `table`, `memory`, `global` or `tag`; near: `func`
;; 14:27: unknown function `$g`: nothing has this name
;; 15: 15 bytes
;; 16:19: multiple start sections: a module starts once
;; 17:16: unexpected token `)`: expected a number of pages or `(data`
;; 18:21: unexpected token `3`: expected `)`
;; 19:18: unknown operator pagesize: this needs the custom-page-sizes feature, which is switched off
;; 20:17: i64 constant out of range: `18446744073709551616`, expected at most 18446744073709551615
;; 21:17: unexpected token `)`: expected a reference type
;; 22:23: unexpected token `)`: expected `(elem`
;; 23:18: unexpected token `i32`: expected a reference type
;; 24:18: unexpected token `i32.const`: expected a value type
;; 25:30: unexpected token `)`: expected an integer
;; 27:6: unexpected token `)`: expected `func` or a reference type
;; 28:22: unexpected token `)`: expected `func` or a reference type
;; 29:34: unknown function `$none`: nothing has this name
;; 30:23: unknown memory `$none`: nothing has this name
;; 31:35: unknown operator x: expected `)`
;; 32:17: malformed UTF-8 encoding in a name
;; 33:58: unknown tag `$none`: nothing has this name
;; 34:16: unknown function `$f`: nothing has this name
;; 35: 8 bytes
;; 36:9: unknown operator x: expected an integer (line 2, column 14 of the quoted text)
;; 37:9: unexpected token `quote`: expected a field of a module: this text is quoted already (line 1, column 9 of the quoted text)
