"""Command line tests: the format of test/cli/*.t, read, run and rewritten.

    # A comment. Files stand before the first test when all tests of this script use them.
    file add.wat
        (module (func (export "add") (param i32 i32) (result i32)
          (i32.add (local.get 0) (local.get 1))))

    test adds two numbers
    $ stint run --invoke add add.wasm 1 2
    > 3
    !~ warning: .* experimental.*
    = 0

A test runs its `$` lines as one sh script in a folder of its own that holds the files. Then:

    < TEXT      a line of standard input
    > TEXT      a line of standard output, exactly         ! TEXT    the same for standard error
    >~ REGEX    a line that the whole of REGEX matches     !~ REGEX
    >...        any number of lines, none included         !...
    >-          the line before ends without a newline     !-
    = N         the exit status; 0 where nothing is said

A stream without a line must be empty. Besides files, a test (or all of them) can have:

    file NAME                text in lines indented by four spaces; a .wat file also becomes
                             NAME.wasm by stint parse
    bytes NAME               hexadecimal digits and "strings", up to a ; in each line
    needs shared             skipped by name without ../shared; also: needs /a/path, needs COMMAND

`stint` is on the PATH; $STINT, $BUILD, $DATA (test/data), $ROOT and $SHARED are set.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

LIMIT_SECONDS = 120


class FormatError(Exception):
    pass


@dataclass
class Setup:
    """Files and needs, of one test or of all in a script."""
    files: dict = field(default_factory=dict)    # name -> bytes
    needs: list = field(default_factory=list)


@dataclass
class Case(Setup):
    name: str = ""
    command: list = field(default_factory=list)
    stdin: list = field(default_factory=list)
    out: list = field(default_factory=list)      # expectation lines, ">..." or "!..."
    err: list = field(default_factory=list)
    status: int = 0
    first: int = 0                               # the script's lines that hold expectations
    last: int = 0


@dataclass
class Outcome:
    skip: str = ""
    differences: str = ""
    can_bless: bool = True
    out: str = ""
    err: str = ""
    status: int = 0


def unhex(line, where):
    """The bytes of one line: pairs of digits and strings, up to a semicolon."""
    data = b""
    for token in re.findall(r'"[^"]*"|[^\s;"]+|;.*', line):
        if token.startswith(";"):
            break
        if token.startswith('"'):
            data += token[1:-1].encode()
        else:
            try:
                data += bytes.fromhex(token)
            except ValueError:
                raise FormatError(f"{where}: {token!r} is no pair of hexadecimal digits") from None
    return data


class Script:
    """One .t file."""

    def __init__(self, path):
        self.path = Path(path)
        self.lines = self.path.read_text().split("\n")
        self.common = Setup()
        self.cases = []
        self.changed = False
        self._read()

    # ---- reading ---------------------------------------------------------------------------------

    def _read(self):
        setup, case, block = self.common, None, None
        for number, line in enumerate(self.lines):
            where = f"{self.path.name}:{number + 1}"
            if block and (line.startswith("    ") or not line.strip()):
                name, kind = block
                text = line[4:]
                data = unhex(text, where) if kind == "bytes" else text.encode() + b"\n"
                setup.files[name] += data
                continue
            block = None
            word, _, rest = line.partition(" ")
            if not line.strip() or line.startswith("#"):
                continue
            if word in ("file", "bytes"):
                name = rest.strip()
                setup.files[name] = b""
                block = (name, word)
            elif word == "needs":
                setup.needs.append(rest.strip())
            elif word == "test":
                setup = case = Case(name=rest.strip(), first=number + 1, last=number + 1)
                self.cases.append(case)
            elif case:
                self._read_case_line(case, line, number, where)
            else:
                raise FormatError(f"{where}: {line!r} before the first test")
        for case in self.cases:
            if not case.command:
                raise FormatError(f"{self.path.name}: test {case.name!r} has no command")
        for setup in [self.common, *self.cases]:
            for name, data in setup.files.items():
                setup.files[name] = re.sub(rb"\n+\Z", b"\n", data) if data.endswith(b"\n") else data

    def _read_case_line(self, case, line, number, where):
        mark, text = line[:1], line[2:]
        if line[1:2] not in ("", " ") and mark not in ">!":
            raise FormatError(f"{where}: no space after {mark!r}")
        if mark == "$":
            if case.out or case.err:
                raise FormatError(f"{where}: a command after its expectations")
            case.command.append(text)
            case.first = number + 1
        elif mark == "<":
            case.stdin.append(text)
            case.first = number + 1
        elif mark in ">!":
            if line[1:] not in ("...", "-", "~", "") and line[1:2] != " " and line[1:3] != "~ ":
                raise FormatError(f"{where}: {line!r}: no such expectation")
            (case.out if mark == ">" else case.err).append(line[1:])
        elif mark == "=":
            case.status = int(text)
        else:
            raise FormatError(f"{where}: {line!r} is no line of a test")
        case.last = number + 1

    # ---- running ---------------------------------------------------------------------------------

    def run(self, case, env):
        for need in self.common.needs + case.needs:
            missing = lacks(need, env)
            if missing:
                return Outcome(skip=missing)
        with tempfile.TemporaryDirectory(prefix="stint-test-") as folder:
            for setup in (self.common, case):
                error = write_files(setup, Path(folder), env)
                if error:
                    return Outcome(differences=error, can_bless=False)
            return self._run_in(case, env, folder)

    def _run_in(self, case, env, folder):
        env = dict(env, HOME=folder, TMPDIR=folder, PWD=folder,
                   PATH=f"{env['BUILD']}:{env.get('PATH', '/usr/bin:/bin')}")
        process = subprocess.Popen(["/bin/sh", "-c", "\n".join(case.command)], cwd=folder, env=env,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, start_new_session=True)
        stdin = "".join(line + "\n" for line in case.stdin).encode()
        try:
            out, err = process.communicate(stdin, timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return Outcome(differences=f"did not end within {LIMIT_SECONDS} seconds",
                           can_bless=False)
        result = Outcome(out=out.decode("utf-8", "replace"), err=err.decode("utf-8", "replace"),
                         status=process.returncode)
        parts = []
        if result.status != case.status:
            parts.append(f"  exit status {result.status}, expected {case.status}")
        for mark, title, want, got in ((">", "standard output", case.out, result.out),
                                       ("!", "standard error", case.err, result.err)):
            if not matches(want, got):
                parts.append(f"  {title} differs:")
                parts += [f"    want {mark}{line}" for line in want or [" nothing"]]
                parts += [f"    got  {mark}{line}" for line in as_expected(got) or [" nothing"]]
        if parts:
            parts = [f"  $ {line}" for line in case.command] + parts
        result.differences = "\n".join(parts)
        return result

    # ---- blessing --------------------------------------------------------------------------------

    def bless(self, case, outcome):
        """Puts what came out in the place of the expectations that do not hold."""
        out = case.out if matches(case.out, outcome.out) else as_expected(outcome.out)
        err = case.err if matches(case.err, outcome.err) else as_expected(outcome.err)
        new = [">" + line for line in out] + ["!" + line for line in err]
        if outcome.status:
            new.append(f"= {outcome.status}")
        old = self.lines[case.first:case.last]
        kept = [line for line in old if line[:1] not in (">", "!", "=")]
        shift = len(new) + len(kept) - (case.last - case.first)
        self.lines[case.first:case.last] = kept + new
        self.changed = True
        for later in self.cases:
            if later.first > case.first:
                later.first += shift
                later.last += shift

    def save(self):
        if self.changed:
            self.path.write_text("\n".join(self.lines))


def lacks(need, env):
    """Why a need is not met, or nothing."""
    if need == "shared":
        return "" if "SHARED" in env else "needs ../shared"
    if need.startswith("/"):
        return "" if os.path.exists(need) else f"needs {need}"
    return "" if shutil.which(need) else f"needs the command {need}"


def write_files(setup, folder, env):
    """Writes the files and assembles text modules; returns what went wrong, or nothing."""
    for name, data in setup.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        if path.suffix == ".wat":
            done = subprocess.run([f"{env['BUILD']}/stint", "parse", str(path), "-o",
                                   str(path.with_suffix(".wasm"))],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if done.returncode:
                return f"  stint parse {name}: {done.stdout.decode('utf-8', 'replace')}"
    return ""


def as_expected(text):
    """Output in the form of expectation lines, without their first mark."""
    if not text:
        return []
    lines = text.split("\n")
    ended = lines[-1] == ""
    if ended:
        lines.pop()
    return [f" {line}".rstrip() if not line.strip() else f" {line}" for line in lines] + \
        ([] if ended else ["-"])


def matches(want, got):
    """Whether the output fits the expectation lines. `...` is resolved without backtracking over
    more than positions: `reach` holds the numbers of output lines that may be used up so far."""
    lines = got.split("\n")
    ended = lines[-1] == ""
    if ended:
        lines.pop()
    if (want[-1:] == ["-"]) == ended and lines and want[-1:] != ["..."]:
        return False
    want = want[:-1] if want[-1:] == ["-"] else want
    reach = {0}
    for line in want:
        if line == "...":
            reach = set(range(min(reach), len(lines) + 1)) if reach else reach
        elif line.startswith("~"):
            reach = {at + 1 for at in reach
                     if at < len(lines) and re.fullmatch(line[2:], lines[at])}
        else:
            reach = {at + 1 for at in reach if at < len(lines) and lines[at] == line[1:]}
    return len(lines) in reach
