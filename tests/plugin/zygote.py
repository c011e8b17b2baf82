"""A process with every library loaded that forks once for each session asked of it: sessions without start-up.

Reads one JSON request a line: `{"arguments", "cwd", "environment", "out", "err", "command"}`; answers with the exit
code, negative for a signal. Each session is a process of its own, with its own environment and directory.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from typing import Any

# What consumers and vcrpy load.
import aiohttp  # noqa: F401
import deepdiff  # noqa: F401
import httpx  # noqa: F401
import jsonschema_rs  # noqa: F401
import pytest
import requests  # noqa: F401
import vcr  # noqa: F401

import pytest_integration_contracts.session.session  # noqa: F401 - with all it imports, and its patterns compiled

for _name in ("pytest_integration_contracts", "pytest_integration_contracts.plugin"):
    sys.modules.pop(_name, None)  # pytest must import the plugin on its own terms

gc.collect()
gc.freeze()  # what every session has from here is not looked through again in any of them


def session(request: dict[str, Any]) -> int:
    """Run one session in this process."""
    for descriptor, name in ((0, os.devnull), (1, request["out"]), (2, request["err"])):
        flags = os.O_RDONLY if descriptor == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(name, flags), descriptor)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["cwd"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if request["command"]:
        from pytest_integration_contracts.cli import main

        try:
            main(request["arguments"], prog_name="integration-contracts")
        except SystemExit as ended:
            return int(ended.code or 0)
        return 0
    sys.path[0] = request["cwd"]
    sys.argv = ["pytest", *request["arguments"]]
    return int(pytest.main())


def serve() -> None:
    """Fork for each request."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 70
            try:
                code = session(json.loads(line))
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    serve()
