;;! test=build func=1
;; Several results, an import, a tail call.
(module (import "m" "f" (func $f (param i32) (result i32 i64)))
  (func (param i32) (result i64)
    (call $f (local.get 0)) (drop) (drop)
    (return_call $g (local.get 0)))
  (func $g (param i32) (result i64) (i64.const 0)))
;; ---
;; func 1 (i32) -> (i64)
;; sig 0 (i32) -> (i32, i64)
;; sig 1 (i32) -> (i64)
;; pure:
;; b0:
;;   v1 = param.i32 0
;;   v2 = call_import.i32 0, 0 (v1) @2b
;;   v3 = result.i64 v2, 1 @2b
;;   v4: tail_call 2 sig 1 (v1) @31
