;;! test=build sealed=1 devirtualize=1 inline=1
(module
  (type $i (func (result i32)))
  (type $v (func (param i32)))
  (type $once (func (param i32) (result i32)))
  (type $super (sub (func (param i64))))
  (type $below (sub final $super (func (param i64))))
  (table $t 8 funcref)
  (table $written 8 funcref)
  (table $out (export "out") 8 funcref)
  (elem (table $t) (i32.const 1) func $a $b $v $once $super $below)
  (elem (table $written) (i32.const 0) func $a)
  (elem (table $out) (i32.const 0) func $a)
  (func $a (type $i) (i32.const 1))
  (func $b (type $i) (i32.const 2))
  (func $v (type $v))
  (func $once (type $once) (i32.add (local.get 0) (local.get 0)))
  (func $super (type $super))
  (func $below (type $below))
  (func $writes (table.set $written (i32.const 0) (ref.null func)))
  ;; two it may be, checked once
  (func (export "several") (param i32) (result i32)
    (i32.add (call_indirect $t (type $i) (local.get 0))
      (call_indirect $t (type $i) (local.get 0))))
  ;; one it may be, and that is inlined
  (func (export "only") (param i32) (result i32)
    (call_indirect $t (type $once) (i32.const 3) (local.get 0)))
  ;; the index is constant
  (func (export "constant") (result i32) (call_indirect $t (type $i) (i32.const 2)))
  ;; constant, but it traps
  (func (export "null") (result i32) (call_indirect $t (type $i) (i32.const 0)))
  ;; within the table whatever the operand is
  (func (export "masked") (param i32) (result i32)
    (call_indirect $t (type $i) (i32.and (local.get 0) (i32.const 7))))
  ;; a type that others are below
  (func (export "general") (param i32) (call_indirect $t (type $super) (i64.const 1) (local.get 0)))
  ;; in the callers' way, where exceptions go
  (func (export "try") (param i32)
    (block $h (try_table (catch_all $h) (call_indirect $t (type $v) (local.get 0) (local.get 0)))))
  (func (export "tail") (param i32) (result i32) (return_call_indirect $t (type $i) (local.get 0)))
  ;; not sealed
  (func (export "written") (param i32) (result i32)
    (call_indirect $written (type $i) (local.get 0)))
  (func (export "out1") (param i32) (result i32) (call_indirect $out (type $i) (local.get 0)))
)
;; ---
;; func 0 () -> (i32)
;; pure:
;;   v1 = iconst.i32 0x1 @cb
;; b0:
;;   v2: return (v1) @cd
;; func 1 () -> (i32)
;; pure:
;;   v1 = iconst.i32 0x2 @d0
;; b0:
;;   v2: return (v1) @d2
;; func 2 (i32) -> ()
;; pure:
;; b0:
;;   v1 = param.i32 0
;;   v2: return () @d5
;; func 3 (i32) -> (i32)
;; pure:
;;   v2 = iconst.i32 0x1 @dc
;;   v3 = shl.i32 v1, v2 @dc
;; b0:
;;   v1 = param.i32 0
;;   v4: return (v3) @dd
;; func 4 (i64) -> ()
;; pure:
;; b0:
;;   v1 = param.i64 0
;;   v2: return () @e0
;; func 5 (i64) -> ()
;; pure:
;; b0:
;;   v1 = param.i64 0
;;   v2: return () @e3
;; func 6 () -> ()
;; pure:
;;   v1 = iconst.i32 0x0 @e6
;;   v2 = iconst.ref 0x0 @e8
;;   v3 = iconst.i64 0x0 @ea
;;   v4 = ctxld.i64 72 @ea
;;   v6 = eq.i32 v5, v3 @ea
;;   v9 = iconst.i64 0x3 @ea
;; b0:
;;   v5 = pload.i64 v4, 0, 8 @ea
;;   v7: trapif v6, 3 @ea
;;   v8 = pload.i64 v4, 0, 0 @ea
;;   v10: pstore v8, v2 0, 1 @ea
;;   v11: return () @ec
;; func 7 (i32) -> (i32)
;; sig 0 () -> (i32)
;; pure:
;;   v2 = iconst.i32 0x8 @f1
;;   v3 = le_u.i32 v2, v1 @f1
;;   v5 = ctxld.i64 88 @f1
;;   v6 = ext_u.i64 v1 @f1
;;   v7 = iconst.i64 0x2 @f1
;;   v8 = shl.i64 v6, v7 @f1
;;   v9 = add.i64 v5, v8 @f1
;;   v11 = iconst.i32 0x1 @f1
;;   v12 = ne.i32 v10, v11 @f1
;;   v14 = iconst.i32 0x0 @f1
;;   v15 = eq.i32 v10, v14 @f1
;;   v18 = iconst.i64 0x3 @f1
;;   v19 = shl.i64 v6, v18 @f1
;;   v20 = add.i64 v5, v19 @f1
;;   v24 = add.i32 v22, v23 @f9
;; b0:
;;   v1 = param.i32 0
;;   v4: trapif v3, 3 @f1
;;   v10 = pload.i32 v9, 268435456, 64 @f1
;;   v13: br v12 -> b1, b2 @f1
;; b1: <- b0
;;   v16: trapif v15, 4 @f1
;;   v17: trap 5 @f1
;; b2: <- b0
;;   v21 = pload.i64 v20, 268435456, 0 @f1
;;   v22 = call_code.i32 v21, 0 () @f1
;;   v23 = call_code.i32 v21, 0 () @f6
;;   v25: return (v24) @fa
;; func 8 (i32) -> (i32)
;; pure:
;;   v2 = iconst.i32 0x3 @fd
;;   v3 = iconst.i32 0x8 @101
;;   v4 = le_u.i32 v3, v1 @101
;;   v6 = ctxld.i64 88 @101
;;   v7 = ext_u.i64 v1 @101
;;   v8 = iconst.i64 0x2 @101
;;   v9 = shl.i64 v7, v8 @101
;;   v10 = add.i64 v6, v9 @101
;;   v12 = ne.i32 v11, v2 @101
;;   v14 = iconst.i32 0x0 @101
;;   v15 = eq.i32 v11, v14 @101
;;   v18 = iconst.i64 0x3 @101
;;   v19 = shl.i64 v7, v18 @101
;;   v20 = add.i64 v6, v19 @101
;;   v21 = iconst.i32 0x6 @dc<101
;; b0:
;;   v1 = param.i32 0
;;   v5: trapif v4, 3 @101
;;   v11 = pload.i32 v10, 268435456, 64 @101
;;   v13: br v12 -> b1, b2 @101
;; b1: <- b0
;;   v16: trapif v15, 4 @101
;;   v17: trap 5 @101
;; b2: <- b0
;;   v22: return (v21) @104
;; func 9 () -> (i32)
;; pure:
;;   v1 = iconst.i32 0x2 @107
;; b0:
;;   v2: return (v1) @10c
;; func 10 () -> (i32)
;; sig 0 () -> (i32)
;; pure:
;;   v1 = iconst.i32 0x0 @10f
;;   v2 = iconst.i32 0x8 @111
;;   v3 = ctxld.i64 88 @111
;;   v4 = iconst.i64 0x0 @111
;;   v5 = iconst.i64 0x2 @111
;;   v7 = iconst.i32 0x1 @111
;;   v8 = ne.i32 v6, v7 @111
;;   v10 = eq.i32 v6, v1 @111
;;   v13 = iconst.i64 0x3 @111
;; b0:
;;   v6 = pload.i32 v3, 268435456, 64 @111
;;   v9: br v8 -> b1, b2 @111
;; b1: <- b0
;;   v11: trapif v10, 4 @111
;;   v12: trap 5 @111
;; b2: <- b0
;;   v14 = pload.i64 v3, 268435456, 0 @111
;;   v15 = call_code.i32 v14, 0 () @111
;;   v16: return (v15) @114
;; func 11 (i32) -> (i32)
;; sig 0 () -> (i32)
;; pure:
;;   v2 = iconst.i32 0x7 @119
;;   v3 = and.i32 v1, v2 @11b
;;   v4 = iconst.i32 0x8 @11c
;;   v5 = iconst.i32 0x0 @11c
;;   v6 = ctxld.i64 88 @11c
;;   v7 = ext_u.i64 v3 @11c
;;   v8 = iconst.i64 0x2 @11c
;;   v9 = shl.i64 v7, v8 @11c
;;   v10 = add.i64 v6, v9 @11c
;;   v12 = iconst.i32 0x1 @11c
;;   v13 = ne.i32 v11, v12 @11c
;;   v15 = eq.i32 v11, v5 @11c
;;   v18 = iconst.i64 0x3 @11c
;;   v19 = shl.i64 v7, v18 @11c
;;   v20 = add.i64 v6, v19 @11c
;; b0:
;;   v1 = param.i32 0
;;   v11 = pload.i32 v10, 268435456, 64 @11c
;;   v14: br v13 -> b1, b2 @11c
;; b1: <- b0
;;   v16: trapif v15, 4 @11c
;;   v17: trap 5 @11c
;; b2: <- b0
;;   v21 = pload.i64 v20, 268435456, 0 @11c
;;   v22 = call_code.i32 v21, 0 () @11c
;;   v23: return (v22) @11f
;; func 12 (i32) -> ()
;; sig 3 (i64) -> ()
;; pure:
;;   v2 = iconst.i64 0x1 @122
;;   v3 = ext_u.i64 v1 @126
;;   v4 = ctxld.i64 64 @126
;;   v6 = le_u.i32 v5, v3 @126
;;   v9 = iconst.i64 0x3 @126
;;   v10 = shl.i64 v3, v9 @126
;;   v11 = add.i64 v8, v10 @126
;;   v13 = iconst.ref 0x0 @126
;;   v14 = eq.i32 v12, v13 @126
;;   v17 = ctxld.i32 124 @126
;;   v18 = iconst.i64 0x5 @126
;;   v19 = ext_u.i64 v16 @126
;;   v20 = shl.i64 v19, v18 @126
;;   v21 = ctxld.i64 8 @126
;;   v23 = add.i64 v20, v22 @126
;;   v25 = eq.i32 v17, v24 @126
;;   v26 = iconst.i32 0x0 @126
;;   v27 = ne.i32 v17, v24 @126
;; b0:
;;   v1 = param.i32 0
;;   v5 = pload.i64 v4, 0, 8 @126
;;   v7: trapif v6, 3 @126
;;   v8 = pload.i64 v4, 0, 0 @126
;;   v12 = pload.ref v11, 1, 0 @126
;;   v15: trapif v14, 4 @126
;;   v16 = pload.i32 v12, 0, 24 @126
;;   v22 = pload.i64 v21, 268435456, 40 @126
;;   v24 = pload.i32 v23, 268435456, 0 @126
;;   v28: trapif v27, 5 @126
;;   v29: call_ref v12, 3 (v2) @126
;;   v30: return () @129
;; func 13 (i32) -> ()
;; pure:
;;   v2 = iconst.i32 0x8 @137
;;   v3 = le_u.i32 v2, v1 @137
;;   v5 = ctxld.i64 88 @137
;;   v6 = ext_u.i64 v1 @137
;;   v7 = iconst.i64 0x2 @137
;;   v8 = shl.i64 v6, v7 @137
;;   v9 = add.i64 v5, v8 @137
;;   v11 = iconst.i32 0x2 @137
;;   v12 = ne.i32 v10, v11 @137
;;   v14 = iconst.i32 0x0 @137
;;   v15 = eq.i32 v10, v14 @137
;;   v18 = iconst.i64 0x3 @137
;;   v19 = shl.i64 v6, v18 @137
;;   v20 = add.i64 v5, v19 @137
;; b0:
;;   v1 = param.i32 0
;;   v4: trapif v3, 3 @137
;;   v10 = pload.i32 v9, 268435456, 64 @137
;;   v13: br v12 -> b1, b2 @137
;; b1: <- b0
;;   v16: trapif v15, 4 @137
;;   v17: trap 5 @137
;; b2: <- b0
;;   v21: return () @13c
;; func 14 (i32) -> (i32)
;; sig 0 () -> (i32)
;; pure:
;;   v2 = iconst.i32 0x8 @141
;;   v3 = le_u.i32 v2, v1 @141
;;   v5 = ctxld.i64 88 @141
;;   v6 = ext_u.i64 v1 @141
;;   v7 = iconst.i64 0x2 @141
;;   v8 = shl.i64 v6, v7 @141
;;   v9 = add.i64 v5, v8 @141
;;   v11 = iconst.i32 0x1 @141
;;   v12 = ne.i32 v10, v11 @141
;;   v14 = iconst.i32 0x0 @141
;;   v15 = eq.i32 v10, v14 @141
;;   v18 = iconst.i64 0x3 @141
;;   v19 = shl.i64 v6, v18 @141
;;   v20 = add.i64 v5, v19 @141
;; b0:
;;   v1 = param.i32 0
;;   v4: trapif v3, 3 @141
;;   v10 = pload.i32 v9, 268435456, 64 @141
;;   v13: br v12 -> b1, b2 @141
;; b1: <- b0
;;   v16: trapif v15, 4 @141
;;   v17: trap 5 @141
;; b2: <- b0
;;   v21 = pload.i64 v20, 268435456, 0 @141
;;   v22: tail_call_code v21, 0 () @141
;; func 15 (i32) -> (i32)
;; sig 0 () -> (i32)
;; pure:
;;   v2 = ext_u.i64 v1 @149
;;   v3 = ctxld.i64 72 @149
;;   v5 = le_u.i32 v4, v2 @149
;;   v8 = iconst.i64 0x3 @149
;;   v9 = shl.i64 v2, v8 @149
;;   v10 = add.i64 v7, v9 @149
;;   v12 = iconst.ref 0x0 @149
;;   v13 = eq.i32 v11, v12 @149
;;   v16 = ctxld.i32 112 @149
;;   v17 = eq.i32 v15, v16 @149
;;   v18 = iconst.i32 0x0 @149
;;   v19 = ne.i32 v15, v16 @149
;; b0:
;;   v1 = param.i32 0
;;   v4 = pload.i64 v3, 0, 8 @149
;;   v6: trapif v5, 3 @149
;;   v7 = pload.i64 v3, 0, 0 @149
;;   v11 = pload.ref v10, 1, 0 @149
;;   v14: trapif v13, 4 @149
;;   v15 = pload.i32 v11, 0, 24 @149
;;   v20: trapif v19, 5 @149
;;   v21 = call_ref.i32 v11, 0 () @149
;;   v22: return (v21) @14c
;; func 16 (i32) -> (i32)
;; sig 0 () -> (i32)
;; pure:
;;   v2 = ext_u.i64 v1 @151
;;   v3 = ctxld.i64 80 @151
;;   v5 = le_u.i32 v4, v2 @151
;;   v8 = iconst.i64 0x3 @151
;;   v9 = shl.i64 v2, v8 @151
;;   v10 = add.i64 v7, v9 @151
;;   v12 = iconst.ref 0x0 @151
;;   v13 = eq.i32 v11, v12 @151
;;   v16 = ctxld.i32 112 @151
;;   v17 = eq.i32 v15, v16 @151
;;   v18 = iconst.i32 0x0 @151
;;   v19 = ne.i32 v15, v16 @151
;; b0:
;;   v1 = param.i32 0
;;   v4 = pload.i64 v3, 0, 8 @151
;;   v6: trapif v5, 3 @151
;;   v7 = pload.i64 v3, 0, 0 @151
;;   v11 = pload.ref v10, 1, 0 @151
;;   v14: trapif v13, 4 @151
;;   v15 = pload.i32 v11, 0, 24 @151
;;   v20: trapif v19, 5 @151
;;   v21 = call_ref.i32 v11, 0 () @151
;;   v22: return (v21) @154
