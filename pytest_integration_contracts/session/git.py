"""What git knows of a folder. It is only asked: no working tree, index or reference is ever touched."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

_SECONDS: Final = 60
_QUIET: Final = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_LITERAL_PATHSPECS": "1", "LC_ALL": "C"}
_FILE: Final = "100"
"""How the modes of plain files begin: not those of links and submodules."""


class Commit(NamedTuple):
    """One commit that touched files.

    Attributes:
        author: Who made it.
        files: Paths below the folder it was asked for, each to the id of its content then; "" where it was removed.
    """

    author: str
    files: dict[str, str]


class Git:
    """The repository that a folder is in, if any."""

    def __init__(self, folder: Path) -> None:
        """Prepare; git is not run.

        Args:
            folder: A folder that exists; paths are relative to it.
        """
        self._folder = folder

    @property
    def is_there(self) -> bool:
        """Whether there is git, and the folder is in the working tree of a repository."""
        return self._text("rev-parse", "--is-inside-work-tree") == "true"

    @property
    def is_shallow(self) -> bool:
        """Whether older commits were left out when the repository was cloned."""
        return self._text("rev-parse", "--is-shallow-repository") == "true"

    def head(self) -> str:
        """The commit that is checked out, or ""."""
        return self.commit("HEAD")

    def commit(self, ref: str) -> str:
        """The commit that somebody's words mean: a branch, a tag, a hash; "" where they mean none."""
        if not ref or "\0" in ref:
            return ""
        return self._text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")

    def files(self, commit: str, below: str) -> dict[str, bytes]:
        """The plain files that a commit has below a path, with what is in them."""
        listed = self._run("ls-tree", "-r", "-z", commit, "--", f"{below}/")
        ids: dict[str, str] = {}
        for line in filter(None, (listed or b"").split(b"\0")):
            about, _, name = line.partition(b"\t")
            mode, kind, number = about.decode("ascii").split()
            if kind == "blob" and mode.startswith(_FILE):
                ids[os.fsdecode(name)] = number
        return dict(zip(ids, self.contents(ids.values()), strict=True))

    def contents(self, ids: Iterable[str]) -> list[bytes]:
        """What is in blobs, in their order; empty where there is none of an id."""
        wanted = list(ids)
        given = "".join(f"{each}\n" for each in wanted).encode("ascii")
        told = self._run("cat-file", "--batch", given=given) if wanted else None
        return [*_batch(told or b"", len(wanted))]

    def has_changes(self, below: str) -> bool:
        """Whether anything below a path differs from the commit that is checked out, new files included."""
        told = self._run("status", "--porcelain", "-z", "--untracked-files=all", "--", below)
        return told is None or bool(told)

    def commits(self, below: str) -> list[Commit]:
        """The commits that touched files below a path, the oldest first; none where the repository is shallow."""
        if self.is_shallow:  # the oldest commit of these seems to have made everything
            return []
        told = self._run(
            *("log", "--reverse", "--relative", "--raw", "--no-abbrev", "--no-renames", "--no-show-signature", "-z"),
            *("--format=%x01%aN", "HEAD", "--", below),
        )
        return [_commit(each) for each in (told or b"").split(b"\x01")[1:]]

    def _text(self, *arguments: str) -> str:
        told = self._run(*arguments)
        return os.fsdecode(told).strip() if told else ""

    def _run(self, *arguments: str, given: bytes = b"") -> bytes | None:
        """What git prints; None where it fails, or is not there."""
        command = ["git", "-C", str(self._folder), "--no-pager", *arguments]
        environment = {**os.environ, **_QUIET}
        try:
            done = subprocess.run(  # noqa: S603 - a list, no shell
                command, input=given, capture_output=True, timeout=_SECONDS, check=False, env=environment
            )
        except (OSError, ValueError, subprocess.SubprocessError):
            return None
        return done.stdout if done.returncode == 0 else None


def _batch(told: bytes, number: int) -> Iterator[bytes]:
    """What `cat-file --batch` prints: a line `<id> <kind> <size>`, the content, a newline, again and again."""
    at = 0
    for _ in range(number):
        line, _, _ = told[at : at + 200].partition(b"\n")
        at += len(line) + 1
        size = line.rpartition(b" ")[2]
        if not size.isdigit():
            yield b""
            continue
        yield told[at : at + int(size)]
        at += int(size) + 1


def _commit(text: bytes) -> Commit:
    """What `log --raw -z` prints of one commit: `author`, and `:<mode> <mode> <id> <id> <letter>`, `path` for each."""
    author, *parts = text.strip(b"\0\n").split(b"\0")
    files: dict[str, str] = {}
    for about, name in zip(parts[::2], parts[1::2], strict=False):
        words = about.strip().decode("ascii", "replace").split()
        if len(words) == 5 and words[1].startswith(_FILE):  # noqa: PLR2004 - modes and ids, before and after
            files[os.fsdecode(name)] = words[3]
    return Commit(author.decode("utf-8", "replace").strip(), files)
