"""Receivers of alerts on loopback: a webhook, and a mail server."""

from __future__ import annotations

import json
import socketserver
import threading
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class Webhook:
    """Keeps what is posted to it.

    Attributes:
        got: The bodies, as JSON where they are.
        statuses: What the next answers are; 200 once they are used up.
        hangs: Whether it takes requests and does not answer.
        arrived: Set when a request has come.
    """

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.types: list[str] = []
        self.statuses: list[int] = []
        self.hangs = False
        self.arrived = threading.Event()
        self.stopping = threading.Event()
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: Any) -> None:
                """Say nothing."""

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                webhook.arrived.set()
                if webhook.hangs:
                    webhook.stopping.wait(60)
                    return
                status = webhook.statuses.pop(0) if webhook.statuses else 200
                if status == 200:
                    webhook.types.append(self.headers.get_content_type())
                    is_json = self.headers.get_content_type() == "application/json"
                    webhook.got.append(json.loads(body) if is_json else body.decode())
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def url(self, scheme: str = "json", path: str = "hook") -> str:
        return f"{scheme}://127.0.0.1:{self._server.server_port}/{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()


class _Mailbox(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs to leave a message."""

    server: _MailServer

    def handle(self) -> None:
        self._say("220 mail.example ready")
        for line in self.rfile:
            command = line.decode().strip().upper()
            if command.startswith("DATA"):
                self._say("354 go on")
                self.server.mails.append(message_from_bytes(self._data()))
                self._say("250 kept")
            elif command.startswith("QUIT"):
                self._say("221 bye")
                return
            else:
                self._say("250 mail.example")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def _data(self) -> bytes:
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)


class _MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.mails: list[Message] = []
        super().__init__(("127.0.0.1", 0), _Mailbox)


class MailServer:
    """Keeps the mails that are left with it."""

    def __init__(self) -> None:
        self._server = _MailServer()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def mails(self) -> list[Message]:
        return self._server.mails

    @property
    def url(self) -> str:
        host = f"127.0.0.1:{self._server.server_address[1]}"
        return f"mailto://{host}/?smtp=127.0.0.1&mode=insecure&from=alerts@team.example&to=oncall@team.example"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
