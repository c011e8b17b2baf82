from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import vcr
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from vcr.request import Request

from pytest_integration_contracts.errors import CassetteError
from pytest_integration_contracts.traffic.cassettes import Interaction, Response, read_cassette, write_cassette
from traffic.clients import CANONICAL, Addresses, with_httpx
from traffic.tape import Tape, asked

unhurried = settings(deadline=None)  # files are written, on disks of any speed

ACTUAL = "http://127.0.0.1:80/v1"
REMEDY = "restore it, or record it again with `pytest --contracts-record --contracts-update`"

ONE = """
interactions:
- request:
    method: GET
    uri: https://api.crm.example/v1/customers/42
    body: null
    headers:
      Accept:
      - '*/*'
  response:
    status:
      code: 200
      message: OK
    headers:
      Content-Type:
      - application/json
    body:
      string: '{"id": 42}'
version: 1
"""


def gzipped(content: bytes) -> bytes:
    """The same bytes at any time, so that parameters have the same names in every worker."""
    return gzip.compress(content, mtime=0)


COMPRESSED = base64.b64encode(gzipped(b'{"id": 42}')).decode()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cassettes") / "test_customer.yaml"


def read(file: Path, text: str) -> list[Interaction]:
    file.write_text(text, encoding="utf-8")
    interactions = read_cassette(file)
    assert interactions is not None
    return interactions


def response(body: bytes = b"", **headers: str) -> Response:
    named = {name.replace("_", "-"): [text] for name, text in headers.items()}
    return {"status": {"code": 200, "message": "OK"}, "headers": named, "body": {"string": body}}


def written(file: Path, answer: Response, *, sent: object = None, prefixes: dict[str, str] | None = None) -> Response:
    """The response as it comes back from a file."""
    request = Request("GET", f"{CANONICAL}/a", sent, {"Accept": "*/*"})
    write_cassette(file, [Interaction(request, answer)], {ACTUAL: CANONICAL} if prefixes is None else prefixes)
    [interaction] = read_cassette(file) or []
    return interaction.response


class TestReading:
    def test_a_cassette_is_read(self, file: Path) -> None:
        [interaction] = read(file, ONE)
        assert (interaction.request.method, interaction.request.uri) == ("GET", f"{CANONICAL}/customers/42")
        assert interaction.response == response(b'{"id": 42}', Content_Type="application/json")

    def test_where_there_is_no_file_there_is_nothing(self, tmp_path: Path) -> None:
        assert read_cassette(tmp_path / "none.yaml") is None

    def test_one_with_nothing_in_it_is_empty(self, file: Path) -> None:
        assert read(file, "interactions: []\nversion: 1\n") == []

    def test_one_that_vcrpy_itself_recorded_is_read(self, file: Path) -> None:
        body = {"string": b'{"id": 42}'}
        cassette = vcr.cassette.Cassette(str(file), record_mode="all")
        cassette.append(Request("GET", f"{CANONICAL}/a", None, {}), {**response(), "body": body})
        cassette._save(force=True)
        [interaction] = read_cassette(file) or []
        assert interaction.response == response(b'{"id": 42}')

    @pytest.mark.parametrize(
        "content",
        [
            "content: '{\"id\": 42}'\n    headers:\n      content-type: [application/json]",
            "content: '{\"id\": 42}'\n    headers: {content-type: application/json, content-encoding: gzip}",
            f"content: !!binary {COMPRESSED}\n    headers: {{content-type: a/json, Content-Encoding: [gzip]}}",
        ],
        ids=["plain", "decompressed", "compressed"],
    )
    def test_one_of_old_httpx_is_read_and_replayed(self, file: Path, content: str) -> None:
        asking = ONE.partition("  response:")[0]
        text = f"{asking}  response:\n    {content}\n    http_version: HTTP/1.1\n    status_code: 201\nversion: 1\n"
        [interaction] = read(file, text)
        assert interaction.response["status"] == {"code": 201, "message": None}
        replayed = Tape(file, Addresses(CANONICAL)).replay(lambda: with_httpx("GET", f"{CANONICAL}/customers/42"))
        assert asked(replayed) == [("GET", f"{CANONICAL}/customers/42", 201, {"id": 42})]

    @pytest.mark.parametrize(
        ("part", "other", "expected"),
        [
            (
                "      - application/json",
                "        application/json",
                {"headers": {"Content-Type": ["application/json"]}},
            ),
            ("      - application/json", "      - 5", {"headers": {"Content-Type": ["5"]}}),
            ("      message: OK", "      message: null", {"status": {"code": 200, "message": None}}),
            ("      message: OK", "      reason: OK", {"status": {"code": 200, "message": None}}),
            ("      message: OK", "      message: 1", {"status": {"code": 200, "message": "1"}}),
            ("      string: '{\"id\": 42}'", "      string: null", {"body": {"string": b""}}),
            ("      string: '{\"id\": 42}'", "      {}", {"body": {"string": b""}}),
            ("      string: '{\"id\": 42}'", "      string: !!binary /w==", {"body": {"string": b"\xff"}}),
        ],
    )
    def test_what_is_written_a_little_differently_is_put_right(
        self, file: Path, part: str, other: str, expected: dict[str, Any]
    ) -> None:
        assert part in ONE
        [interaction] = read(file, ONE.replace(part, other))
        assert interaction.response == response(b'{"id": 42}', Content_Type="application/json") | expected


BROKEN = {
    "empty": ("", "is not a cassette (its end, with `version: 1`, is missing)"),
    "words": ("nothing of the kind", "is not a cassette (its end, with `version: 1`, is missing)"),
    "a list": ("- 1\n- 2\nversion: 1", "is not a cassette ("),
    "nothing but a version": ("version: 1", "is not a cassette ('interactions')"),
    "interactions of another kind": ("interactions: 5\nversion: 1", "is not a cassette ("),
    "an older format": (
        '- {request: {}, response: {}, \'a\': "version"}\n# "version": 1',
        "is not a cassette (Your cassette files were generated in an older version",
    ),
    "torn in a string": (ONE[: ONE.index("42}'")], "is not a cassette (its end"),
    "conflict": (
        ONE.replace("      code: 200", "<<<<<<< ours\n      code: 200\n=======\n      code: 201\n>>>>>>> theirs"),
        "has merge conflicts; resolve them, or record it again with `pytest --contracts-record --contracts-update`",
    ),
    "conflict in a string": (
        ONE.replace("'{\"id\": 42}'", '"a\n<<<<<<< ours\n  b\n=======\n  c\n>>>>>>> theirs\n  d"'),
        "has merge conflicts; resolve them",
    ),
    "no uri": (ONE.replace("uri:", "url:"), "is not a cassette ("),
    "a uri of another kind": (ONE.replace("uri: https", "uri: 5 #"), "is not a cassette ("),
    "a password for a port": (
        ONE.replace(".example/", ".example:hunter2/"),
        "is not a cassette (Port could not be cast to integer value)",
    ),
    "a uri without a port": (
        ONE.replace(".example/", ".example:99999/"),
        "is not a cassette (Port out of range 0-65535)",
    ),
    "a uri that is null": (ONE.replace("uri: https", "uri: null #"), "is not a cassette ("),
    "a method of another kind": (ONE.replace("GET", "[GET]"), "is not a cassette (a request without method or uri)"),
    "a header without value": (ONE.replace("      - '*/*'", "        []"), "is not a cassette ("),
    "a response of another kind": (
        f"{ONE.partition('  response:')[0]}  response: 5\nversion: 1",
        "is not a cassette (",
    ),
    "no status": (ONE.replace("status:", "state:"), "is not a cassette ('status')"),
    "a status of another kind": (
        ONE.replace("code: 200", "code: OK"),
        "is not a cassette (a response without a status",
    ),
    "headers of another kind": (ONE.replace("Content-Type:\n      - application/json", "- a"), "is not a cassette ("),
    "a header of another kind": (
        ONE.replace("- application/json", "- {a: b}"),
        "is not a cassette (a response without",
    ),
    "a body of another kind": (
        ONE.replace("string: '{\"id\": 42}'", "string: [1]"),
        "is not a cassette (",
    ),
    "no body": (ONE.replace("    body:\n      string", "    text:\n      string"), "is not a cassette ('body')"),
    "lists without end": (f"version: 1\na: {'[' * 100_000}", "is not a cassette (nested deeper than 1000 levels)"),
    "nested without end": (
        f"version: 1\na: {'[' * 50_000}{']' * 50_000}",
        "is not a cassette (nested deeper than 1000",
    ),
    "dashes without end": (f"version: 1\na:\n{'- ' * 50_000}a", "is not a cassette (nested deeper than 1000 levels)"),
    "code": (
        ONE.replace("null", "!!python/object/apply:os.system ['touch executed']"),
        "is not a cassette (There was a problem loading the cassette: could not determine a constructor for the tag",
    ),
    "an object": (ONE.replace("null", "!!python/object/new:os.path {}"), "is not a cassette ("),
    "a name": (ONE.replace("null", "!!python/name:os.system"), "is not a cassette ("),
    "a loop": (
        ONE.replace("headers:\n      Content-Type:\n      - application/json", "headers: &a\n      b: *a"),
        "is not a cassette (a response without a status or with headers that are no text)",
    ),
}


class TestBrokenFiles:
    @pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
    def test_one_clear_error_names_the_file_and_the_remedy(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        path = tmp_path / "test_customer.yaml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(CassetteError) as caught:
            read_cassette(path)
        said = str(caught.value)
        assert said.startswith(f"{path}: {message}")
        assert "`pytest --contracts-record --contracts-update`" in said
        assert "\n" not in said
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize("content", [b"\xff\xfe\x00", gzipped(ONE.encode())])
    def test_one_that_is_no_text_says_so(self, file: Path, content: bytes) -> None:
        file.write_bytes(content)
        with pytest.raises(CassetteError, match=r"test_customer\.yaml: cannot be read: 'utf-8' codec .*; restore it"):
            read_cassette(file)

    def test_a_folder_in_its_place_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(CassetteError, match=r"cannot be read: .*Is a directory.*; restore it"):
            read_cassette(tmp_path)

    def test_aliases_that_multiply_do_no_harm(self, file: Path) -> None:
        lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30))]
        bomb = "\n".join(lines)
        with pytest.raises(CassetteError, match="a response without a status or with headers that are no text"):
            read(file, f"{bomb}\n{ONE.replace('- application/json', '- *a29')}")
        assert len(read(file, f"{bomb}\n{ONE.replace('body: null', 'body: *a29')}")) == 1

    def test_one_that_was_torn_never_passes_for_a_whole_one(self, file: Path) -> None:
        for end in range(ONE.index("42}'") + len("42}'")):
            with pytest.raises(CassetteError):
                read(file, ONE[:end])

    @unhurried
    @given(content=st.binary() | st.text().map(str.encode))
    def test_no_content_raises_anything_else(self, file: Path, content: bytes) -> None:
        file.write_bytes(content)
        reads_or_says_why(file)

    @unhurried
    @given(data=st.data())
    def test_no_damage_raises_anything_else(self, file: Path, data: st.DataObject) -> None:
        start = data.draw(st.integers(0, len(ONE)))
        end = data.draw(st.integers(start, min(len(ONE), start + 40)))
        patch = data.draw(st.text("-:[]{}'\"&*!|> \n\tabc019#", max_size=10) | st.text(max_size=4))
        file.write_text(ONE[:start] + patch + ONE[end:], encoding="utf-8")
        reads_or_says_why(file)

    @unhurried
    @given(data=st.data())
    def test_no_value_in_its_place_raises_anything_else(self, file: Path, data: st.DataObject) -> None:
        document = yaml.safe_load(ONE)
        place: Any = document
        while isinstance(place, dict | list) and place:
            parent, key = place, data.draw(st.sampled_from(list(place) if isinstance(place, dict) else [0]))
            place = place[key]
            if data.draw(st.booleans()):
                break
        parent[key] = data.draw(VALUES)
        file.write_text(yaml.safe_dump(document), encoding="utf-8")
        reads_or_says_why(file)


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=6,
)


def reads_or_says_why(file: Path) -> None:
    try:
        interactions = read_cassette(file)
    except CassetteError as error:
        said = str(error)
    else:
        said = f"{file}: nothing"
        write_cassette(file, interactions or [], {ACTUAL: CANONICAL})
        read_cassette(file)
    assert said.startswith(f"{file}: ")


class TestWriting:
    @unhurried
    @given(
        body=st.binary() | st.text().map(str.encode) | st.text("\x00\x85\u2028\ufeff\ufffe\n\t '\"é😀").map(str.encode)
    )
    def test_a_body_comes_back_as_it_was(self, file: Path, body: bytes) -> None:
        assert written(file, response(body))["body"]["string"] == body

    @unhurried
    @given(value=st.text(st.characters(max_codepoint=126, min_codepoint=32)))
    def test_a_header_comes_back_as_it_was(self, file: Path, value: str) -> None:
        assert written(file, response(b"", X_Note=value))["headers"] == {"X-Note": [value]}

    @pytest.mark.parametrize("value", ["caf\udce9", "café", b"caf\xe9"])
    def test_a_header_that_is_not_ascii_is_kept_and_replayed_without(self, file: Path, value: str | bytes) -> None:
        answer = response() | {"headers": {"X-Note": [value]}}
        assert written(file, answer)["headers"] == {"X-Note": ["caf?"]}
        assert "caf\\xE9" in file.read_text()

    def test_several_values_of_one_header_are_kept(self, file: Path) -> None:
        answer = response() | {"headers": {"Set-Cookie": ["a=1; Path=/", "b=2"], "Vary": "Accept"}}
        assert written(file, answer)["headers"] == {
            "Set-Cookie": ["a=REDACTED; Path=/", "b=REDACTED"],
            "Vary": ["Accept"],
        }

    def test_what_was_recorded_is_left_untouched(self, file: Path) -> None:
        answer = response(gzipped(b'{"token": "abc"}'), Content_Encoding="gzip", Content_Type="application/json")
        before = json.dumps(answer, default=repr)
        written(file, answer)
        assert json.dumps(answer, default=repr) == before

    @pytest.mark.parametrize(
        ("text", "rewritten"),
        [
            (f"{ACTUAL}", CANONICAL),
            (f"{ACTUAL}/a?b", f"{CANONICAL}/a?b"),
            (f"see {ACTUAL}.", f"see {CANONICAL}."),
            (f"<{ACTUAL}>; {ACTUAL}?x, {ACTUAL}#y", f"<{CANONICAL}>; {CANONICAL}?x, {CANONICAL}#y"),
            ("http://127.0.0.1:8080/v1/a", "http://127.0.0.1:8080/v1/a"),
            (f"{ACTUAL}0/a", f"{ACTUAL}0/a"),
            (f"{ACTUAL}.1/a", f"{ACTUAL}.1/a"),
            (f"{ACTUAL}-beta", f"{ACTUAL}-beta"),
            (ACTUAL.replace("/", "\\/") + "\\/a", CANONICAL.replace("/", "\\/") + "\\/a"),
            ("x=http%3A%2F%2F127.0.0.1%3A80%2Fv1%2Fa", "x=https%3A%2F%2Fapi.crm.example%2Fv1%2Fa"),
            ("x=http%3a%2f%2f127.0.0.1%3a80%2fv1&a", "x=https%3a%2f%2fapi.crm.example%2fv1&a"),
            ("x=http%3A%2F%2F127.0.0.1%3A80%2Fv10", "x=http%3A%2F%2F127.0.0.1%3A80%2Fv10"),
            ("http://127.0.0.1:80/v2", "http://127.0.0.1:80/v2"),
        ],
    )
    def test_a_prefix_is_rewritten_up_to_the_end_of_a_segment(self, file: Path, text: str, rewritten: str) -> None:
        answer = written(file, response(text.encode(), Content_Type="text/plain", X_Note=text))
        assert answer["body"]["string"].decode() == rewritten
        assert answer["headers"]["X-Note"] == [rewritten]

    def test_the_longest_prefix_is_rewritten_and_only_once(self, file: Path) -> None:
        prefixes = {
            "http://127.0.0.1:80": "https://all.example",
            "http://127.0.0.1:80/v1": "http://127.0.0.1:81",
            "http://127.0.0.1:81": "https://one.example",
        }
        body = b"http://127.0.0.1:80/v1/a http://127.0.0.1:80/b http://127.0.0.1:81/c http://127.0.0.1:8081/d"
        assert written(file, response(body), prefixes=prefixes)["body"]["string"] == (
            b"http://127.0.0.1:81/a https://all.example/b https://one.example/c http://127.0.0.1:8081/d"
        )

    @pytest.mark.parametrize(
        ("body", "encoding", "kept", "still"),
        [
            (gzipped(b"[1]"), "gzip", b"[1]", []),
            (b"[1]", "gzip", b"[1]", []),  # aiohttp has decompressed it already
            (b"\x0b\x01\x80[1]\x03", "br", b"[1]", []),
            (gzipped(b"[1]"), "br, gzip", b"[1]", []),  # decompressed of the inner one already
            (b"\x1f\x9d\x90[1]", "compress", b"\x1f\x9d\x90[1]", ["compress"]),
            (gzipped(b"[1]"), "compress, gzip", gzipped(b"[1]"), ["compress, gzip"]),
            (b"", "gzip", b"", ["gzip"]),  # an answer to HEAD
        ],
    )
    def test_a_body_is_kept_decompressed_where_that_is_known(
        self, file: Path, body: bytes, encoding: str, kept: bytes, still: list[str]
    ) -> None:
        answer = written(file, response(body, Content_Encoding=encoding, Content_Length="77"))
        assert answer["body"]["string"] == kept
        assert answer["headers"].get("Content-Encoding", []) == still
        assert answer["headers"]["Content-Length"] == [str(len(kept)) if kept and not still else "77"]

    def test_it_is_the_same_bytes_for_the_same_traffic(self, file: Path) -> None:
        written(file, response(b"[1]", B="2", A="1"))
        before = file.read_bytes()
        written(file, response(b"[1]", B="2", A="1"))
        assert file.read_bytes() == before

    def test_where_it_cannot_be_written_the_error_names_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "test_customer.yaml").mkdir()
        with pytest.raises(CassetteError, match=r"test_customer\.yaml: cannot be written: "):
            write_cassette(tmp_path / "test_customer.yaml", [], {})

    def test_what_yaml_cannot_hold_is_an_error_that_names_the_file(self, file: Path) -> None:
        answer = response() | {"status": {"code": 200, "message": object()}}
        with pytest.raises(CassetteError, match=r"test_customer\.yaml: cannot be written: Cassette not saved"):
            write_cassette(file, [Interaction(Request("GET", CANONICAL, None, {}), answer)], {})
