from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_integration_contracts.drift.compare import diff
from pytest_integration_contracts.model import NO_BODY
from pytest_integration_contracts.traffic.bodies import Body, decode
from pytest_integration_contracts.traffic.tables import TABLES
from strategies import quickly

ORDERS = "id,email,total\n1,a@b.example,5.0\n2,c@d.example,\n"


def read(text: str | bytes, content_type: str = "text/csv") -> Any:
    raw = text.encode() if isinstance(text, str) else text
    return decode(raw, {"content-type": content_type}).value


def changes(before: str, after: str) -> list[tuple[str, str, str]]:
    return [(each.severity.value, each.rule, each.path) for each in diff([read(before)], [read(after)])]


@pytest.mark.parametrize("media", sorted(TABLES))
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_row_is_a_record_whatever_is_between_its_cells(media: str, delimiter: str, end: str) -> None:
    text = end.join([delimiter.join(row) for row in (("id", "name"), ("1", "Jane"), ("2", "Joe"))])
    assert read(text, media) == [{"id": "1", "name": "Jane"}, {"id": "2", "name": "Joe"}]


def test_quotes_hold_what_is_between_cells_and_lines() -> None:
    assert read('id;name\r\n1;"a;b, ""c""\r\nd"\r\n') == [{"id": "1", "name": 'a;b, "c"\r\nd'}]


def test_a_spreadsheet_may_say_what_is_between_its_cells() -> None:
    assert read("sep=;\r\nid;name\r\n1;a,b\r\n") == [{"id": "1", "name": "a,b"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_table_is_read_in_its_encoding(encoding: str) -> None:
    assert read("naïve,n\nZoë,1\n".encode(encoding)) == [{"naïve": "Zoë", "n": "1"}]


def test_a_claimed_encoding_is_heeded_where_the_text_is_no_utf_8() -> None:
    assert read("ąę,n\nł,1\n".encode("iso-8859-2"), "text/csv; charset=iso-8859-2") == [{"ąę": "ł", "n": "1"}]


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ("1,2\n3,4\n", [{"column_1": "1", "column_2": "2"}, {"column_1": "3", "column_2": "4"}]),
        ("DE,2024-01-30\n", [{"column_1": "DE", "column_2": "2024-01-30"}]),
        ("country,2023,2024\nDE,5,6\n", [{"country": "DE", "2023": "5", "2024": "6"}]),
        ("name\nJane\n", [{"name": "Jane"}]),
        (",name\n1,Jane\n", [{"column_1": "1", "name": "Jane"}]),
        ("id,id,id_2\n1,2,3\n", [{"id": "1", "id_3": "2", "id_2": "3"}]),
        ("a,b\n1\n1,2,3\n", [{"a": "1"}, {"a": "1", "b": "2", "column_3": "3"}]),
        ("a,=SUM(A1)\n1,=B2\n\n", [{"a": "1", "=SUM(A1)": "=B2"}]),
        ("id,name\n", []),
    ],
    ids=["no names", "one row", "years", "one column", "no name", "twice", "ragged", "formula", "no rows"],
)
def test_tables_of_all_sorts(text: str, records: list[dict[str, str]]) -> None:
    assert read(text) == records


def test_what_the_header_says_of_names_holds() -> None:
    assert read("DE,Berlin\n", "text/csv; header=absent") == [{"column_1": "DE", "column_2": "Berlin"}]
    assert read("1,2\n3,4\n", "text/csv; header=present") == [{"1": "3", "2": "4"}]


def test_an_empty_cell_is_null_among_numbers_and_a_text_among_texts() -> None:
    assert read("n,at,name,no\n1,2024-01-30,Jane,\n,,,\n") == [
        {"n": "1", "at": "2024-01-30", "name": "Jane", "no": None},
        {"n": None, "at": None, "name": "", "no": None},
    ]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (ORDERS.replace("email", "e_mail"), [("breaking", "property.renamed", "$[*].email")]),
        ("id,total\n1,5.0\n", [("breaking", "property.removed", "$[*].email")]),
        (ORDERS.replace("id,", "no,id,").replace("\n1,", "\nx,1,").replace("\n2,", "\ny,2,"), [
            ("compatible", "property.added", "$[*].no")
        ]),
        ("id,email,total\nA-1,a@b.example,5.0\n", [("warning", "format.lost", "$[*].id")]),
        ("total,id,email\n,1,a@b.example\n7.5,2,c@d.example\n", []),
        ("id;email;total\r\n1;a@b.example;\r\n2;c@d.example;7.5\r\n", []),
        ("id,email,total\n", [("compatible", "array.now-empty", "$")]),
    ],
    ids=["renamed", "removed", "added", "no number", "another order", "another dialect", "no rows"],
)  # fmt: skip
def test_a_column_is_a_field(after: str, expected: list[tuple[str, str, str]]) -> None:
    told = changes(ORDERS, after)
    assert [each for each in told if each[1] != "value.became-non-null"] == expected


@pytest.mark.parametrize("media", ["text/plain", "application/octet-stream", "binary/octet-stream"])
def test_a_table_is_known_by_its_content_where_nothing_else_it_can_be(media: str) -> None:
    assert decode(b"id,name\n1,x\n2,y\n", {"content-type": media}) == Body(
        media, [{"id": "1", "name": "x"}, {"id": "2", "name": "y"}]
    )


@pytest.mark.parametrize(
    "text",
    [
        "Dear all,\nhello, you\nbye, now\n",
        "id,name\n1,x\n",
        "id,name\n1,x\n2\n",
        "1,2\n3,4\n5,6\n",
        "id,id\n1,2\n3,4\n",
        "a, b\nc, d\ne, f\n",
        "OK",
        "a\tb\nc\td\ne\tf\n",
        'id,"name\n1,x\n2,y\n',
    ],
)
def test_a_text_that_only_looks_like_a_table_is_opaque(text: str) -> None:
    assert decode(text.encode(), {"content-type": "text/plain"}) == Body("text/plain", NO_BODY)
    assert decode(b"id,name\n1,x\n2,y\n", {"content-type": "text/html"}) == Body("text/html", NO_BODY)


@pytest.mark.parametrize("content", [b"<html><p>Log in</p></html>", b"id,name\0\n", b"a,b\n" + b'"x' * 100_000])
def test_what_claims_to_be_a_table_and_is_not_is_unreadable(content: bytes) -> None:
    assert decode(content, {"content-type": "text/csv"}) == Body("unreadable text/csv")


@given(
    names=st.lists(st.from_regex(r"[a-z]{1,6}", fullmatch=True), min_size=2, max_size=5, unique=True),
    rows=st.lists(st.lists(st.text("ab,;\"\n\r\t '", min_size=1), min_size=2, max_size=5), max_size=4),
)
@quickly
def test_what_a_writer_wrote_comes_back(names: list[str], rows: list[list[str]]) -> None:
    cells = [(row * len(names))[: len(names)] for row in rows]
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerows([names, *cells])
    assert read(file.getvalue(), "text/csv; header=present") == [dict(zip(names, row, strict=True)) for row in cells]
