;;! test=build inline=1 fuel=1 epoch=1
(module
  (tag $t (param i32))
  (func $first (param i32 i32) (result i32) (local.get 0))
  (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  ;; a body with two ways out, and a call that is inlined into it
  (func $maybe (param i32) (result i32) (local i32)
    (if (local.get 0) (then (return (call $divide (local.get 0) (local.get 1)))))
    (local.set 1 (i32.const 3))
    (local.get 1))
  (func $never (unreachable))
  (func $error (param i32) (drop (local.get 0)))
  (func $throws (param i32) (throw $t (local.get 0)))
  ;; constants come through
  (func (export "constant") (result i32) (call $first (i32.const 5) (i32.const 6)))
  ;; each operator has its place
  (func (export "places") (param i32) (result i32) (call $maybe (local.get 0)))
  ;; what follows a body without a way out is not reached
  (func (export "dead") (result i32) (call $never) (i32.const 1))
  ;; what is followed by unreachable is called
  (func (export "reports") (call $error (i32.const 1)) unreachable)
  ;; into itself, twice
  (func $self (export "recursive") (param i32) (result i32) (call $self (local.get 0)))
  ;; locals of both in a handler around the call; a throw that is a branch
  (func (export "caught") (param i32) (result i32) (local i32)
    (block $h (result i32)
      (local.set 1 (i32.const 9))
      (try_table (catch $t $h) (call $throws (local.get 0)))
      (local.get 1)))
)
;; ---
;; func 0 (i32, i32) -> (i32)
;; pure:
;; b0:
;;   v1: poll @77
;;   v2 = param.i32 0
;;   v3 = param.i32 1
;;   v4: fuel 2 @79
;;   v5: return (v2) @79
;; func 1 (i32, i32) -> (i32)
;; pure:
;; b0:
;;   v1: poll @7c
;;   v2 = param.i32 0
;;   v3 = param.i32 1
;;   v4 = div_s.i32 v2, v3 @80
;;   v5: fuel 4 @81
;;   v6: return (v4) @81
;; func 2 (i32) -> (i32)
;; pure:
;;   v3 = iconst.i32 0x0
;;   v10 = iconst.i32 0x3 @92
;; b0:
;;   v1: poll @86
;;   v2 = param.i32 0
;;   v4: fuel 3 @88
;;   v5: br v2 -> b1, b2 @88
;; b1: <- b0
;;   v6: fuel 3 @8e
;;   v7 = div_s.i32 v2, v3 @80<8e
;;   v8: fuel 4 @81<8e
;;   v9: return (v7) @90
;; b2: <- b0
;;   v11: fuel 3 @98
;;   v12: return (v10) @98
;; func 3 () -> ()
;; pure:
;; b0:
;;   v1: poll @9b
;;   v2: fuel 1 @9b
;;   v3: trap 9 @9b
;; func 4 (i32) -> ()
;; pure:
;; b0:
;;   v1: poll @9f
;;   v2 = param.i32 0
;;   v3: fuel 2 @a2
;;   v4: return () @a2
;; func 5 (i32) -> ()
;; pure:
;;   v4 = ctxld.i64 8 @a7
;;   v7 = ctxld.i64 64 @a7
;;   v9 = iconst.i32 0x0 @a7
;; b0:
;;   v1: poll @a5
;;   v2 = param.i32 0
;;   v3: fuel 3 @a7
;;   v5 = pload.i64 v4, 3, 64 @a7
;;   v6: pstore v5, v2 0, 0 @a7
;;   v8: pstore v4, v7 56, 3 @a7
;;   v10: pstore v4, v9 72, 3 @a7
;;   v11: libcall 36 () @a7
;;   v12: trap 9 @a7
;; func 6 () -> (i32)
;; pure:
;;   v2 = iconst.i32 0x5 @ac
;;   v3 = iconst.i32 0x6 @ae
;; b0:
;;   v1: poll @ac
;;   v4: fuel 4 @b0
;;   v5: fuel 2 @79<b0
;;   v6: return (v2) @b2
;; func 7 (i32) -> (i32)
;; pure:
;;   v4 = iconst.i32 0x0 @b7
;;   v11 = iconst.i32 0x3 @92<b7
;; b0:
;;   v1: poll @b5
;;   v2 = param.i32 0
;;   v3: fuel 3 @b7
;;   v5: fuel 3 @88<b7
;;   v6: br v2 -> b1, b2 @88<b7
;; b1: <- b0
;;   v7: fuel 3 @8e<b7
;;   v8 = div_s.i32 v2, v4 @80<8e<b7
;;   v9: fuel 4 @81<8e<b7
;;   v10: jump -> b3 @90<b7
;; b2: <- b0
;;   v12: fuel 3 @98<b7
;;   v13: jump -> b3 @98<b7
;; b3: <- b1, b2
;;   v14 = phi.i32 (v8, v11) @98<b7
;;   v15: return (v14) @b9
;; func 8 () -> (i32)
;; pure:
;; b0:
;;   v1: poll @bc
;;   v2: fuel 2 @bc
;;   v3: fuel 1 @9b<bc
;;   v4: trap 9 @9b<bc
;; func 9 () -> ()
;; sig 0 (i32) -> ()
;; pure:
;;   v2 = iconst.i32 0x1 @c3
;; b0:
;;   v1: poll @c3
;;   v3: fuel 3 @c5
;;   v4: call 4 sig 0 (v2) @c5
;;   v5: trap 9 @c7
;; func 10 (i32) -> (i32)
;; sig 2 (i32) -> (i32)
;; pure:
;; b0:
;;   v1: poll @cb
;;   v2 = param.i32 0
;;   v3: fuel 3 @cd
;;   v4: fuel 3 @cd<cd
;;   v5: fuel 3 @cd<cd<cd
;;   v6 = call.i32 10 sig 2 (v2) @cd<cd<cd
;;   v7: return (v6) @cf
;; func 11 (i32) -> (i32)
;; pure:
;;   v3 = iconst.i32 0x0
;;   v4 = iconst.i32 0x9 @d6
;; b0:
;;   v1: poll @d4
;;   v2 = param.i32 0
;;   v5: fuel 6 @e2
;;   v6: fuel 3 @a7<e2
;;   v7: jump -> b1 @a7<e2
;; b1: <- b0
;;   v8: return (v2) @e8
