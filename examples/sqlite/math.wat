;; Functions of numbers need no declaration: i64 is integer, f64 is real.
(module
  (func (export "gcd") (param $a i64) (param $b i64) (result i64)
    (local $rest i64)
    (loop $again
      (if (i64.eqz (local.get $b)) (then (return (local.get $a))))
      (local.set $rest (i64.rem_u (local.get $a) (local.get $b)))
      (local.set $a (local.get $b))
      (local.set $b (local.get $rest))
      (br $again))
    (unreachable))
  (func (export "distance") (param $x f64) (param $y f64) (param $x1 f64) (param $y1 f64)
    (result f64)
    (f64.sqrt (f64.add (f64.mul (f64.sub (local.get $x) (local.get $x1))
                                (f64.sub (local.get $x) (local.get $x1)))
                       (f64.mul (f64.sub (local.get $y) (local.get $y1))
                                (f64.sub (local.get $y) (local.get $y1)))))))
