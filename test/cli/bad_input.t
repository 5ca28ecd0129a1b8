# Files that are no modules, or bad ones: one clear message, status 1.

file add.wat
    (module (func (export "add") (param i32 i32) (result i32)
      (i32.add (local.get 0) (local.get 1))))

bytes component.wasm
    00 "asm" 0d 00 01 00

bytes version.wasm
    00 "asm" 02 00 00 00

bytes truncated.wasm
    00 "asm" 01 00 00 00
    01 07 01 60 02 7f

bytes type.wasm
    00 "asm" 01 00 00 00
    01 05 01 60 00 01 7f             ; type 0: no parameters, an i32
    03 02 01 00
    0a 06 01 04 00 42 00 0b          ; i64.const 0, end

bytes huge.wasm
    00 "asm" 01 00 00 00
    01 ff ff ff ff 0f 00             ; a section that claims 4 GiB

bytes count.wasm
    00 "asm" 01 00 00 00
    01 05 ff ff ff ff 0f             ; that many types

test a file that is not there
$ stint run nothing.wasm
! Error: cannot read `nothing.wasm`: No such file or directory
= 1

test a word that is neither command nor file
$ stint vaildate x.wasm
! Error: there is no command and no file `vaildate`; near: `validate`
= 1

test a directory
$ mkdir folder && stint run folder
! Error: cannot read `folder`: Is a directory
= 1

test an empty file
$ : > empty.wasm; stint run empty.wasm
! Error: cannot use `empty.wasm`: the file is empty
= 1

test empty standard input
$ stint run - < /dev/null
! Error: cannot use `-`: the file is empty
= 1

test a text file
$ echo 'hello, world' > text.wasm; stint run text.wasm
! Error: cannot use `text.wasm`: it is a text file, not a WebAssembly module
= 1

test a script
$ printf '#!/bin/sh\necho no\n' > script; stint run script
! Error: cannot use `script`: it is a text file, not a WebAssembly module
= 1

test other binary files
$ stint run "$STINT"  2>&1 | sed "s|$STINT|STINT|"
> Error: cannot use `STINT`: it is not a WebAssembly module

test a component
$ stint run component.wasm
! Error: cannot use `component.wasm`: it is a component; only core modules can be used yet
= 1

test another version of the format
$ stint run version.wasm
! Error: failed to load `version.wasm`
!
! Caused by:
!     0: failed to compile
!     1: Invalid input WebAssembly code at offset 4: unknown binary version 0x00000002, expected 1
!
= 1

test no permission
$ cp add.wasm closed.wasm; chmod 0 closed.wasm
# Root may read everything unless it gives that up.
$ [ "$(id -u)" != 0 ] || strip='setpriv --bounding-set=-dac_override,-dac_read_search'
$ $strip stint run closed.wasm
! Error: cannot read `closed.wasm`: Permission denied
= 1

test a file without an end
$ stint run /dev/zero
! Error: cannot read `/dev/zero`: File too large
= 1

test a truncated module
$ stint run truncated.wasm
! Error: failed to load `truncated.wasm`
!
! Caused by:
!     0: failed to compile
!     1: Invalid input WebAssembly code at offset 14: length out of bounds: the type section at 8 announces 7 bytes, 4 are there
!
= 1

test every truncation of a module is refused or harmless
$ size=$(wc -c < add.wasm)
$ for n in $(seq 1 $((size - 1))); do
$   head -c $n add.wasm > cut.wasm
$   stint run cut.wasm 2>err
$   case $? in 0) echo "$n: fine" ;; 1) grep -q offset err || cat err ;; *) echo "$n: $?" ;; esac
$ done
> 8: fine
> 17: fine

test a type error names the byte, what was found and what expected
$ stint run type.wasm
! Error: failed to load `type.wasm`
!
! Caused by:
!     0: failed to compile
!     1: Invalid input WebAssembly code at offset 26: type mismatch: instruction requires [i32] but stack has [i64], at end
!
= 1

test a section that claims 4 GiB
$ stint run huge.wasm
! Error: failed to load `huge.wasm`
!
! Caused by:
!     0: failed to compile
!     1: Invalid input WebAssembly code at offset 15: length out of bounds: the type section at 8 announces 4294967295 bytes, 1 are there
!
= 1

test a count of 4 billion
$ stint run count.wasm
! Error: failed to load `count.wasm`
!
! Caused by:
!     0: failed to compile
!     1: Invalid input WebAssembly code at offset 10: too many types: 4294967295, at most 1000000 are supported
!
= 1

test other commands say the same of bad files
$ mkdir folder
$ for command in compile validate objdump; do
$   for file in nothing.wasm folder component.wasm version.wasm; do
$     stint $command $file > out 2>&1 && echo "$command takes $file"; head -1 out
$   done
$ done
> Error: cannot read `nothing.wasm`: No such file or directory
> Error: cannot read `folder`: Is a directory
> Error: cannot use `component.wasm`: it is a component; only core modules can be used yet
> Error: failed to load `version.wasm`
> Error: cannot read `nothing.wasm`: No such file or directory
> Error: cannot read `folder`: Is a directory
> Error: cannot use `component.wasm`: it is a component; only core modules can be used yet
> version.wasm: not valid: Invalid input WebAssembly code at offset 4: unknown binary version 0x00000002, expected 1
> Error: cannot read `nothing.wasm`: No such file or directory
> Error: cannot read `folder`: Is a directory
> Error: cannot use `component.wasm`: it is a component; only core modules can be used yet
> Error: failed to load `version.wasm`

# ---- hostile modules, made by hostile.py: an end in bounded time and memory ----

test deep nesting
$ python3 "$ROOT/test/cli/hostile.py" nesting > m.wasm
$ ulimit -v 8000000; timeout 60 stint run m.wasm

test deep nesting that is never closed
$ python3 "$ROOT/test/cli/hostile.py" open > m.wasm; timeout 60 stint run m.wasm
! Error: failed to load `m.wasm`
!
! Caused by:
!     0: failed to compile
!     1: Invalid input WebAssembly code at offset 2000039: unexpected end of section or function: the body ends inside of 1000001 blocks
!
= 1

test fifty thousand locals
$ python3 "$ROOT/test/cli/hostile.py" locals > m.wasm; timeout 60 stint run m.wasm

test more locals than there can be
$ python3 "$ROOT/test/cli/hostile.py" many-locals > m.wasm; timeout 60 stint run m.wasm
! Error: failed to load `m.wasm`
!
! Caused by:
!     0: failed to compile
!     1: Invalid input WebAssembly code at offset 35: too many locals: 4294967295, at most 50000 are supported
!
= 1

test a br_table of 65520 entries
$ python3 "$ROOT/test/cli/hostile.py" table > m.wasm; timeout 60 stint run m.wasm

test a body of seven megabytes
$ python3 "$ROOT/test/cli/hostile.py" body > m.wasm; timeout 100 stint run m.wasm

test a million types
$ python3 "$ROOT/test/cli/hostile.py" types > m.wasm; timeout 60 stint run m.wasm

test names that lie
# A name section counts for nothing: what is wrong in it is left out.
$ python3 "$ROOT/test/cli/hostile.py" names > m.wasm; timeout 60 stint run m.wasm

test a hundred thousand segments
$ python3 "$ROOT/test/cli/hostile.py" segments > m.wasm; timeout 60 stint run m.wasm

test more segments than there can be
$ python3 "$ROOT/test/cli/hostile.py" many-segments > m.wasm; timeout 60 stint run m.wasm
! Error: failed to load `m.wasm`
!
! Caused by:
!     0: failed to compile
!     1: Invalid input WebAssembly code at offset 40: too many data segments: 1000000, at most 100000 are supported
!
= 1

test ten thousand missing imports
$ python3 "$ROOT/test/cli/hostile.py" imports > m.wasm; timeout 60 stint run m.wasm 2> err; echo $?
$ head -6 err; grep -c 'unknown import' err; tail -2 err
> 1
> Error: failed to run main module `m.wasm`
>
> Caused by:
>     0: failed to instantiate `m.wasm`
>     1: unknown import: `m::0` has not been defined: (func)
>        unknown import: `m::1` has not been defined: (func)
> 10000
>        unknown import: `m::9999` has not been defined: (func)
>

test memory that the system refuses, at any moment
# From too little to read the file to enough for all of it; 127 is the loader of the system.
$ python3 "$ROOT/test/cli/hostile.py" locals > m.wasm
$ for kb in $(seq 6000 1000 40000); do
$   (ulimit -v $kb; stint run m.wasm > out 2>&1); status=$?
$   case $status in
$   0 | 127) ;;
$   1) grep -q -i -E 'out of memory|cannot allocate|refuses' out || { echo $kb; cat out; } ;;
$   *) echo "$kb: $status"; cat out ;;
$   esac
$ done; echo done
> done

test Ctrl-C ends compiling
$ python3 "$ROOT/test/cli/hostile.py" functions > m.wasm
$ timeout --preserve-status -s INT 0.2 stint compile -o out.cwasm m.wasm; echo $?
$ [ ! -e out.cwasm ]
> 130

# ---- output ----

test a closed stdout
$ stint run --invoke add add.wasm 1 2 >&- 2>err; status=$?; tail -1 err; exit $status
> Error: cannot write to standard output: Bad file descriptor
= 1

test a full disk
$ stint run --invoke add add.wasm 1 2 2>err > /dev/full; status=$?; tail -1 err; exit $status
$ stint --help > /dev/full
> Error: cannot write to standard output: No space left on device
= 1

test every command that prints tells of a full disk
$ for words in "validate add.wasm" settings "-O help" "run --help" --help; do
$   stint $words > /dev/full 2> err && echo "$words: fine"; cat err
$   stint $words >&- 2> err && echo "$words: fine"; cat err
$ done
> Error: cannot write to standard output: No space left on device
> Error: cannot write to standard output: Bad file descriptor
> Error: cannot write to standard output: No space left on device
> Error: cannot write to standard output: Bad file descriptor
> Error: cannot write to standard output: No space left on device
> Error: cannot write to standard output: Bad file descriptor
> Error: cannot write to standard output: No space left on device
> Error: cannot write to standard output: Bad file descriptor
> Error: cannot write to standard output: No space left on device
> Error: cannot write to standard output: Bad file descriptor

test help into a closed stdout
$ stint --version >&-
! Error: cannot write to standard output: Bad file descriptor
= 1

test all streams closed
$ stint run add.wasm <&- >&- 2>&-

test compiling onto a full disk
$ stint compile -o /dev/full add.wasm
! Error: cannot write `/dev/full`: No space left on device
= 1

test compiling into a directory that is not there
$ stint compile -o nowhere/x add.wasm
! Error: cannot write `nowhere/x`: No such file or directory
= 1

test compiling onto a directory
$ mkdir folder; stint compile -o folder add.wasm; ls -A folder
! Error: cannot write `folder`: Is a directory

test a disk that fills up leaves nothing half-written
# No file may be longer than a block: less than the artifact.
$ echo old > out.cwasm; (ulimit -f 1; stint compile -o out.cwasm add.wasm); echo $?
$ cat out.cwasm; ls out*
> 1
> old
> out.cwasm
! Error: cannot write `out.cwasm`: File too large
