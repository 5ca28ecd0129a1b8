"""The Python package `wasmtime`, a wheel whose shared object has the ABI that libstint has.

    package = wheel.get(build)          the folder to have in PYTHONPATH; or text: why there is none
    ours = wheel.with_libstint(package, build)    a copy of it that loads our library

It is the one that belongs to the library STINT_ORACLE, or that Python finds, or else pip puts it
into the build folder, where it stays.
"""

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

VERSION = "50.0.1"
LIBRARY = Path("linux-x86_64", "_libwasmtime.so")  # in the package


def is_package(folder):
    return (folder / "wasmtime" / LIBRARY).is_file() and (
        folder / f"wasmtime-{VERSION}.dist-info").is_dir()


def find(build):
    folders = [build / "wheel"]
    if os.environ.get("STINT_ORACLE"):
        folders.append(Path(os.environ["STINT_ORACLE"]).parent.parent.parent)
    spec = importlib.util.find_spec("wasmtime")
    if spec and spec.origin:
        folders.append(Path(spec.origin).parent.parent)
    return next(filter(is_package, folders), None)


def install(build):
    part = build / "wheel.part"
    shutil.rmtree(part, ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--no-deps", "--target", str(part), f"wasmtime=={VERSION}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode or not is_package(part):
        return (f"the wheel wasmtime {VERSION} is not there and pip does not get it: "
                + (done.stdout.strip().split("\n")[-1] or "no word why"))
    shutil.rmtree(build / "wheel", ignore_errors=True)
    return part.rename(build / "wheel")


def get(build):
    with open(build / "wheel.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run side by side
        return find(build) or install(build)


def with_libstint(package, build):
    folder = build / "wheel-stint"
    with open(build / "wheel.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_package(folder):
            shutil.copytree(package, folder, symlinks=True, dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns(LIBRARY.name, "__pycache__"))
            (folder / "wasmtime" / LIBRARY).symlink_to((build / "libstint.so").resolve())
    return folder
