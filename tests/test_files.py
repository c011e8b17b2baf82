from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_integration_contracts.files import digest, safe_name, write_atomically

RESERVED_ON_WINDOWS = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}

ANY_NAME = st.one_of(
    st.text(st.characters()),
    st.text("./\\ con\0{}"),
    st.text("x", min_size=100, max_size=300),
    st.sampled_from(["", ".", "..", "con", "CON", "nul.json", "com1.tar.gz", "a/b", "C:\\x", "~", " a ", "\ud800"]),
)


@given(ANY_NAME)
def test_a_safe_name_is_one_plain_segment_everywhere(text: str) -> None:
    name = safe_name(text)
    assert re.fullmatch(r"[A-Za-z0-9_{}\[\],=+@~-][A-Za-z0-9._{}\[\],=+@~-]*", name)
    assert not name.endswith(".")
    assert len(name) <= 130
    assert name.lower().partition(".")[0] not in RESERVED_ON_WINDOWS


@given(ANY_NAME, ANY_NAME)
def test_two_texts_never_share_a_safe_name(one: str, other: str) -> None:
    assert (safe_name(one) == safe_name(other)) == (one == other)


@pytest.mark.parametrize("text", ["GET-customers-{id}", "test_pages[2-next=True]", "api.crm.example", "v1.10", "a@b~c"])
def test_a_name_that_is_safe_stays_readable(text: str) -> None:
    assert safe_name(text) == text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "e3b0c4"),
        ("..", "5ec1f7"),
        ("a/b", "a_b-c14cdd"),
        (".hidden", "_.hidden-169241"),
        ("con", "_con-1143da"),
        ("NUL.json", "_NUL.json-7c6752"),
        ("ends.", "ends-bd2c5e"),
    ],
)
def test_a_name_that_had_to_be_changed_says_so_with_a_digest(text: str, name: str) -> None:
    assert safe_name(text) == name


def test_a_digest_tells_lone_surrogates_apart() -> None:
    assert digest("\ud800") != digest("\ud801")


def test_a_file_is_written_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file.json"
    write_atomically(path, b"content")
    assert path.read_bytes() == b"content"
    assert left_in(path.parent) == ["file.json"]


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(b"a longer old content")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert left_in(tmp_path) == ["file.json"]


@pytest.mark.parametrize("failing", ["os.fsync", "pathlib.Path.replace", "pathlib.Path.chmod"])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, error: BaseException
) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(failing, fail)
        with pytest.raises(type(error)):
            write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert left_in(tmp_path) == ["file.json"]


def test_a_folder_in_the_files_place_is_an_error_and_stays(tmp_path: Path) -> None:
    (tmp_path / "file.json").mkdir()
    with pytest.raises(OSError, match=r"file\.json"):
        write_atomically(tmp_path / "file.json", b"new")
    assert left_in(tmp_path) == ["file.json"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_permissions_follow_the_umask(tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        write_atomically(tmp_path / "file.json", b"content")
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file.json").stat().st_mode) == mode


def test_a_very_long_name_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / f"{safe_name('é' * 5000)}.json"
    write_atomically(path, b"content")
    assert path.read_bytes() == b"content"


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
