;; A contract: accounts in memory, eight bytes each, and what may be done with them.
(module $contract
  (memory (export "memory") 1)
  (global $transfers (export "transfers") (mut i64) (i64.const 0))
  (global $accounts i32 (i32.const 100))

  (func $at (param $account i32) (result i32)
    (if (i32.ge_u (local.get $account) (global.get $accounts)) (then (unreachable)))
    (i32.shl (local.get $account) (i32.const 3)))

  (func (export "deposit") (param $account i32) (param $amount i64) (result i64)
    (i64.store (call $at (local.get $account))
      (i64.add (i64.load (call $at (local.get $account))) (local.get $amount)))
    (i64.load (call $at (local.get $account))))

  ;; Takes first and looks afterwards: what is wrong is undone by the host.
  (func $transfer (export "transfer") (param $from i32) (param $to i32) (param $amount i64)
    (result i64)
    (global.set $transfers (i64.add (global.get $transfers) (i64.const 1)))
    (i64.store (call $at (local.get $to))
      (i64.add (i64.load (call $at (local.get $to))) (local.get $amount)))
    (i64.store (call $at (local.get $from))
      (i64.sub (i64.load (call $at (local.get $from))) (local.get $amount)))
    (if (i64.lt_s (i64.load (call $at (local.get $from))) (i64.const 0)) (then (unreachable)))
    (i64.load (call $at (local.get $from))))

  ;; From one account to each of the first n.
  (func (export "share") (param $from i32) (param $n i32) (param $amount i64) (result i64)
    (local $to i32)
    (loop $next
      (drop (call $transfer (local.get $from) (local.get $to) (local.get $amount)))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $to) (local.get $n))))
    (i64.load (call $at (local.get $from)))))
