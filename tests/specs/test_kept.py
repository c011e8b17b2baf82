"""The document that is kept: its file, its versions, and what is said where it cannot be used."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pytest_integration_contracts.errors import SpecError
from pytest_integration_contracts.specs import filing
from pytest_integration_contracts.specs.document import Spec
from pytest_integration_contracts.specs.kept import EXTENSION, Kept, path_in, read_kept, versions, write_kept
from pytest_integration_contracts.specs.prose import differ_only_in_prose

DOCUMENT = {"openapi": "3.1.0", "info": {"title": "CRM"}, "paths": {"/a": {}}, "x-odd": "\ud800 é"}
SOURCE = "https://api.crm.example/openapi.json"


def kept(version: str, **more: object) -> Kept:
    return Kept(Spec({**DOCUMENT, **more}, SOURCE), version, "2026-01-31", "why")


def test_what_is_kept_is_read_again_as_it_came(tmp_path: Path) -> None:
    folder = tmp_path / "crm"
    assert read_kept(folder) is None
    assert versions(folder) == []
    path = write_kept(folder, kept("1.0"), tmp_path)
    assert path == path_in(folder)
    found = read_kept(folder)
    assert found is not None
    assert (found.spec.document, found.spec.source) == (DOCUMENT, SOURCE)
    assert (found.version, found.since, found.reason) == ("1.0", "2026-01-31", "why")
    assert next(iter(json.loads(path.read_bytes()))) == EXTENSION, "it is the first thing that a reviewer sees"


def test_each_version_goes_to_history_and_a_break_catches_the_eye(tmp_path: Path) -> None:
    folder = tmp_path / "crm"
    for version in ("1.0", "1.1", "2.0", "10.0"):
        write_kept(folder, kept(version, paths={f"/{version}": {}}), tmp_path)
    write_kept(folder, kept("10.0", paths={"/other": {}}), tmp_path)
    names = sorted(path.name for path in (folder / "history" / "openapi").iterdir())
    assert names == ["1.0.json", "1.1-broken-by-2.0.json", "2.0-broken-by-10.0.json"]
    told = [(each.version, [*each.spec.document["paths"]]) for each in versions(folder)]
    assert told == [("1.0", ["/1.0"]), ("1.1", ["/1.1"]), ("2.0", ["/2.0"]), ("10.0", ["/other"])]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no OpenAPI document: it is no object"),
        ("{", "is neither JSON nor YAML"),
        ('{"openapi": "3.0.0", "paths": {}}', f"has no `{EXTENSION}` with a version"),
        (f'{{"openapi": "3.0.0", "{EXTENSION}": {{"version": 1}}}}', f"has no `{EXTENSION}` with a version"),
        (f'{{"openapi": "3.0.0", "{EXTENSION}": {{"version": "0.1"}}}}', f"has no `{EXTENSION}` with a version"),
        (f'{{"{EXTENSION}": {{"version": "1.0"}}}}', "has neither `openapi` nor `swagger`"),
    ],
)
def test_a_file_that_cannot_be_used_says_so_and_how_to_get_it_back(tmp_path: Path, text: str, said: str) -> None:
    path_in(tmp_path).write_text(text)
    with pytest.raises(SpecError) as caught:
        read_kept(tmp_path)
    assert str(caught.value).startswith(f"{path_in(tmp_path)}")
    assert said in str(caught.value)
    assert "restore it from version control, or delete it" in str(caught.value)


def test_who_dies_between_two_writes_leaves_a_version_that_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "crm"
    write_kept(folder, kept("1.0"), tmp_path)
    real, left = filing.write_atomically, [0]

    for steps in (0, 1):
        left[0] = steps

        def dying(path: Path, content: bytes) -> None:
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            real(path, content)

        monkeypatch.setattr(filing, "write_atomically", dying)
        with pytest.raises(KeyboardInterrupt):
            write_kept(folder, kept("2.0"), tmp_path)
        found = read_kept(folder)
        assert found is not None
        assert found.version == "1.0"
    monkeypatch.undo()
    write_kept(folder, kept("2.0"), tmp_path)
    assert [each.version for each in versions(folder)] == ["1.0", "2.0"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_nothing_is_written_through_a_link_that_leads_away(tmp_path: Path) -> None:
    contracts, elsewhere = tmp_path / "contracts", tmp_path / "elsewhere"
    contracts.mkdir()
    elsewhere.mkdir()
    (contracts / "crm").symlink_to(elsewhere)
    with pytest.raises(SpecError, match="leads outside"):
        write_kept(contracts / "crm", kept("1.0"), contracts)
    assert not [*elsewhere.iterdir()]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"description": "a", "x-id": 1}, {"summary": "b"}, True),
        ({"properties": {"description": {}}}, {"properties": {}}, False),
        ({"properties": {"properties": {"title": "a"}}}, {"properties": {"properties": {"title": "b"}}}, True),
        ({"paths": {"/a": {}}}, {"paths": {"/b": {}}}, False),
        ({"parameters": [{"description": "a"}]}, {"parameters": [{}]}, True),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, False),
        ({"minimum": 1}, {"minimum": True}, False),
        ({"info": {"version": "1"}}, {"info": {"version": "2"}}, True),
    ],
)
def test_words_for_people_are_told_from_what_programs_read(one: object, other: object, *, same: bool) -> None:
    assert differ_only_in_prose(one, other) is same
    assert differ_only_in_prose(other, one) is same


def test_a_document_may_be_nested_as_deep_as_it_likes() -> None:
    one: object = {}
    for _ in range(50_000):
        one = {"items": one}
    assert differ_only_in_prose(one, one)
