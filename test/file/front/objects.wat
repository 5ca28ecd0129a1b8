;;! test=build
;; Fields at base + reference + offset; a null check serves what it dominates; an object is taken from
;; between gc_next and gc_limit, or made by a call; tests read the header of what stands in for null.
(module
  (type $n (sub (struct (field $v i32) (field $l (mut (ref null $n))))))
  (type $m (sub final $n (struct (field $v i32) (field $l (mut (ref null $n))) (field i8))))
  (type $a (array (mut i16)))
  (func (param $x (ref null $n)) (result i32)
    (struct.set $n $l (local.get $x) (ref.null $n))
    (struct.get $n $v (local.get $x)))
  (func (param i32) (result (ref $m))
    (struct.new $m (local.get 0) (ref.null $n) (i32.const 3)))
  (func (param $x anyref) (result i32)
    (i32.add (ref.test (ref $m) (local.get $x)) (ref.test (ref null $n) (local.get $x))))
  (func (param $a (ref $a)) (param $i i32) (result i32)
    (i32.add (array.get_s $a (local.get $a) (local.get $i))
             (array.get_u $a (local.get $a) (i32.const 4)))))
;; ---
;; func 0 (gcref) -> (i32)
;; pure:
;;   v2 = iconst.gcref 0x0 @49
;;   v3 = eq.i32 v1, v2 @4b
;;   v5 = ctxld.i64 40 @4b
;;   v6 = ea.i64 v5, v1, 12 @4b
;;   v8 = ea.i64 v5, v1, 8 @51
;; b0:
;;   v1 = param.gcref 0
;;   v4: trapif v3, 13 @4b
;;   v7: pstore v6, v2 0, 268435468 @4b
;;   v9 = pload.i32 v8, 268435456, 0 @51
;;   v10: return (v9) @55
;; func 1 (i32) -> (gcref)
;; pure:
;;   v2 = iconst.gcref 0x0 @5a
;;   v3 = iconst.i32 0x3 @5c
;;   v4 = ctxld.i32 68 @5e
;;   v5 = ctxld.i64 8 @5e
;;   v8 = iconst.i32 0x18 @5e
;;   v9 = add.i32 v6, v8 @5e
;;   v10 = lt_u.i32 v7, v9 @5e
;;   v18 = iconst.i32 0x0 @5e
;;   v19 = ext_u.i64 v4 @5e
;;   v20 = ctxld.i64 40 @5e
;;   v21 = ea.i64 v20, v17, 0 @5e
;;   v23 = ea.i64 v20, v17, 16 @5e
;;   v25 = ea.i64 v20, v17, 12 @5e
;;   v27 = ea.i64 v20, v17, 8 @5e
;; b0:
;;   v1 = param.i32 0
;;   v6 = pload.i32 v5, 3, 48 @5e
;;   v7 = pload.i32 v5, 3, 52 @5e
;;   v11: br v10 -> b1, b2 @5e
;; b1: <- b0 cold
;;   v12 = libcall.gcref 25 (v4, v8) @5e
;;   v13: jump -> b3 @5e
;; b2: <- b0
;;   v14 = pload.gcref v5, 3, 48 @5e
;;   v15: pstore v5, v9 48, 3 @5e
;;   v16: jump -> b3 @5e
;; b3: <- b1, b2
;;   v17 = phi.gcref (v12, v14) @5e
;;   v22: pstore v21, v19 0, 268435456 @5e
;;   v24: store8 v23, v3, 268435456 @5e
;;   v26: pstore v25, v2 0, 268435468 @5e
;;   v28: pstore v27, v1 0, 268435456 @5e
;;   v29: return (v17) @61
;; func 2 (gcref) -> (i32)
;; pure:
;;   v2 = iconst.gcref 0x10000 @66
;;   v3 = iconst.gcref 0x0 @66
;;   v4 = eq.i32 v1, v3 @66
;;   v5 = select.gcref v4, v2, v1 @66
;;   v6 = is_i31.i32 v1 @66
;;   v7 = select.gcref v6, v2, v5 @66
;;   v8 = ctxld.i64 40 @66
;;   v9 = ea.i64 v8, v7, 0 @66
;;   v11 = ctxld.i32 68 @66
;;   v12 = eq.i32 v10, v11 @66
;;   v13 = ctxld.i32 64 @6b
;;   v14 = iconst.i64 0x5 @6b
;;   v15 = ext_u.i64 v10 @6b
;;   v16 = shl.i64 v15, v14 @6b
;;   v17 = ctxld.i64 8 @6b
;;   v19 = add.i64 v16, v18 @6b
;;   v21 = eq.i32 v13, v20 @6b
;;   v22 = or.i32 v4, v21 @6b
;;   v23 = add.i32 v12, v22 @6e
;; b0:
;;   v1 = param.gcref 0
;;   v10 = pload.i32 v9, 268435456, 0 @66
;;   v18 = pload.i64 v17, 268435456, 40 @6b
;;   v20 = pload.i32 v19, 268435456, 0 @6b
;;   v24: return (v23) @6f
;; func 3 (gcref, i32) -> (i32)
;; pure:
;;   v3 = ctxld.i64 40 @76
;;   v4 = ea.i64 v3, v1, 4 @76
;;   v6 = le_u.i32 v5, v2 @76
;;   v8 = elem.i32 v1, v2, 1 @76
;;   v9 = ea.i64 v3, v8, 8 @76
;;   v11 = iconst.i32 0x4 @7b
;;   v12 = le_u.i32 v5, v11 @7d
;;   v14 = ea.i64 v3, v1, 16 @7d
;;   v16 = add.i32 v10, v15 @80
;; b0:
;;   v1 = param.gcref 0
;;   v2 = param.i32 1
;;   v5 = pload.i32 v4, 268435456, 0 @76
;;   v7: trapif v6, 14 @76
;;   v10 = load16_s.i32 v9, 268435458 @76
;;   v13: trapif v12, 14 @7d
;;   v15 = load16_u.i32 v14, 268435458 @7d
;;   v17: return (v16) @81
