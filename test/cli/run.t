# Programs: arguments, environment, directories, streams, exit statuses, entry points.

file echo.wat
    (module $echo
      (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "args_sizes_get"
        (func $args_sizes (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_get"
        (func $environ_get (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_sizes_get"
        (func $environ_sizes (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write"
        (func $fd_write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      ;; Prints bytes 8192 and on, with a newline for every NUL.
      (func $print (param $len i32) (local $i i32)
        (block $end (loop $next
          (br_if $end (i32.ge_u (local.get $i) (local.get $len)))
          (if (i32.eqz (i32.load8_u offset=8192 (local.get $i)))
            (then (i32.store8 offset=8192 (local.get $i) (i32.const 10))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $next)))
        (i32.store (i32.const 16) (i32.const 8192))
        (i32.store (i32.const 20) (local.get $len))
        (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24))))
      (func (export "_start")
        (drop (call $args_sizes (i32.const 0) (i32.const 4)))
        (drop (call $args_get (i32.const 1024) (i32.const 8192)))
        (call $print (i32.load (i32.const 4)))
        (drop (call $environ_sizes (i32.const 0) (i32.const 4)))
        (drop (call $environ_get (i32.const 1024) (i32.const 8192)))
        (call $print (i32.load (i32.const 4)))))

file exit.wat
    (module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (func (export "_start") (call $exit (i32.const 0)) (unreachable))
      (func (export "exit") (param i32) (call $exit (local.get 0)) (unreachable)))

file copy.wat
    (module
      (import "wasi_snapshot_preview1" "fd_read"
        (func $fd_read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write"
        (func $fd_write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\00\01\00\00\00\10\00\00")
      (func (export "_start") (local $error i32)
        (loop $next
          (i32.store (i32.const 4) (i32.const 4096))
          (local.set $error
            (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
          (if (local.get $error) (then (call $exit (local.get $error))))
          (if (i32.load (i32.const 8)) (then
            (i32.store (i32.const 4) (i32.load (i32.const 8)))
            (local.set $error
              (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
            (if (local.get $error) (then (call $exit (local.get $error))))
            (br $next)))))
      )

file open.wat
    (module
      (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_prestat_dir_name"
        (func $dir_name (param i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_prestat_get"
        (func $prestat (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write"
        (func $fd_write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (data (i32.const 64) "book../secret")
      ;; Prints the name of every directory, then opens "book" in the first and "../secret".
      (func (export "_start") (local $fd i32) (local $error i32)
        (local.set $fd (i32.const 3))
        (block $end (loop $next
          (br_if $end (call $prestat (local.get $fd) (i32.const 0)))
          (drop (call $dir_name (local.get $fd) (i32.const 1024) (i32.load (i32.const 4))))
          (i32.store8 offset=1024 (i32.load (i32.const 4)) (i32.const 10))
          (i32.store (i32.const 16) (i32.const 1024))
          (i32.store (i32.const 20) (i32.add (i32.load (i32.const 4)) (i32.const 1)))
          (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))
          (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
          (br $next)))
        (local.set $error (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4)
          (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32)))
        (if (local.get $error) (then (call $exit (local.get $error))))
        (if (i32.eqz (call $open (i32.const 3) (i32.const 0) (i32.const 68) (i32.const 9)
              (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32)))
          (then (call $exit (i32.const 99))))))

file socket.wat
    (module
      (import "wasi_snapshot_preview1" "fd_fdstat_get"
        (func $stat (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      ;; The file type of a descriptor, 6 for a stream socket; or 100 more than the error.
      (func (export "type") (param i32) (result i32)
        (local.tee 0 (call $stat (local.get 0) (i32.const 16)))
        (if (result i32)
          (then (i32.add (local.get 0) (i32.const 100)))
          (else (i32.load8_u (i32.const 16))))))

file reactor.wat
    (module
      (global $g (mut i32) (i32.const 1))
      (func (export "_initialize") (global.set $g (i32.const 42)))
      (func (export "get") (result i32) (global.get $g)))

file entries.wat
    (module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (global $g (mut i32) (i32.const 0))
      (func $start (global.set $g (i32.const 1)))
      (start $start)
      (func (export "_initialize") (global.set $g (i32.add (global.get $g) (i32.const 10))))
      (func (export "_start") (call $exit (i32.const 99)))
      (func (export "") (call $exit (i32.add (global.get $g) (i32.const 100)))))

file params.wat
    (module (func (export "_start") (param i32)))

file exit_early.wat
    (module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (func $start (call $exit (i32.const 9)))
      (start $start)
      (func (export "_start") (unreachable)))

file counter.wat
    (module
      (global $n (mut i32) (i32.const 0))
      (func (export "_initialize") (global.set $n (i32.const 30)))
      (func (export "next") (result i32)
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (global.get $n)))

file uses.wat
    (module
      (import "counter" "next" (func $next (result i32)))
      (func (export "sum") (result i32) (i32.add (call $next) (call $next))))

file middle.wat
    (module
      (import "counter" "next" (func $next (result i32)))
      (func (export "next") (result i32) (i32.mul (call $next) (i32.const 100))))

file outer.wat
    (module
      (import "middle" "next" (func $next (result i32)))
      (export "next" (func $next)))

file spin.wat
    (module (func (export "_start") (loop br 0)))

file wait.wat
    (module
      (import "wasi_snapshot_preview1" "poll_oneoff"
        (func $poll (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      ;; One subscription: the monotonic clock, a minute from now.
      (data (i32.const 16) "\01\00\00\00")
      (func (export "_start")
        (i64.store (i32.const 24) (i64.const 60_000_000_000))
        (drop (call $poll (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256)))))

test arguments, with the file's base name first
$ mkdir sub && cp echo.wasm sub
$ stint run sub/echo.wasm one --two ''
> echo.wasm
> one
> --two
>

test the word run may be left out
$ stint echo.wasm run
> echo.wasm
> run

test the program's name can be chosen
$ stint run --argv0 other echo.wasm
> other

test what follows the file belongs to the program
$ stint run echo.wasm --help -V
> echo.wasm
> --help
> -V

test a double dash ends the options
$ stint run -- echo.wasm -- x
> echo.wasm
> --
> x

test the environment is empty but for what is said
$ SEEN=yes HIDDEN=no stint run --env A=1 --env SEEN --env UNSET_HERE --env B= --env C=x=y echo.wasm
> echo.wasm
> A=1
> SEEN=yes
> B=
> C=x=y

test the whole environment
$ env -i STILL=here "$STINT" run -S inherit-env echo.wasm
> echo.wasm
> STILL=here

test a module from standard input
$ stint run - with args < echo.wasm
> -
> with
> args

test a module from standard input by default
$ stint - < echo.wasm
> -

test the program's exit status
$ stint exit.wasm; echo $?
$ for n in 0 1 42 125; do stint run --invoke exit exit.wasm $n 2>/dev/null; echo $?; done
> 0
> 0
> 1
> 42
> 125

test exit statuses that cannot be passed on
$ for n in 126 255 1000 -1; do stint run --invoke exit exit.wasm $n; echo $?; done 2>&1 |
$   grep -v experimental
> Error: failed to run main module `exit.wasm`
>
> Caused by:
>     0: failed to invoke `exit`
>     1: error while executing at wasm backtrace:
>     0:     0x6d - <unknown>!<wasm function 2>
>     2: proc_exit: exit with invalid exit status outside of [0..126)
>
> 1
> Error: failed to run main module `exit.wasm`
>
> Caused by:
>     0: failed to invoke `exit`
>     1: error while executing at wasm backtrace:
>     0:     0x6d - <unknown>!<wasm function 2>
>     2: proc_exit: exit with invalid exit status outside of [0..126)
>
> 1
> Error: failed to run main module `exit.wasm`
>
> Caused by:
>     0: failed to invoke `exit`
>     1: error while executing at wasm backtrace:
>     0:     0x6d - <unknown>!<wasm function 2>
>     2: proc_exit: exit with invalid exit status outside of [0..126)
>
> 1
> Error: failed to run main module `exit.wasm`
>
> Caused by:
>     0: failed to invoke `exit`
>     1: error while executing at wasm backtrace:
>     0:     0x6d - <unknown>!<wasm function 2>
>     2: proc_exit: exit with invalid exit status outside of [0..126)
>
> 1

test streams can be withheld
$ stint run -S inherit-stdout=n echo.wasm

test standard input reaches the program
$ stint copy.wasm
< first
< second
> first
> second

test standard input can be withheld
$ stint run -S inherit-stdin=n copy.wasm
< first

test a closed stdout is an error the program sees, and no file it can write
# 8 is EBADF of WASI.
$ echo x | stint copy.wasm >&-
= 8

test a full disk is an error the program sees
# 51 is ENOSPC of WASI.
$ echo x | stint copy.wasm > /dev/full
= 51

test a pipe that nobody reads is an error the program sees
# 64 is EPIPE of WASI.
$ (echo x; sleep 0.2; echo y) | (stint copy.wasm; echo $? >&2) | true
! 64

test directories under their own names and others
$ mkdir shelf other && touch shelf/book secret
$ stint run --dir shelf --dir=other::/mnt open.wasm
> shelf
> /mnt

test no directory, no file
# 8 is EBADF of WASI: there is no descriptor 3.
$ stint run open.wasm
= 8

test a directory that is not there
$ stint run --dir nowhere open.wasm
! Error: cannot hand in the directory `nowhere`: No such file or directory
= 1

test a file handed in as a directory
$ touch plain; stint run --dir plain open.wasm
! Error: cannot hand in the directory `plain`: Not a directory
= 1

test without WASI its functions are missing
$ stint run -S cli=n exit.wasm
! Error: failed to run main module `exit.wasm`
!
! Caused by:
!     0: failed to instantiate `exit.wasm`
!     1: unknown import: `wasi_snapshot_preview1::proc_exit` has not been defined: (func (param i32))
!
= 1

test a listener is the first descriptor, directories follow
$ stint run -S tcplisten=127.0.0.1:0 --dir . --invoke type socket.wasm 3 2>/dev/null
$ stint run -S tcplisten=127.0.0.1:0 --dir . --invoke type socket.wasm 4 2>/dev/null
$ stint run --invoke type socket.wasm 3 2>/dev/null
> 6
> 3
> 108

test no address to listen on
$ stint run -S tcplisten=nonsense socket.wasm
! Error: cannot hand in a listener
!
! Caused by:
!     failed to listen at 'nonsense': not of the form ADDRESS:PORT
!
= 1

# ---- entry points ----

test a reactor is initialized first
$ stint run --invoke get reactor.wasm 2>/dev/null
> 42

test a module without an entry does nothing
$ stint run reactor.wasm

test start function, _initialize, then the export without a name
$ stint run entries.wasm
= 111

test an entry that takes parameters
$ stint run params.wasm
! Error: failed to run main module `params.wasm`
!
! Caused by:
!     0: failed to invoke command default
!     1: it takes parameters or returns results: it can be called by --invoke
!
= 1

test a start function may end the program
$ stint run exit_early.wasm
= 9

# ---- preloads ----

test a preloaded module provides imports
$ stint run --preload counter=counter.wasm --invoke sum uses.wasm 2>/dev/null
> 63

test preloads see those before them
$ stint run --preload counter=counter.wasm --preload middle=middle.wasm --invoke next outer.wasm \
$   2>/dev/null
> 3100

test preloads in the wrong order
$ stint run --preload middle=middle.wasm --preload counter=counter.wasm --invoke next outer.wasm
! Error: failed to run main module `outer.wasm`
!
! Caused by:
!     0: failed to instantiate `middle.wasm`
!     1: unknown import: `counter::next` has not been defined: (func (result i32))
!
= 1

test a preload that is not there
$ stint run --preload counter=no.wasm uses.wasm
! Error: cannot read `no.wasm`: No such file or directory
= 1

test two preloads of one name
$ stint run --preload counter=counter.wasm --preload counter=counter.wasm uses.wasm
! Error: failed to preload `counter.wasm` as `counter`
!
! Caused by:
!     import of `counter::_initialize` defined twice
!
= 1

# ---- signals ----

test Ctrl-C ends a program that runs
$ timeout --preserve-status -s INT 0.5 stint run spin.wasm
= 130

test Ctrl-C ends a program that waits
$ timeout --preserve-status -s INT 0.5 stint run wait.wasm
= 130

# ---- time taken ----

test timings go to standard error
$ stint run -D timings reactor.wasm
!~ compile +[0-9]+\.[0-9]{3} ms
!~ instantiate +[0-9]+\.[0-9]{3} ms
!~ run +[0-9]+\.[0-9]{3} ms

test timings of a program that exits
$ stint run -D timings entries.wasm 2>&1 | wc -l
> 3

# ---- progress ----

test a terminal is told how far compiling is
needs script
needs /dev/pts/ptmx
$ python3 "$ROOT/test/cli/hostile.py" functions > long.wasm
$ script -qec 'stint run -C parallel-compilation=n,verify,check-ra long.wasm' /dev/null |
$   tr '\r' '\n' | grep -o 'compiling long.wasm: [0-9]* % of 80000 functions' |
$   sed 's/[0-9]* %/N %/' | head -1
> compiling long.wasm: N % of 80000 functions

test who is no terminal is told nothing
$ python3 "$ROOT/test/cli/hostile.py" functions > long.wasm
$ stint run -C parallel-compilation=n long.wasm
