#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Builds newlib's libc.a and libm.a for programs of this system.

    build_newlib.py --source newlib-3.3.0.tar.xz --compiler gcc-12 --output DIRECTORY

Leaves DIRECTORY/include, DIRECTORY/lib and DIRECTORY/build.log. When all of that was made from the
same source with the same compiler and options, nothing is done. Two builds that start at the same
time wait for each other.
"""
import argparse
import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

# A general x86-64 target: newlib's own choice of system calls is none of ours.
TARGET = "x86_64-elf"

CONFIGURE = [
    f"--target={TARGET}",
    "--disable-libgloss",
    "--disable-multilib",
    "--disable-nls",
    "--disable-shared",
    "--disable-newlib-supplied-syscalls",  # libos brings them: platform.h
    "--enable-newlib-retargetable-locking",  # locks are libos's
    "--enable-newlib-global-stdio-streams",  # threads share stdin, stdout and stderr
    "--enable-newlib-io-long-long",
    "--enable-newlib-io-c99-formats",
    "--disable-dependency-tracking",
    "--disable-silent-rules",
]

# The compilers are the host's: what they say of the host's system is taken back. Position
# independent, thread-locals (and errno, through __getreent) per thread, no unwinding tables.
FLAGS = [
    "-O2",
    "-g",
    "-fPIC",
    "-fvisibility=hidden",
    "-ftls-model=global-dynamic",
    "-D__DYNAMIC_REENT__",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-stack-protector",
    "-fcf-protection=none",
    "-fno-asynchronous-unwind-tables",
    "-fno-unwind-tables",
    "-fno-common",
    "-w",
    "-U__linux__",
    "-U__linux",
    "-Ulinux",
    "-U__gnu_linux__",
    "-U__unix__",
    "-U__unix",
    "-Uunix",
    "-D_FORTIFY_SOURCE=0",
]


def fingerprint(source: pathlib.Path, compiler: str) -> str:
    """Changes whenever the result could: this file, the source, the compiler."""
    digest = hashlib.sha256(pathlib.Path(__file__).read_bytes())
    digest.update(hashlib.sha256(source.read_bytes()).digest())
    digest.update(subprocess.run([compiler, "--version"], capture_output=True, check=True).stdout)
    return digest.hexdigest()


def run(command: list[str], directory: pathlib.Path, environment: dict, log) -> None:
    log.write(f"\n$ {' '.join(command)}\n")
    log.flush()
    subprocess.run(
        command,
        cwd=directory,
        env=environment,
        stdout=log,
        stderr=log,
        stdin=subprocess.DEVNULL,
        check=True,
    )


def own_headers(compiler: str) -> str:
    """The compiler's own headers, such as stddef.h; the host's C library stays out of sight."""
    answer = subprocess.run(
        [compiler, "-print-file-name=include"], capture_output=True, check=True, text=True
    )
    return answer.stdout.strip()


def environment(compiler: str, flags: list[str]) -> dict:
    """Tools for the target, and none of what the user's own environment says about compilers."""
    result = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "TMPDIR", "LANG")}
    result |= {
        "CC": "gcc-12",
        "CC_FOR_TARGET": compiler,
        "AS_FOR_TARGET": "as",
        "AR_FOR_TARGET": "ar",
        "RANLIB_FOR_TARGET": "ranlib",
        "NM_FOR_TARGET": "nm",
        "LD_FOR_TARGET": "ld",
        "STRIP_FOR_TARGET": "strip",
        "READELF_FOR_TARGET": "readelf",
        "MAKEINFO": "true",
        "CFLAGS_FOR_TARGET": " ".join(flags),
        "LC_ALL": "C",
    }
    return result


@contextlib.contextmanager
def work_directory(output: pathlib.Path) -> Iterator[pathlib.Path]:
    """An empty directory, gone when the build ends, however it does: below the output, unless that
    path has blanks or other characters that newlib's configure and makefiles cannot have there."""
    inside = re.fullmatch(r"[\w/.+-]+", str(output), re.ASCII) is not None
    for left_behind in output.glob("work*"):
        shutil.rmtree(left_behind, ignore_errors=True)
    with tempfile.TemporaryDirectory(
        prefix="work-", dir=output if inside else None, ignore_cleanup_errors=True
    ) as work:
        yield pathlib.Path(work)


def build(arguments: argparse.Namespace, work: pathlib.Path, log) -> None:
    (work / "build").mkdir()
    run(
        [
            "tar",
            "-xf",
            str(arguments.source.resolve()),
            "--strip-components=1",
            "--one-top-level=source",
        ],
        work,
        dict(os.environ),
        log,
    )
    flags = FLAGS + [
        f"-ffile-prefix-map={work}/=newlib/",
        "-nostdinc",
        "-isystem",
        own_headers(arguments.compiler),
    ]
    tools = environment(arguments.compiler, flags)
    run(["../source/configure", f"--prefix={work}/install"] + CONFIGURE, work / "build", tools, log)
    run(["make", f"-j{arguments.jobs}", "all-target-newlib"], work / "build", tools, log)
    run(["make", "install-target-newlib"], work / "build", tools, log)
    for part in ("include", "lib"):
        shutil.rmtree(arguments.output / part, ignore_errors=True)
        shutil.move(work / "install" / TARGET / part, arguments.output / part)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--source", type=pathlib.Path, required=True, help="newlib's source archive"
    )
    parser.add_argument("--compiler", required=True, help="C compiler, such as gcc-12 or clang-14")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="where the result goes")
    parser.add_argument(
        "--jobs", type=int, default=min(os.cpu_count() or 1, 4), help="parallel jobs"
    )
    arguments = parser.parse_args()
    if not arguments.source.exists():
        sys.exit(f"newlib: {arguments.source} is missing: run ./lavandin setup")
    arguments.output = arguments.output.resolve()
    arguments.output.mkdir(parents=True, exist_ok=True)
    stamp, log_path = arguments.output / "stamp", arguments.output / "build.log"
    with open(arguments.output / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = fingerprint(arguments.source, arguments.compiler)
        if stamp.exists() and stamp.read_text() == wanted:
            stamp.touch()  # newer than this file, for the build tool
            return
        print(
            f"newlib: building with {arguments.compiler}, about a minute; log in {log_path}",
            flush=True,
        )
        begin = time.monotonic()
        stamp.unlink(missing_ok=True)
        try:
            with open(log_path, "w") as log, work_directory(arguments.output) as work:
                build(arguments, work, log)
        except subprocess.CalledProcessError as error:
            tail = log_path.read_text(errors="replace").splitlines()[-15:]
            sys.exit("\n".join(tail) + f"\nnewlib: `{' '.join(error.cmd)}` failed; see {log_path}")
        stamp.write_text(wanted)
        print(f"newlib: done after {time.monotonic() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main()
