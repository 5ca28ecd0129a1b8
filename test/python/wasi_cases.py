"""WASI: what a program gets and what it gives back."""

import os
import tempfile
from pathlib import Path

import wasmtime as w
from cases import case, cases, first_line, kind_of_failure, tried

NEEDED = {
    "args_sizes_get": "i32 i32", "args_get": "i32 i32", "environ_sizes_get": "i32 i32",
    "environ_get": "i32 i32", "fd_write": "i32 i32 i32 i32", "fd_read": "i32 i32 i32 i32",
    "fd_close": "i32", "fd_prestat_get": "i32 i32", "fd_prestat_dir_name": "i32 i32 i32",
    "path_open": "i32 i32 i32 i32 i32 i64 i64 i32 i32", "random_get": "i32 i32",
    "clock_time_get": "i32 i64 i32", "sched_yield": "", "path_create_directory": "i32 i32 i32",
    "path_unlink_file": "i32 i32 i32",
}


def program(body, data=""):
    """A text with these functions, a page of memory with `data` at 1024, and `_start`."""
    imports = "".join(f'(import "wasi_snapshot_preview1" "{name}" (func ${name} (param {params}) '
                      '(result i32)))' for name, params in NEEDED.items())
    return f"""(module {imports}
        (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
        (memory (export "memory") 1) (data (i32.const 1024) "{data}")
        (func $say (param i32 i32 i32) (result i32) ;; descriptor, address, length
            (i32.store (i32.const 0) (local.get 1)) (i32.store (i32.const 4) (local.get 2))
            (call $fd_write (local.get 0) (i32.const 0) (i32.const 1) (i32.const 8)))
        (func (export "_start") {body}))"""


class Run:
    """The end of a program: what it wrote, how it ended."""

    def __init__(self, wat, prepare=lambda config: None, stdin=b""):
        engine = w.Engine()
        self.store = w.Store(engine)
        self.linker = w.Linker(engine)
        self.linker.define_wasi()
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in ("in", "out", "err")]
            Path(paths[0]).write_bytes(stdin)
            config = w.WasiConfig()
            config.stdin_file, config.stdout_file, config.stderr_file = paths
            prepare(config)
            self.store.set_wasi(config)
            instance = self.linker.instantiate(self.store, w.Module(engine, wat))
            self.exports = instance.exports(self.store)
            self.end = tried(self.exports["_start"], self.store)
            self.out, self.err = (Path(path).read_bytes().decode() for path in paths[1:])

    def number(self, at):
        return int.from_bytes(self.exports["memory"].read(self.store, at, at + 4), "little")

    def text(self, at, size):
        return bytes(self.exports["memory"].read(self.store, at, at + size)).decode()


def seen(run):
    code = run.end.code if isinstance(run.end, w.ExitTrap) else None
    return type(run.end).__name__, code, run.out, run.err


@case
def wasi_program_says_hello():
    return seen(Run(program("(drop (call $say (i32.const 1) (i32.const 1024) (i32.const 6)))",
                            "hello\\n")))


@case
def wasi_program_complains():
    return seen(Run(program("(drop (call $say (i32.const 2) (i32.const 1024) (i32.const 3)))",
                            "err")))


@cases(zero=0, one=1, more=42, most=125, over=126, byte=255, negative=-1, large=1 << 20)
def wasi_exit(status):
    return seen(Run(program(f"(call $proc_exit (i32.const {status}))")))


@case
def wasi_exit_is_an_error_with_a_code():
    end = Run(program("(call $proc_exit (i32.const 3))")).end
    return isinstance(end, w.WasmtimeError), end.code, str(end).split("\n")[0], str(
        end).split("\n")[-1].strip()


@case
def wasi_trap_is_no_exit():
    return first_line(lambda: (_ for _ in ()).throw(Run(program("unreachable")).end))


@cases(none=([],), one=(["a"],), some=(["prog", "-x", "\u00e4 b", ""],))
def wasi_arguments(given):
    def prepare(config):
        config.argv = given
    run = Run(program("""(drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
        (drop (call $args_get (i32.const 100) (i32.const 200)))"""), prepare)
    return run.number(16), run.number(20), run.text(200, run.number(20))


@cases(none=([],), one=([("A", "1")],), some=([("A", "b c"), ("EMPTY", ""), ("\u00e4", "=x")],))
def wasi_environment(pairs):
    def prepare(config):
        config.env = pairs
    run = Run(program("""(drop (call $environ_sizes_get (i32.const 16) (i32.const 20)))
        (drop (call $environ_get (i32.const 100) (i32.const 200)))"""), prepare)
    return run.number(16), run.number(20), run.text(200, run.number(20))


@case
def wasi_environment_is_inherited():
    os.environ["STINT_SEEN_BY_A_CASE"] = "yes"
    run = Run(program("""(drop (call $environ_sizes_get (i32.const 16) (i32.const 20)))
        (drop (call $environ_get (i32.const 100) (i32.const 8192)))"""),
              lambda config: config.inherit_env())
    return "STINT_SEEN_BY_A_CASE=yes" in run.text(8192, run.number(20)).split("\0")


@case
def wasi_arguments_are_nothing_at_first():
    run = Run(program("(drop (call $args_sizes_get (i32.const 16) (i32.const 20)))"))
    return run.number(16), run.number(20)


READ = """(i32.store (i32.const 0) (i32.const 2048)) (i32.store (i32.const 4) (i32.const 100))
    (i32.store (i32.const 12) (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1)
        (i32.const 8)))"""


@cases(empty=b"", line=b"a line\n", long=b"x" * 150)
def wasi_input(data):
    run = Run(program(READ), stdin=data)
    return run.number(12), run.number(8), run.text(2048, run.number(8))


@cases(out=("stdout_custom", 1), err=("stderr_custom", 2))
def wasi_output_to_a_function(name, descriptor):
    parts = []
    run = Run(program(f"""(drop (call $say (i32.const {descriptor}) (i32.const 1024)
        (i32.const 3))) (drop (call $say (i32.const {descriptor}) (i32.const 1027)
        (i32.const 3)))""", "abcdef"), lambda config: setattr(config, name, parts.append))
    return b"".join(parts), seen(run)


@cases(stdin="stdin_file", stdout="stdout_file", stderr="stderr_file")
def wasi_file_that_cannot_be(name):
    return tried(setattr, w.WasiConfig(), name, "/nowhere/at/all"), tried(
        setattr, w.WasiConfig(), name, Path("/nowhere/at/all"))


@case
def wasi_output_file_is_made_and_emptied():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "out")
        path.write_text("before")
        w.WasiConfig().stdout_file = str(path)
        again = Path(folder, "new")
        w.WasiConfig().stdout_file = again
        return path.read_text(), again.exists()


@case
def wasi_folder_that_is_not_there():
    return tried(w.WasiConfig().preopen_dir, "/nowhere/at/all", "/")


@case
def wasi_config_is_taken_by_a_store():
    config = w.WasiConfig()
    w.Store().set_wasi(config)
    return tried(w.Store().set_wasi, config)


def in_folder(body, *more, data="file.txt"):
    """Runs a program that has a folder with file.txt as /d, its third descriptor."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "file.txt").write_text("content")
        run = Run(program(body, data), lambda config: config.preopen_dir(folder, "/d", *more))
        return run, {path.name: path.read_text() if path.is_file() else None
                     for path in Path(folder).iterdir()}


@case
def wasi_folder_has_its_name():
    run, _ = in_folder("""(i32.store (i32.const 12) (call $fd_prestat_get (i32.const 3)
        (i32.const 16))) (i32.store (i32.const 24) (call $fd_prestat_dir_name (i32.const 3)
        (i32.const 100) (i32.load (i32.const 20)))) (i32.store (i32.const 28)
        (call $fd_prestat_get (i32.const 4) (i32.const 40)))""")
    return [run.number(at) for at in (12, 20, 24, 28)], run.text(100, run.number(20))


def opening(flags, rights, length=8):
    return f"""(i32.store (i32.const 12) (call $path_open (i32.const 3) (i32.const 0)
        (i32.const 1024) (i32.const {length}) (i32.const {flags}) (i64.const {rights})
        (i64.const 0) (i32.const 0) (i32.const 16)))"""


@case
def wasi_file_is_read():
    run, _ = in_folder(opening(0, 2) + """(i32.store (i32.const 0) (i32.const 2048))
        (i32.store (i32.const 4) (i32.const 100)) (drop (call $fd_read (i32.load (i32.const 16))
        (i32.const 0) (i32.const 1) (i32.const 8)))""")
    return run.number(12), run.number(8), run.text(2048, run.number(8))


@cases(create=(1, 64), exclusive=(5, 64), truncate=(8, 64), folder=(2, 2))
def wasi_file_is_opened(flags, rights):
    run, files = in_folder(opening(flags, rights))
    return run.number(12), files


@cases(writable=(), also=(True,), not_writable=(False,))
def wasi_file_is_written(*mutable):
    run, files = in_folder(opening(1, 64, 7) + """(if (i32.eqz (i32.load (i32.const 12)))
        (then (drop (call $say (i32.load (i32.const 16)) (i32.const 1024) (i32.const 3)))))
        (i32.store (i32.const 20) (call $path_create_directory (i32.const 3) (i32.const 1024)
            (i32.const 3)))""", *mutable, data="new.txt.")
    return run.number(12), run.number(20), files


@cases(missing="nothing", outside="../file", absolute="/etc/pas", deep="a/b/c/de")
def wasi_path_that_leads_nowhere(path):
    run, _ = in_folder(opening(0, 2, len(path)), data=path)
    return run.number(12)


@case
def wasi_file_is_removed():
    run, files = in_folder("""(i32.store (i32.const 12) (call $path_unlink_file (i32.const 3)
        (i32.const 1024) (i32.const 8)))""")
    return run.number(12), files


@cases(closed=77, negative=-1)
def wasi_descriptor_that_is_not_open(descriptor):
    run = Run(program(f"""(i32.store (i32.const 12) (call $fd_close (i32.const {descriptor})))
        (i32.store (i32.const 16) (call $say (i32.const {descriptor}) (i32.const 0)
            (i32.const 0)))"""))
    return run.number(12), run.number(16)


@case
def wasi_small_services():
    run = Run(program("""(i32.store (i32.const 12) (call $random_get (i32.const 100)
        (i32.const 16))) (i32.store (i32.const 16) (call $clock_time_get (i32.const 1)
        (i64.const 0) (i32.const 200))) (i32.store (i32.const 20) (call $sched_yield))
        (i32.store (i32.const 24) (call $clock_time_get (i32.const 9) (i64.const 0)
        (i32.const 200)))"""))
    return [run.number(at) for at in (12, 16, 20, 24)]


@case
def wasi_store_without_configuration():
    engine = w.Engine()
    store, linker = w.Store(engine), w.Linker(engine)
    linker.define_wasi()
    instance = linker.instantiate(store, w.Module(engine, program("(drop (call $sched_yield))")))
    return type(instance).__name__


@case
def wasi_is_defined_once():
    linker = w.Linker(w.Engine())
    linker.define_wasi()
    again = first_line(linker.define_wasi)
    linker.allow_shadowing = True
    return again, kind_of_failure(linker.define_wasi)


@case
def wasi_functions_have_types():
    engine = w.Engine()
    linker = w.Linker(engine)
    linker.define_wasi()
    store = w.Store(engine)
    return {name: linker.get(store, "wasi_snapshot_preview1", name).type(store)
            for name in [*NEEDED, "proc_exit", "fd_seek", "poll_oneoff", "sock_accept"]}


@case
def wasi_older_name():
    engine = w.Engine()
    linker = w.Linker(engine)
    linker.define_wasi()
    return kind_of_failure(linker.get, w.Store(engine), "wasi_unstable", "fd_write")


@case
def wasi_command_is_a_default():
    engine = w.Engine()
    store, linker = w.Store(engine), w.Linker(engine)
    linker.define_wasi()
    parts = []
    config = w.WasiConfig()
    config.stdout_custom = parts.append
    store.set_wasi(config)
    linker.define_module(store, "", w.Module(engine, program(
        "(drop (call $say (i32.const 1) (i32.const 1024) (i32.const 2))) "
        "(call $proc_exit (i32.const 7))", "ok")))
    found = tried(linker.get_default(store, ""), store)
    return type(found).__name__, found.code, b"".join(parts)
