"""The CRM: a small web service over SQLite that serves generation 1 or 2 of its API.

Run `python upstream.py --generation 1`; it prints `listening on http://127.0.0.1:PORT/v1` when it is ready.
It accepts the credentials `CRM_CLIENT_ID` and `CRM_CLIENT_SECRET` of its environment, or `demo` and
`demo-secret` where they are not set.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Sequence
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Final, NoReturn, Self

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import BadRequest, HTTPException, NotFound
from werkzeug.serving import WSGIRequestHandler, make_server

GENERATIONS: Final = (1, 2)

_HOST: Final = "127.0.0.1"
_TOKEN_PATH: Final = "/v1/oauth/token"
_TOKEN_LIFETIME: Final = 3600
_PAGE_SIZE: Final = 5
_REQUESTS_PER_MINUTE: Final = 600
_MINUTE_SECONDS: Final = 60
_READY: Final = "listening on "
_GRACE_SECONDS: Final = 5.0

_SCHEMA: Final = """
DROP TABLE IF EXISTS order_lines;
DROP TABLE IF EXISTS orders;
DROP TABLE IF EXISTS customers;
CREATE TABLE customers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    phone TEXT NOT NULL,
    fax TEXT NOT NULL,
    company TEXT,
    balance_cents INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    loyalty_tier TEXT NOT NULL,
    street TEXT NOT NULL,
    city TEXT NOT NULL,
    country TEXT NOT NULL,
    postcode TEXT NOT NULL,
    tags TEXT NOT NULL,
    manager_name TEXT,
    manager_email TEXT
);
CREATE TABLE orders (
    number TEXT PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    placed_at TEXT NOT NULL,
    coupon TEXT
);
CREATE TABLE order_lines (
    order_number TEXT NOT NULL REFERENCES orders (number),
    position INTEGER NOT NULL,
    sku TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    price_cents INTEGER NOT NULL,
    PRIMARY KEY (order_number, position)
);
"""

_NIA: Final = ("Nia Okoro", "nia.okoro@crm.example")
_TOM: Final = ("Tom Brandt", "tom.brandt@crm.example")
_NOBODY: Final = (None, None)

# fmt: off
_CUSTOMERS: Final = (
    (42, "Ada Marsh", "ada.marsh@mail.example", "+44 20 7946 0142", "+44 20 7946 0942",
     None, 125050, "2024-03-01T09:30:00Z", "gold",
     "12 Mill Lane", "London", "GB", "N1 7AA", '["vip", "newsletter"]', *_NIA),
    (43, "Bruno Keller", "bruno@kellerbau.example", "+49 30 23125 143", "+49 30 23125 943",
     "Keller Bau GmbH", 48075, "2024-03-04T14:05:12Z", "silver",
     "Lindenstr. 8", "Berlin", "DE", "10969", '["wholesale"]', *_TOM),
    (44, "Chloe Martin", "chloe@atelier-martin.example", "+33 1 99 00 12 44", "+33 1 99 00 92 44",
     "Atelier Martin", 1999, "2024-03-11T08:47:30Z", "bronze",
     "5 rue des Lilas", "Lyon", "FR", "69003", "[]", *_NOBODY),
    (45, "Dev Anand", "dev.anand@mail.example", "+44 20 7946 0145", "+44 20 7946 0945",
     None, 25, "2024-04-02T16:20:00Z", "bronze",
     "77 Quay Street", "Bristol", "GB", "BS1 4XE", "[]", *_NOBODY),
    (46, "Elena Rossi", "elena@rossi-luce.example", "+39 02 5550 146", "+39 02 5550 946",
     "Rossi Luce S.r.l.", 310440, "2024-04-18T11:11:11Z", "gold",
     "Via Torino 21", "Milano", "IT", "20123", '["vip", "wholesale"]', *_NIA),
    (47, "Finn Larsen", "finn@larsenogco.example", "+45 70 10 01 47", "+45 70 10 09 47",
     "Larsen & Co ApS", 7260, "2024-05-06T07:02:45Z", "silver",
     "Havnegade 3", "Aarhus", "DK", "8000", '["newsletter"]', *_TOM),
    (48, "Grace Hughes", "grace@hughesinteriors.example", "+44 29 2018 0148", "+44 29 2018 0948",
     "Hughes Interiors Ltd", 98615, "2024-05-23T13:40:09Z", "silver",
     "9 Castle Road", "Cardiff", "GB", "CF10 1BH", "[]", *_NOBODY),
    (49, "Hugo Peeters", "hugo.peeters@mail.example", "+32 2 555 01 49", "+32 2 555 09 49",
     None, 15330, "2024-06-14T10:15:00Z", "bronze",
     "Kerkstraat 40", "Gent", "BE", "9000", '["newsletter"]', *_NOBODY),
    (50, "Ines Duarte", "ines@casaduarte.example", "+351 21 555 0150", "+351 21 555 0950",
     "Casa Duarte Lda", 67895, "2024-07-01T15:55:21Z", "silver",
     "Rua Nova 16", "Porto", "PT", "4050-123", '["wholesale"]', *_NIA),
    (51, "Jan de Vries", "jan@devriesdesign.example", "+31 20 555 0151", "+31 20 555 0951",
     "De Vries Design B.V.", 220010, "2024-07-19T09:00:03Z", "gold",
     "Prinsengracht 210", "Amsterdam", "NL", "1016 HD", '["vip"]', *_TOM),
    (52, "Karin Holm", "karin@holmkontor.example", "+46 8 5550 152", "+46 8 5550 952",
     "Holm Kontor AB", 3675, "2024-08-08T12:34:56Z", "bronze",
     "Storgatan 11", "Uppsala", "SE", "753 31", "[]", *_NOBODY),
    (53, "Liam Byrne", "liam@byrnefitouts.example", "+353 1 555 0153", "+353 1 555 0953",
     "Byrne Fitouts Ltd", 54120, "2024-09-16T17:25:40Z", "silver",
     "2 Harbour View", "Galway", "IE", "H91 X0P1", '["wholesale"]', *_NIA),
    (54, "Marta Nowak", "marta.nowak@mail.example", "+48 22 555 01 54", "+48 22 555 09 54",
     None, 8840, "2024-10-30T06:50:18Z", "bronze",
     "ul. Polna 6", "Krakow", "PL", "31-001", '["newsletter"]', *_NOBODY),
    (55, "Noah Fischer", "noah@fischerpartner.example", "+43 1 5550 155", "+43 1 5550 955",
     "Fischer & Partner OG", 142765, "2024-11-12T18:08:27Z", "gold",
     "Ringstr. 4", "Wien", "AT", "1010", '["vip", "newsletter"]', *_TOM),
)
_PRICES: Final = {"BULB-12": 1480, "CHAIR-07": 18925, "DESK-01": 34950, "LAMP-04": 9990, "SHELF-03": 7435}
_ORDERS: Final = (
    ("ORD-1001", 42, "2024-06-03T10:12:00Z", None, (("LAMP-04", 1), ("BULB-12", 2))),
    ("ORD-1002", 42, "2024-09-21T19:44:31Z", "AUTUMN10", (("CHAIR-07", 2), ("LAMP-04", 1))),
    ("ORD-1003", 43, "2024-06-10T08:05:17Z", None, (("DESK-01", 5), ("CHAIR-07", 4))),
    ("ORD-1004", 44, "2024-06-12T14:30:00Z", "WELCOME", (("BULB-12", 4),)),
    ("ORD-1005", 46, "2024-06-28T09:21:08Z", None, (("LAMP-04", 12), ("BULB-12", 48))),
    ("ORD-1006", 46, "2024-10-05T11:59:59Z", None, (("SHELF-03", 6),)),
    ("ORD-1007", 47, "2024-07-02T07:33:45Z", None, (("SHELF-03", 2), ("LAMP-04", 3))),
    ("ORD-1008", 48, "2024-07-15T16:18:52Z", "WELCOME", (("DESK-01", 1), ("CHAIR-07", 4))),
    ("ORD-1009", 49, "2024-07-30T13:02:26Z", None, (("CHAIR-07", 1),)),
    ("ORD-1010", 50, "2024-08-09T10:46:13Z", None, (("DESK-01", 3), ("LAMP-04", 3))),
    ("ORD-1011", 51, "2024-08-22T15:27:39Z", "SUMMER5", (("SHELF-03", 9), ("BULB-12", 6))),
    ("ORD-1012", 52, "2024-09-01T12:00:01Z", None, (("LAMP-04", 2),)),
    ("ORD-1013", 53, "2024-10-14T08:55:20Z", None, (("CHAIR-07", 6), ("SHELF-03", 1))),
    ("ORD-1014", 54, "2024-11-06T20:10:10Z", None, (("BULB-12", 8),)),
    ("ORD-1015", 55, "2024-12-02T09:09:09Z", "AUTUMN10", (("DESK-01", 1), ("LAMP-04", 1))),
)
# fmt: on


def create_app(generation: int, database: Path, *, drop: Collection[str] = ()) -> Flask:
    """Create the service. What the database held of it before is replaced by the seed.

    Args:
        generation: Which generation of the API to serve, 1 or 2.
        database: Path of the SQLite file.
        drop: Fields to leave out of every customer.

    Raises:
        ValueError: There is no such generation, or its customers have no such field.
    """
    if generation not in GENERATIONS:
        raise ValueError(f"there is no generation {generation}; there are 1 and 2")
    _seed(database)
    sample = _customer(_rows(database, "SELECT * FROM customers LIMIT 1")[0], generation, ())
    if unknown := set(drop) - sample.keys():
        raise ValueError(f"customers of generation {generation} have no {', '.join(sorted(unknown))}")

    service = _Service(generation, database, drop)
    app = Flask(__name__)
    app.before_request(service.admit)
    app.after_request(service.add_headers)
    app.register_error_handler(HTTPException, _explain)
    app.add_url_rule(_TOKEN_PATH, view_func=service.issue_token, methods=["POST"])
    app.add_url_rule("/v1/customers", view_func=service.list_customers)
    app.add_url_rule("/v1/customers/<int:customer_id>", view_func=service.show_customer)
    app.add_url_rule("/v1/customers/<int:customer_id>/orders", view_func=service.list_orders)
    return app


class _Service:
    """The views, and what stands before and behind them."""

    def __init__(self, generation: int, database: Path, drop: Collection[str]) -> None:
        self._generation = generation
        self._database = database
        self._drop = drop
        self._token = secrets.token_urlsafe(32)
        self._client_id = os.environ.get("CRM_CLIENT_ID") or "demo"
        self._client_secret = os.environ.get("CRM_CLIENT_SECRET") or "demo-secret"
        self._limit = _RateLimit(_REQUESTS_PER_MINUTE)

    def admit(self) -> Response | None:
        """Refuse requests beyond the limit, and those without the token."""
        if not self._limit.take():
            explanation = "too many requests in this minute"
            response = _error(HTTPStatus.TOO_MANY_REQUESTS, "rate_limited", explanation)
            response.headers["Retry-After"] = str(self._limit.seconds_left)
            return response
        if request.path == _TOKEN_PATH:
            return None
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and _same(given, self._token):
            return None
        response = _error(HTTPStatus.UNAUTHORIZED, "unauthorized", "a valid bearer token is required")
        response.headers["WWW-Authenticate"] = "Bearer"
        return response

    def add_headers(self, response: Response) -> Response:
        """Tell the limit, and let clients ask again with `If-None-Match`."""
        response.headers["X-RateLimit-Limit"] = str(_REQUESTS_PER_MINUTE)
        response.headers["X-RateLimit-Remaining"] = str(self._limit.remaining)
        if request.method == "GET" and response.status_code == HTTPStatus.OK:
            response.add_etag()
            response.make_conditional(request)
            del response.headers["Date"]  # the server sends one of its own
        return response

    def issue_token(self) -> Response:
        """Exchange a client's credentials for the token."""
        form = request.form
        if form.get("grant_type") != "client_credentials":
            explanation = "grant_type must be client_credentials"
            return _error(HTTPStatus.BAD_REQUEST, "unsupported_grant_type", explanation)
        known = _same(form.get("client_id", ""), self._client_id)
        proven = _same(form.get("client_secret", ""), self._client_secret)
        if not (known and proven):
            explanation = "unknown client_id or wrong client_secret"
            return _error(HTTPStatus.UNAUTHORIZED, "invalid_client", explanation)
        response = jsonify(access_token=self._token, token_type="Bearer", expires_in=_TOKEN_LIFETIME)
        response.headers["Cache-Control"] = "no-store"
        return response

    def list_customers(self) -> Response:
        """One page of customers."""
        page = _page_number(request.args.get("page", "1"))
        total: int = _rows(self._database, "SELECT count(*) FROM customers")[0][0]
        query = "SELECT * FROM customers ORDER BY id LIMIT ? OFFSET ?"
        rows = _rows(self._database, query, _PAGE_SIZE, (page - 1) * _PAGE_SIZE)
        items = [_customer(row, self._generation, self._drop) for row in rows]
        return jsonify(items=items, page=page, pages=-(-total // _PAGE_SIZE), total=total)

    def show_customer(self, customer_id: int) -> Response:
        """One customer."""
        return jsonify(_customer(self._require(customer_id), self._generation, self._drop))

    def list_orders(self, customer_id: int) -> Response:
        """All orders of one customer."""
        self._require(customer_id)
        orders = "SELECT * FROM orders WHERE customer_id = ? ORDER BY number"
        lines = "SELECT * FROM order_lines WHERE order_number = ? ORDER BY position"
        items = [
            _order(order, _rows(self._database, lines, order["number"]))
            for order in _rows(self._database, orders, customer_id)
        ]
        return jsonify(items=items)

    def _require(self, customer_id: int) -> sqlite3.Row:
        found = _rows(self._database, "SELECT * FROM customers WHERE id = ?", customer_id)
        if not found:
            raise NotFound(f"there is no customer {customer_id}")
        return found[0]


class _RateLimit:
    """A number of requests in every minute, counted from the first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._taken = 0

    def take(self) -> bool:
        """Count one request; say whether it is within the limit."""
        with self._lock:
            now = time.monotonic()
            if now - self._started >= _MINUTE_SECONDS:
                self._started, self._taken = now, 0
            self._taken += 1
            return self._taken <= self._limit

    @property
    def remaining(self) -> int:
        """How many requests this minute still has."""
        return max(0, self._limit - self._taken)

    @property
    def seconds_left(self) -> int:
        """When the next minute begins, in whole seconds, at least one."""
        return max(1, round(_MINUTE_SECONDS - (time.monotonic() - self._started)))


def _seed(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.executescript(_SCHEMA)
        connection.executemany(
            "INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            _CUSTOMERS,
        )
        for number, customer_id, placed_at, coupon, lines in _ORDERS:
            order = (number, customer_id, placed_at, coupon)
            connection.execute("INSERT INTO orders VALUES (?, ?, ?, ?)", order)
            for position, (sku, quantity) in enumerate(lines, start=1):
                line = (number, position, sku, quantity, _PRICES[sku])
                connection.execute("INSERT INTO order_lines VALUES (?, ?, ?, ?, ?)", line)


def _rows(database: Path, query: str, *parameters: str | int) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(query, parameters).fetchall()


def _customer(row: sqlite3.Row, generation: int, drop: Collection[str]) -> dict[str, Any]:
    manager = {"name": row["manager_name"], "email": row["manager_email"]} if row["manager_name"] else None
    fields: dict[str, Any] = {
        "id": row["id"],
        "name": row["name"],
        "email": row["email"],
        "address": {field: row[field] for field in ("street", "city", "country", "postcode")},
        "tags": json.loads(row["tags"]),
        "manager": manager,
    }
    if generation == 1:
        # A private customer's company is the customer's own name; generation 2 says null instead.
        fields |= {
            "phone": row["phone"],
            "fax": row["fax"],
            "company": row["company"] or row["name"],
            "balance": row["balance_cents"] / 100,
            "created_at": row["created_at"],
        }
    else:
        fields |= {
            "phone_number": row["phone"],
            "company": row["company"],
            "balance": f"{row['balance_cents'] / 100:.2f}",
            "created_at": row["created_at"][: len("2024-03-01")],
            "loyalty_tier": row["loyalty_tier"],
        }
    return {name: value for name, value in fields.items() if name not in drop}


def _order(order: sqlite3.Row, lines: Sequence[sqlite3.Row]) -> dict[str, Any]:
    return {
        "number": order["number"],
        "total": sum(line["quantity"] * line["price_cents"] for line in lines) / 100,
        "currency": "EUR",
        "placed_at": order["placed_at"],
        "lines": [_line(line) for line in lines],
        "coupon": order["coupon"],
    }


def _line(line: sqlite3.Row) -> dict[str, Any]:
    return {"sku": line["sku"], "quantity": line["quantity"], "price": line["price_cents"] / 100}


def _error(status: HTTPStatus, code: str, message: str) -> Response:
    response = jsonify(error={"code": code, "message": message})
    response.status_code = status
    return response


def _explain(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    return _error(status, status.name.lower(), error.description or status.phrase)


def _same(given: str, expected: str) -> bool:
    return secrets.compare_digest(given.encode(), expected.encode())


def _page_number(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise BadRequest("page must be a whole number from 1 on")
    return int(text)


class Upstream:
    """The service in a process of its own, for as long as the `with` block lasts.

    Attributes:
        url: Its base URL, `http://127.0.0.1:PORT/v1`, once the block is entered.
    """

    def __init__(self, generation: int, *, drop: Collection[str] = (), port: int = 0) -> None:
        """Prepare to start it.

        Args:
            generation: Which generation of the API to serve, 1 or 2.
            drop: Fields to leave out of every customer.
            port: The port to listen on; 0 lets the system pick one.
        """
        self.url = ""
        dropped = (argument for field in drop for argument in ("--drop", field))
        self._command = [
            sys.executable,
            str(Path(__file__).resolve()),
            f"--generation={generation}",
            f"--port={port}",
            *dropped,
        ]
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line.startswith(_READY):
            self._stop()
            raise RuntimeError(f"the upstream did not start; it said {line!r}")
        self.url = line.removeprefix(_READY)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.communicate(timeout=_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._process = None


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Leave requests out of the log."""


def _exit(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def _serve(app: Flask, port: int) -> None:
    server = make_server(_HOST, port, app, threaded=True, request_handler=_QuietHandler)
    print(f"{_READY}http://{_HOST}:{server.server_port}/v1", flush=True)
    server.serve_forever()


def main() -> None:
    """Serve until SIGTERM or Ctrl+C."""
    parser = argparse.ArgumentParser(description="A CRM with two generations of its API.")
    parser.add_argument("--generation", type=int, choices=GENERATIONS, default=1)
    parser.add_argument("--port", type=int, default=0, help="0 lets the system pick one")
    parser.add_argument("--database", type=Path, help="a SQLite file to seed and serve; else a temporary one")
    parser.add_argument("--drop", action="append", metavar="FIELD", help="leave out of every customer")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _exit)
    with tempfile.TemporaryDirectory(prefix="crm-") as directory:
        database = arguments.database or Path(directory, "crm.sqlite")
        try:
            app = create_app(arguments.generation, database, drop=arguments.drop or ())
        except ValueError as error:
            parser.error(str(error))
        _serve(app, arguments.port)


if __name__ == "__main__":
    main()
