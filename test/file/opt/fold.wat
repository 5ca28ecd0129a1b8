;;! test=build opt=1
;; One function for each family of rules/fold.r; every rule is checked by tools/rulecheck.py.
(module
  (func $add (param i32 i32) (result i32)
    (i32.add (i32.sub (i32.add (local.get 0) (i32.const 5)) (i32.const 7)) (i32.add (local.get 0) (local.get 0))))
  (func $mul (param i64) (result i64) (i64.mul (i64.mul (local.get 0) (i64.const 3)) (i64.const 8)))
  (func $logic (param i32) (result i32)
    (i32.xor (i32.or (i32.and (i32.and (local.get 0) (i32.const 0xff)) (i32.const 0x3c)) (i32.const 0)) (local.get 0)))
  (func $rotate (param i32 i32) (result i32)
    (i32.or (i32.shl (local.get 0) (local.get 1))
            (i32.shr_u (local.get 0) (i32.sub (i32.const 32) (local.get 1)))))
  (func $extend (param i32) (result i32) (i32.shr_s (i32.shl (local.get 0) (i32.const 24)) (i32.const 24)))
  (func $count (param i64 i64) (result i64) (i64.shl (local.get 0) (i64.and (local.get 1) (i64.const 63))))
  (func $invert (param i32 i32) (result i32) (i32.eqz (i32.lt_u (local.get 0) (local.get 1))))
  (func $twice (param f32 f32) (result i32) (i32.eqz (i32.eqz (f32.eq (local.get 0) (local.get 1)))))
  (func $narrow (param i32 i32) (result i32)
    (i64.lt_u (i64.extend_i32_u (local.get 0)) (i64.extend_i32_u (local.get 1))))
  (func $wrap (param i32 i32) (result i32)
    (i32.wrap_i64 (i64.add (i64.extend_i32_s (local.get 0)) (i64.extend_i32_u (local.get 1)))))
  (func $div (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 7)))
  (func $rem (param i64) (result i64) (i64.rem_s (local.get 0) (i64.const -16)))
  (func $zero (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 0)))
  (func $minus (param i32) (result i32) (i32.div_s (local.get 0) (i32.const -1)))
  (func $float (param f64) (result f64) (f64.div (f64.neg (f64.neg (local.get 0))) (f64.const 4)))
  (func $constant (result f64) (f64.add (f64.const 0.1) (f64.const 0.2)))
  (func $nan (result f64) (f64.sub (f64.const inf) (f64.const inf)))
  (func $select (param i32 i32) (result i32) (select (local.get 0) (local.get 1) (i32.eqz (local.get 1)))))
;; ---
;; func 0 (i32, i32) -> (i32)
;; pure:
;;   v3 = iconst.i32 0x5 @4d
;;   v4 = add.i32 v1, v3 @4f
;;   v5 = iconst.i32 0x7 @50
;;   v6 = iconst.i32 0xfffffff9 @52
;;   v7 = iconst.i32 0xfffffffe @52
;;   v8 = add.i32 v1, v7 @52
;;   v9 = iconst.i32 0x1 @57
;;   v10 = shl.i32 v1, v9 @57
;;   v11 = add.i32 v8, v10 @58
;; b0:
;;   v1 = param.i32 0
;;   v2 = param.i32 1
;;   v12: return (v11) @59
;; func 1 (i64) -> (i64)
;; pure:
;;   v2 = iconst.i64 0x3 @5e
;;   v3 = mul.i64 v1, v2 @60
;;   v4 = iconst.i64 0x8 @61
;;   v5 = iconst.i64 0x18 @63
;;   v6 = mul.i64 v1, v5 @63
;; b0:
;;   v1 = param.i64 0
;;   v7: return (v6) @64
;; func 2 (i32) -> (i32)
;; pure:
;;   v2 = iconst.i32 0xff @69
;;   v3 = and.i32 v1, v2 @6c
;;   v4 = iconst.i32 0x3c @6d
;;   v5 = and.i32 v1, v4 @6f
;;   v6 = iconst.i32 0x0 @70
;;   v7 = xor.i32 v1, v5 @75
;; b0:
;;   v1 = param.i32 0
;;   v8: return (v7) @76
;; func 3 (i32, i32) -> (i32)
;; pure:
;;   v3 = shl.i32 v1, v2 @7d
;;   v4 = iconst.i32 0x20 @80
;;   v5 = sub.i32 v4, v2 @84
;;   v6 = shr_u.i32 v1, v5 @85
;;   v7 = rotl.i32 v1, v2 @86
;; b0:
;;   v1 = param.i32 0
;;   v2 = param.i32 1
;;   v8: return (v7) @87
;; func 4 (i32) -> (i32)
;; pure:
;;   v2 = iconst.i32 0x18 @8c
;;   v3 = shl.i32 v1, v2 @8e
;;   v4 = sext8.i32 v1 @91
;; b0:
;;   v1 = param.i32 0
;;   v5: return (v4) @92
;; func 5 (i64, i64) -> (i64)
;; pure:
;;   v3 = iconst.i64 0x3f @99
;;   v4 = and.i64 v2, v3 @9b
;;   v5 = shl.i64 v1, v2 @9c
;; b0:
;;   v1 = param.i64 0
;;   v2 = param.i64 1
;;   v6: return (v5) @9d
;; func 6 (i32, i32) -> (i32)
;; pure:
;;   v3 = lt_u.i32 v1, v2 @a4
;;   v4 = iconst.i32 0x0 @a5
;;   v5 = le_u.i32 v2, v1 @a5
;; b0:
;;   v1 = param.i32 0
;;   v2 = param.i32 1
;;   v6: return (v5) @a6
;; func 7 (f32, f32) -> (i32)
;; pure:
;;   v3 = feq.i32 v1, v2 @ad
;;   v4 = iconst.i32 0x0 @ae
;;   v5 = fne.i32 v1, v2 @ae
;; b0:
;;   v1 = param.f32 0
;;   v2 = param.f32 1
;;   v6: return (v3) @b0
;; func 8 (i32, i32) -> (i32)
;; pure:
;;   v3 = ext_u.i64 v1 @b5
;;   v4 = ext_u.i64 v2 @b8
;;   v5 = lt_u.i32 v1, v2 @b9
;; b0:
;;   v1 = param.i32 0
;;   v2 = param.i32 1
;;   v6: return (v5) @ba
;; func 9 (i32, i32) -> (i32)
;; pure:
;;   v3 = ext_s.i64 v1 @bf
;;   v4 = ext_u.i64 v2 @c2
;;   v5 = add.i64 v3, v4 @c3
;;   v6 = add.i32 v1, v2 @c4
;; b0:
;;   v1 = param.i32 0
;;   v2 = param.i32 1
;;   v7: return (v6) @c5
;; func 10 (i32) -> (i32)
;; pure:
;;   v2 = iconst.i32 0x7 @ca
;;   v3 = ext_u.i64 v1 @cc
;;   v4 = iconst.i64 0x2492492492492493 @cc
;;   v5 = mulh_u.i64 v3, v4 @cc
;;   v6 = wrap.i32 v5 @cc
;; b0:
;;   v1 = param.i32 0
;;   v7: return (v6) @cd
;; func 11 (i64) -> (i64)
;; pure:
;;   v2 = iconst.i64 0xfffffffffffffff0 @d2
;;   v3 = iconst.i64 0x10 @d4
;;   v4 = iconst.i64 0x3f @d4
;;   v5 = shr_s.i64 v1, v4 @d4
;;   v6 = iconst.i64 0x3c @d4
;;   v7 = shr_u.i64 v5, v6 @d4
;;   v8 = add.i64 v1, v7 @d4
;;   v9 = and.i64 v8, v2 @d4
;;   v10 = sub.i64 v1, v9 @d4
;; b0:
;;   v1 = param.i64 0
;;   v11: return (v10) @d5
;; func 12 (i32) -> (i32)
;; pure:
;;   v2 = iconst.i32 0x0 @da
;; b0:
;;   v1 = param.i32 0
;;   v3 = div_u.i32 v1, v2 @dc
;;   v4: return (v3) @dd
;; func 13 (i32) -> (i32)
;; pure:
;;   v2 = iconst.i32 0xffffffff @e2
;; b0:
;;   v1 = param.i32 0
;;   v3 = div_s.i32 v1, v2 @e4
;;   v4: return (v3) @e5
;; func 14 (f64) -> (f64)
;; pure:
;;   v2 = fneg.f64 v1 @ea
;;   v3 = fconst.f64 0x4010000000000000 @ec
;;   v4 = fconst.f64 0x3fd0000000000000 @f5
;;   v5 = fmul.f64 v1, v4 @f5
;; b0:
;;   v1 = param.f64 0
;;   v6: return (v5) @f6
;; func 15 () -> (f64)
;; pure:
;;   v1 = fconst.f64 0x3fb999999999999a @f9
;;   v2 = fconst.f64 0x3fc999999999999a @102
;;   v3 = fconst.f64 0x3fd3333333333334 @10b
;; b0:
;;   v4: return (v3) @10c
;; func 16 () -> (f64)
;; pure:
;;   v1 = fconst.f64 0x7ff0000000000000 @10f
;;   v2 = fsub.f64 v1, v1 @121
;; b0:
;;   v3: return (v2) @122
;; func 17 (i32, i32) -> (i32)
;; pure:
;;   v3 = iconst.i32 0x0 @12b
;;   v4 = eq.i32 v2, v3 @12b
;;   v5 = select.i32 v2, v2, v1 @12c
;; b0:
;;   v1 = param.i32 0
;;   v2 = param.i32 1
;;   v6: return (v5) @12d
