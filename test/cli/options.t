# The command line itself.

file m.wat
    (module (func (export "_start")))

test the version
$ stint --version; stint -V; stint run --version
> stint 50.0.0
> stint 50.0.0
> stint 50.0.0

test no file
$ stint
$ stint run
! error: no file to run; `stint --help` tells what there is
! error: no file to run; `stint --help` tells what there is
= 2

test an unknown option names near ones
$ stint run --dri . m.wasm
$ stint run --preloads a=b m.wasm
$ stint run -z m.wasm
! error: unknown option `--dri`; near: `--dir`
! error: unknown option `--preloads`; near: `--preload`
! error: unknown option `-z`
= 2

test an unknown key names near ones
$ stint run -W max-memory=1 m.wasm
$ stint run -O optlevel=2 m.wasm
$ stint run -C paralel-compilation m.wasm
$ stint run -D tmings m.wasm
$ stint run -S inherit-stdn m.wasm
$ stint run -W qqqqqqqq m.wasm
! error: unknown -W / --wasm option: max-memory; near: `max-memory-size`, `max-memories`
! error: unknown -O / --optimize option: optlevel; near: `opt-level`
! error: unknown -C / --codegen option: paralel-compilation; near: `parallel-compilation`
! error: unknown -D / --debug option: tmings; near: `timings`
! error: unknown -S / --wasi option: inherit-stdn; near: `inherit-stdin`, `inherit-stdout`, `inherit-stderr`
! error: unknown -W / --wasm option: qqqqqqqq
= 2

test bad values
$ stint run -O opt-level=3 m.wasm
$ stint run -W simd=maybe m.wasm
$ stint run -D dump=nothing m.wasm
$ stint run -C cpu=z80 m.wasm
$ stint run --profile=guest m.wasm
! error: failed to parse -O option `opt-level=3`: expected 0, 1, 2 or s
! error: failed to parse -W option `simd=maybe`: expected y or n
! error: failed to parse -D option `dump=nothing`: expected all, or names of passes: build, schedule, lower, ra, emit
! error: failed to parse -C option `cpu=z80`: expected host, baseline, none, or features of this CPU
! error: --profile: expected perfmap, not `guest`
= 2

test missing arguments
$ stint run --dir
$ stint run -W
$ stint run --env =x m.wasm
$ stint run --preload x m.wasm
! error: option --dir needs an argument: HOST[::GUEST]
! error: option --wasm needs an argument: KEY[=VALUE],...
! error: --env: `=x` has no name
! error: --preload: expected NAME=FILE, not `x`
= 2

test arguments where there are none
$ stint run --allow-precompiled=yes m.wasm
! error: option --allow-precompiled has no argument
= 2

test options of other commands
$ stint validate --dir . m.wasm
$ stint run -o x m.wasm
$ stint compile --invoke f m.wasm
! error: `stint validate` takes no option --dir
! error: `stint run` takes no option --output
! error: `stint compile` takes no option --invoke
= 2

test all spellings
$ stint run -O opt-level=1,gs=n -Cverify,check-ra=y -W=simd=y --wasm bulk-memory=true m.wasm &&
$   stint run --debug=max-backtrace=0x10 --wasi cli=no --optimize opt-level=s m.wasm && echo all
> all

test options may stand behind the file of other commands
$ stint validate m.wasm -W simd=n
> m.wasm: valid

test help is written from the tables
$ stint --help | grep -c '^  ' | sed 's/[0-9][0-9]/many/'
$ stint -h | head -8
$ stint help run | grep -- --dir
$ stint run --help | head -3
$ stint compile -h | grep -- --output
$ stint -W help | grep timeout
$ stint run -S help-long | head -2
> many
> Runs WebAssembly programs at compiled speed, in a sandbox.
>
> Usage: stint [run] [OPTIONS] FILE [ARG...]
>        stint COMMAND [OPTIONS] ...
>
> Commands:
>   run                         Run a program; the word run may be left out
>   compile                     Compile a module to machine code in a file
>       --dir HOST[::GUEST]     Hand the program a directory, which it sees as GUEST
> Run a program; the word run may be left out.
>
> Usage: stint run [OPTIONS] FILE [ARG...]
>   -o, --output FILE           Where to write; - is standard output
>   timeout                     stop the program after this time: 2, 2s, 100ms
>   cli                         offer WASI at all [y]
>   inherit-env                 hand on all environment variables [n]

test help for what there is not
$ stint help frobnicate
$ stint help vlidate
! error: there is no command `frobnicate`
! error: there is no command `vlidate`; near: `validate`
= 2

test the number of operands
$ stint compile; stint compile a b; stint objdump; stint settings x; stint validate
! error: expected one file to compile, not 0
! error: expected one file to compile, not 2
! error: expected one file, not 0
! error: `stint settings` takes no file
! error: no file to validate
= 2

test settings
$ stint settings | head -1
$ stint settings | grep -c '  \(yes\|no\) *\(yes\|no\)$'
$ stint settings -C cpu=none | grep -c '  \(yes\|no\) *yes$'
> stint 50.0.0
> 21
> 0
= 1

test a dump of the compiler
$ stint run --dump=build m.wasm 2>&1 | head -1
$ stint run -D dump=build+emit m.wasm 2>&1 | grep -c '^;; pass'
> ;; pass build, function 0
> 2

test every command and option stands in the manual
$ tr -d '\\' < "$ROOT/man/stint.1" > page
$ for c in run compile validate objdump settings help; do
$   grep -q "^\.B $c\$" page || echo "$c is missing"; stint $c --help
$ done | grep -o '^.* is missing\|--[a-z][a-z0-9-]*' | sort -u | while read -r word; do
$   grep -q -- "$word" page && echo found || echo "$word"
$ done | sort | uniq -c
>~  +18 found
