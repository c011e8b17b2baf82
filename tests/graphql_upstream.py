"""A real GraphQL server on loopback, built on graphql-core: it answers queries, and tells its schema."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from graphql import GraphQLSchema, build_schema, graphql_sync

GENERATION_1 = """
type Query {
  "Orders, newest first."
  orders(first: Int = 50, filter: OrderFilter): [Order!]!
  shop: Shop!
}
input OrderFilter { state: State since: String }
enum State { OPEN PAID }
type Shop { name: String! motto: String }
type Order { id: ID! total: Int! state: State! note: String! unused: Int }
"""

GENERATION_2 = """
type Query {
  orders(first: Int = 50, filter: OrderFilter): [Order!]!
  shop(country: String!): Shop!
}
input OrderFilter { state: State since: String }
enum State { OPEN PAID REFUNDED }
type Shop { name: String! motto: String }
type Order { id: ID! state: State! note: String! @deprecated(reason: "Use `remarks`.") }
"""

DATA = {
    "orders": [{"id": "7", "total": 1250, "state": "OPEN", "note": "leave at the door", "unused": 1}],
    "shop": {"name": "Corner", "motto": None},
}


class GraphQLUpstream:
    """Serves one schema.

    Attributes:
        schema: What it says, and holds to.
        answers: What it answers queries with, by the name of the operation, whatever its schema says.
        token: Who asks for the schema without it is refused; "" for nobody.
        introspection: What it answers introspections with: status, media type and body; None for the truth.
        asked: The name of each operation that was asked for, in order.
        authorizations: The credentials that came with introspections.
    """

    def __init__(self, sdl: str = GENERATION_1) -> None:
        self.schema: GraphQLSchema = build_schema(sdl)
        self.answers: dict[str, object] = {}
        self.token = ""
        self.introspection: tuple[int, str, bytes] | None = None
        self.asked: list[str] = []
        self.authorizations: list[str] = []
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, media, body = upstream.answer(request, self.headers.get("Authorization", ""))
                self.send_response(status)
                self.send_header("Content-Type", media)
                self.send_header("Content-Length", str(len(body)))
                if status in {301, 302, 307, 308}:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign, assignment]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def answer(self, request: dict[str, Any], authorization: str) -> tuple[int, str, bytes]:
        name = request.get("operationName") or ""
        self.asked.append(name)
        if name == "IntrospectionQuery":
            self.authorizations.append(authorization)
            if self.token and authorization != self.token:
                return 401, "application/json", b'{"error": "who are you?"}'
            if self.introspection:
                return self.introspection
        if name in self.answers:
            return 200, "application/json", json.dumps(self.answers[name]).encode()
        done = graphql_sync(
            self.schema,
            request["query"],
            DATA,
            variable_values=request.get("variables"),
            operation_name=request.get("operationName"),
        )
        status = 200 if done.data is not None else 400
        return status, "application/json", json.dumps(done.formatted).encode()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
