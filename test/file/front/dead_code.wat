;;! test=build
;; Nothing behind a branch is translated, constructs in it included.
(module (func (result i32)
  (block $out (result i32)
    (br $out (i32.const 1))
    (if (i32.const 0) (then (loop $l (br $l))))
    (i32.const 2)))
  (func (unreachable) (drop (i32.add (i32.const 1) (i32.const 2)))))
;; ---
;; func 0 () -> (i32)
;; pure:
;;   v1 = iconst.i32 0x1 @1e
;; b0:
;;   v2: jump -> b1 @20
;; b1: <- b0
;;   v3: return (v1) @2f
;; func 1 () -> ()
;; pure:
;; b0:
;;   v1: trap 9 @32
