;;! test=text
;; What is wrong with instructions, and where.
(module (func (i32.ad (i32.const 1))))
(module (func i32.add i32.const))
(module (func (i32.add i32.const 1)))
(module (func (i32.const 1.5)))
(module (func (i32.const 4294967296)))
(module (func (i64.const 0x1_0000_0000_0000_0000)))
(module (func (f32.const 1e39)))
(module (func (f64.const nan:0x0)))
(module (func (f32.const x)))
(module (func (local.get $x)))
(module (func (param $x i32)) (func (local.get $x)))
(module (func (call $f)))
(module (func (param $width i32) (local $height i32) (drop (local.get $widht))))
(module (func $call_me) (func $call_them) (global $call_mf i32 (i32.const 0)) (func (call $cal_me)))
(module (func (global.get $g)))
(module (func (br $l)))
(module (func (block $l) (br $l)))
(module (func (block $l (br $m))))
(module (func block $l end $m))
(module (func block end $l))
(module (func block
  loop))
(module (func end))
(module (func else))
(module (func if else else end))
(module (func catch_all))
(module (func (if (i32.const 1))))
(module (func (if (i32.const 1) (else))))
(module (func (if (i32.const 1) (then) (then))))
(module (func (if (i32.const 1) (then) (else) (nop))))
(module (func (then)))
(module (func (end)))
(module (func (i32.load align=3 (i32.const 0))))
(module (func (i32.load align=0 (i32.const 0))))
(module (func (i32.load offset=-1 (i32.const 0))))
(module (func (i32.load offset=18446744073709551616 (i32.const 0))))
(module (func (i32.load align=4 offset=4 (i32.const 0))))
(module (func (v128.const i32x4 1 2 3)))
(module (func (v128.const i32x4 1 2 3 4 5)))
(module (func (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 256)))
(module (func (v128.const 1)))
(module (func (i8x16.shuffle 0 1 2)))
(module (func (i8x16.extract_lane_s 256)))
(module (func (struct.get 0 $f)))
(module (type $t (struct (field $f i32))) (func (struct.get $t $g)))
(module (func (ref.null $none)))
(module (func (ref.null i32)))
(module (func (br_table)))
(module (func (try_table (catch $none 0))))
(module (func (try (do))))
(module (func (nop))
  (func (nop)
(module (func))
;; ---
;; 3:16: unknown operator i32.ad: expected an instruction; near: `i32.add`, `i32.and`, `i32.load`
;; 4:32: unexpected token `)`: expected an integer
;; 5:24: unexpected token `i32.const`: expected `(` or `)`
;; 6:26: unexpected token `1.5`: expected an integer
;; 7:26: constant out of range: `4294967296` is no i32
;; 8:26: constant out of range: `0x1_0000_0000_0000_0000` is no i64
;; 9:26: constant out of range: `1e39` is no f32: it is too large
;; 10:26: constant out of range: `nan:0x0` is no f64: the payload must not be zero and must fit
;; 11:26: unknown operator x: expected a number
;; 12:26: unknown local `$x`: nothing has this name
;; 13:48: unknown local `$x`: nothing has this name
;; 14:21: unknown function `$f`: nothing has this name
;; 15:71: unknown local `$widht`: nothing has this name; near: `$width`
;; 16:91: unknown function `$cal_me`: nothing has this name; near: `$call_me`
;; 17:27: unknown global `$g`: nothing has this name
;; 18:19: unknown label `$l`: nothing has this name
;; 19:30: unknown label `$l`: nothing has this name
;; 20:29: unknown label `$m`: nothing has this name
;; 21:28: mismatching label `$m`: the construct has another one, or none
;; 22:25: mismatching label `$l`: the construct has another one, or none
;; 24:7: unexpected token `)`: expected `end` for what begins on line 24, column 3
;; 25:15: unexpected token `end`: expected an instruction: nothing is open that it could end
;; 26:15: unexpected token `else`: expected an instruction: there is no open `if` here
;; 27:23: unexpected token `else`: expected an instruction: there is no open `if` here
;; 28:15: unexpected token `catch_all`: expected an instruction: there is no open `try` here
;; 29:32: unexpected token `)`: expected `(then`
;; 30:34: unexpected token `else`: expected an instruction
;; 31:41: unexpected token `then`: expected `else`, or `)`
;; 32:48: unexpected token `nop`: expected `)`
;; 33:16: unexpected token `then`: expected an instruction
;; 34:16: unexpected token `end`: expected an instruction
;; 35:25: alignment must be a power of two: found `align=3`
;; 36:25: alignment must be a power of two: found `align=0`
;; 37:25: unknown operator `offset=-1`: expected an unsigned integer behind =
;; 38:25: i64 constant out of range: `offset=18446744073709551616`, expected at most 18446744073709551615
;; 39:33: unexpected token `offset=4`: expected `(` or `)`
;; 40:38: wrong number of lane literals: found `)` behind 3 of them, expected 4
;; 41:41: wrong number of lane literals: found `5` behind 4 of them, expected 4
;; 42:63: constant out of range: `256` is no i8
;; 43:27: unexpected token `1`: expected a shape, such as i32x4
;; 44:35: invalid lane length: found `)` behind 3 lanes, expected 16
;; 45:37: i8 constant out of range: `256`, expected at most 255
;; 46:29: unknown field `$f`: nothing has this name
;; 47:64: unknown field `$g`: nothing has this name
;; 48:25: unknown type `$none`: nothing has this name
;; 49:25: unexpected token `i32`: expected a heap type
;; 50:24: unexpected token `)`: expected the index or name of a label
;; 51:33: unknown tag `$none`: nothing has this name
;; 52:16: unknown operator try: this needs the legacy-exceptions feature, which is switched off
;; 55:2: unexpected token `module`: expected an instruction, or `)` for what begins on line 54, column 3
