;;! test=build
;; Own constant, own variable, exported variable, imported variable.
(module (import "m" "g" (global $i (mut i32)))
  (global $c i32 (i32.const 1)) (global $v (mut i32) (i32.const 2))
  (global $x (export "x") (mut i32) (i32.const 3))
  (func (result i32)
    (global.set $v (global.get $c)) (global.set $x (i32.const 9))
    (i32.add (global.get $i) (i32.add (global.get $v) (global.get $v)))))
;; ---
;; func 0 () -> (i32)
;; pure:
;;   v1 = ctxld.i32 80 @3b
;;   v3 = iconst.i32 0x9 @3f
;;   v5 = ctxld.i64 64 @43
;;   v7 = iconst.i32 0x1 @49
;;   v8 = shl.i32 v1, v7 @49
;;   v9 = add.i32 v6, v8 @4a
;; b0:
;;   v2: ctxset v1, 106, 96 @3d
;;   v4: ctxset v3, 2, 112 @41
;;   v6 = pload.i32 v5, 2, 0 @43
;;   v10: return (v9) @4b
