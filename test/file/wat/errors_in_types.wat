;;! test=text
;; What is wrong with types, and where.
(module (type $t (func (param $x i32) (result i64 (ref null $s)))) (type $s (struct (field $a i8))))
(module (type (fun)))
(module (type))
(module (type func))
(module (type (func (result i32) (param i32))))
(module (type (func (param i8))))
(module (type (struct (field (mut)))))
(module (type (struct (field $a i32) (field $a i32))))
(module (type (array i32 i32)))
(module (type (sub final $none (func))))
(module (rec (func)))
(module (rec (type $a (struct (field (ref $b))))
  (type $b (array (ref $c)))))
(module (func (param (ref))))
(module (func (param (ref null))))
(module (func (param (reff 1))))
(module (func (param $x)))
(module (func (param $x i32 i32)))
(module (func (type 3) (param i32)))
(module (type $t (func)) (func (type $t) (param i32)))
(module (func (type $none)))
(module (func (type 1) (local $x i32)) (func (param i32)) (func (param i64)))
(module (func (call_indirect (param $x i32) (i32.const 0))))
(module (func (block (param $x i32))))
(module (func (result i32) (param i32)))
(module (func (param $x i32) (local $x i32)))
;; ---
;; 3: 46 bytes
;; 4:16: unknown operator fun: expected a type: `(func`, `(struct` or `(array`; near: `func`
;; 5:14: unexpected token `)`: expected a type: `(func`, `(struct` or `(array`
;; 6:15: unexpected token `func`: expected a type: `(func`, `(struct` or `(array`
;; 7:35: unexpected token `param`: expected no parameters behind results
;; 8:28: unexpected token `i8`: expected a value type
;; 9:34: unexpected token `)`: expected a value type
;; 10:45: duplicate field `$a`: the name is taken
;; 11:26: unexpected token `i32`: expected `)`
;; 12:26: unknown type `$none`: nothing has this name
;; 13:14: unexpected token `(`: expected `(type`
;; 15:24: unknown type `$c`: nothing has this name
;; 16:26: unexpected token `)`: expected a heap type
;; 17:31: unexpected token `)`: expected a heap type
;; 18:23: unknown operator reff: expected a value type; near: `ref`
;; 19:24: unexpected token `)`: expected a value type
;; 20:29: unexpected token `i32`: expected `)`
;; 21:21: unknown type 3: its parameters and results stand beside it
;; 22:38: inline function type: it differs from type 0, which is named beside it
;; 23:21: unknown type `$none`: nothing has this name
;; 24:21: unknown type 1: it is only made by what follows
;; 25:37: unexpected token `$x`: expected a value type
;; 26:29: unexpected token `$x`: expected a value type
;; 27:29: unexpected token `param`: expected no parameters behind results
;; 28:37: duplicate local `$x`: the name is taken
