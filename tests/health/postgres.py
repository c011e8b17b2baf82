"""A PostgreSQL server of our own, where one is installed."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

FOLDERS = (Path("/usr/local/bin"), *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))
"""Where packages put what they do not put on the path."""


def program(name: str) -> str | None:
    """Where a program of the server is; None where it is not installed."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *map(str, FOLDERS)]))


def missing() -> str:
    """Why there can be no server; "" where there can."""
    lacking = [name for name in ("initdb", "postgres") if not program(name)]
    if lacking:
        return f"PostgreSQL is not installed: no {', '.join(lacking)}"
    if os.getuid() == 0 and not shutil.which("setpriv"):
        return "PostgreSQL does not run as root, and there is no setpriv"
    return ""


@contextlib.contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """The address of a running server's empty database; it listens on a socket in a folder of its own.

    Args:
        durable: Whether it waits for the disk, as a real one does.
    """
    # below /tmp: a socket's path must be short
    folder = Path(tempfile.mkdtemp(prefix="contracts-pg-", dir="/tmp"))
    prefix = _unprivileged(folder)
    data, log = folder / "data", folder / "log"
    process = None
    try:
        initdb = [
            program("initdb"),
            "-D",
            str(data),
            "-U",
            "contracts",
            "-A",
            "trust",
            "-N",
            "-E",
            "UTF8",
            "--locale=C",
        ]
        subprocess.run([*prefix, *initdb], check=True, capture_output=True, cwd=folder)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(folder),
            "max_connections": 100,
            "fsync": "on" if durable else "off",
            "shared_buffers": "32MB",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*prefix, str(program("postgres")), "-D", str(data), *options],
                stdout=out,
                stderr=out,
                cwd=folder,
            )
        address = f"postgresql://contracts@/postgres?host={folder}"
        _wait(address, process, log)
        yield address
    finally:
        if process is not None:
            process.send_signal(2)  # a fast shutdown: it ends its sessions
            process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder: Path) -> list[str]:
    """What to start the server with: it refuses to run as root."""
    if os.getuid() != 0:
        return []
    nobody = 65534
    os.chown(folder, nobody, nobody)
    return ["setpriv", f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups", "--pdeathsig=INT"]


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(address, connect_timeout=2):
            return
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")
