"""What the person who started the run asked for."""

from __future__ import annotations

import datetime as dt
import enum
import os
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pytest_integration_contracts.errors import UsageError


class Mode(enum.Enum):
    """What a run does about network, cassettes and snapshots."""

    REPLAY = "--contracts"
    LIVE = "--contracts-live"
    RECORD = "--contracts-record"
    UPDATE = "--contracts-update"
    REFRESH = "--contracts-record --contracts-update"

    @property
    def learns(self) -> bool:
        """Whether snapshots are written."""
        return self in {Mode.UPDATE, Mode.REFRESH}

    @property
    def asks(self) -> bool:
        """Whether upstreams may be asked."""
        return self is not Mode.REPLAY

    @property
    def records(self) -> bool:
        """Whether every cassette is recorded again."""
        return self in {Mode.RECORD, Mode.REFRESH}


def mode_of(*, live: bool, record: bool, update: bool) -> Mode:
    """The mode that flags ask for.

    Raises:
        UsageError: They contradict each other.
    """
    if live and (record or update):
        other = "--contracts-record" if record else "--contracts-update"
        raise UsageError(
            f"--contracts-live neither reads nor writes files, so {other} cannot go with it; leave one of them out"
        )
    if record:
        return Mode.REFRESH if update else Mode.RECORD
    if update:
        return Mode.UPDATE
    return Mode.LIVE if live else Mode.REPLAY


def insist_on_files(*, live: bool, collect_only: bool) -> None:
    """Make sure that a run which is to remove what no test asks for reads files, and runs tests.

    Raises:
        UsageError: It does not.
    """
    if live:
        raise UsageError(
            "--contracts-live neither reads nor writes files, so --contracts-prune cannot go with it;"
            " leave one of them out"
        )
    if collect_only:
        raise UsageError("--contracts-prune removes what no test asks for, and --collect-only runs none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One run's settings.

    Attributes:
        mode: What it does.
        root: pytest's root directory: where `contracts/` goes where there is no manifest.
        invoked_from: The directory the command was run in; messages name files relative to it.
        reason: Kept beside what is learned.
        environment: The environment variables.
        today: The date, ISO 8601.
        shard: The run's name among several that are one, "" for a run of its own.
        learns_by: What learns where no tests are run: a command that takes cassettes; "" for pytest.
        has_recording: Whether pytest-recording is there, whose tests a manifest may adopt.
        adopted: Whether it is about tests whose cassettes pytest-recording keeps: only its own option records them.
    """

    mode: Mode
    root: Path
    invoked_from: Path
    reason: str = ""
    environment: Mapping[str, str]
    today: str
    shard: str = ""
    learns_by: str = ""
    has_recording: bool = True
    adopted: bool = False
    _shown: dict[Path, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def now(self) -> dt.datetime:
        """The moment it is."""
        return now(self.environment)

    @property
    def in_ci(self) -> bool:
        """Whether this is a build server, on which nothing is recorded unless asked for."""
        return self.environment.get("CI", "").lower() not in {"", "0", "false"}

    def shown(self, path: Path) -> str:
        """A path as messages show it: relative to where the command was run, with forward slashes."""
        if path not in self._shown:
            try:
                self._shown[path] = Path(os.path.relpath(path, self.invoked_from)).as_posix()
            except ValueError:  # another drive
                self._shown[path] = path.as_posix()
        return self._shown[path]

    def shown_in(self, text: str, folder: Path) -> str:
        """A message that begins with a file's path, or names a folder, with paths as all messages show them."""
        path, colon, rest = text.replace(str(folder), self.shown(folder)).partition(": ")
        return f"{self.shown(Path(path)) if Path(path).is_absolute() else path}{colon}{rest}"

    def from_root(self, path: Path) -> str:
        """A path as every machine understands it that has a checkout: relative to the root, with forward slashes."""
        try:
            return Path(os.path.relpath(path, self.root)).as_posix()
        except ValueError:  # another drive
            return path.as_posix()

    def command(self, mode: Mode, *paths: Path) -> str:
        """The command that runs tests in a mode; where no tests are run, the one that learns."""
        flags = _ADOPTED.get(mode, mode.value) if self.adopted else mode.value
        command = [self.learns_by] if self.learns_by else ["pytest", flags]
        return " ".join([*command, *(shlex.quote(self.shown(path)) for path in paths)])

    def recording_command(self, path: Path, *, recorded: bool) -> str:
        """The command that records what a cassette lacks: what is recorded is not recorded again by an update."""
        if self.adopted:
            return f"pytest {_ADD} {shlex.quote(self.shown(path))}"
        return self.command(Mode.REFRESH if recorded else Mode.UPDATE, path)

    def together(self, commands: Iterable[str]) -> str:
        """One command for a whole run that does what several commands for parts of it do."""
        if self.learns_by:
            return self.learns_by
        flags = [flag for flag in _FLAGS if any(flag in command for command in commands)]
        return " ".join(["pytest", *(flag for flag in flags if flag != _ADD or _REWRITE not in flags)])


_ADD: Final = "--record-mode=new_episodes"
_REWRITE: Final = "--record-mode=rewrite"
_ADOPTED: Final = {Mode.RECORD: f"--contracts {_REWRITE}", Mode.REFRESH: f"--contracts-update {_REWRITE}"}
"""What records where pytest-recording keeps the cassettes."""
_FLAGS: Final = (Mode.RECORD.value, Mode.UPDATE.value, _REWRITE, _ADD)


def today(environment: Mapping[str, str]) -> str:
    """The date in UTC, or the one that SOURCE_DATE_EPOCH (seconds) sets for reproducible files."""
    return now(environment).date().isoformat()


def now(environment: Mapping[str, str]) -> dt.datetime:
    """The moment it is in UTC, or the one that SOURCE_DATE_EPOCH sets."""
    epoch = environment.get("SOURCE_DATE_EPOCH", "")
    return dt.datetime.fromtimestamp(int(epoch), dt.UTC) if epoch.isdigit() else dt.datetime.now(dt.UTC)
