;;! test=schedule
;; A block that only traps is cold.
(module (func (param i32) (result i32)
  (if (i32.eqz (local.get 0)) (then (unreachable))) (i32.const 1)))
;; ---
;; func 0 (i32) -> (i32)
;; b0:
;;   v1 = param.i32 0
;;   v2 = iconst.i32 0x0 @1b
;;   v3 = eq.i32 v1, v2 @1b
;;   v4: br v3 -> b1, b2 @1c
;; b1: <- b0 cold
;;   v5: trap 9 @1e
;; b2: <- b0
;;   v6 = iconst.i32 0x1 @20
;;   v7: return (v6) @22
