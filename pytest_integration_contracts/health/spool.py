"""Where runs wait that the store has not taken yet: one file each, in `.contracts/spool`.

A run is first written here and then taken in by the store, so that what was written is never lost: a process that is
killed, a store that is down or slow, a disk that is full on one side. Runs have ids, and the store keeps each once;
therefore several processes may take in the same files.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_integration_contracts.errors import HealthError
from pytest_integration_contracts.files import leads_outside, write_atomically
from pytest_integration_contracts.health import folder
from pytest_integration_contracts.health.records import Record, from_json, to_json

if TYPE_CHECKING:
    from pytest_integration_contracts.health.samples import RunRecord, Sample
    from pytest_integration_contracts.health.store import Store
    from pytest_integration_contracts.manifest.monitoring import HealthSettings

WITHIN: Final = 5.0
"""How long a run waits for the store at most, in seconds."""

MOST_FILES: Final = 1_000
MOST_BYTES: Final = 256 * 1024**2
"""How much may wait; the oldest is dropped first, and that is told."""

_SHOWN: Final = f"{folder.NAME}/spool"
_LARGEST_FILE: Final = 64 * 1024**2
_MOST_BAD: Final = 20


class Taken(NamedTuple):
    """What became of the runs that waited.

    Attributes:
        runs: How many the store took.
        failure: Why it took no more, "" where it did or time was up.
        notes: What else a reader should know, a line each.
    """

    runs: int = 0
    failure: str = ""
    notes: tuple[str, ...] = ()


def keep(
    run: RunRecord,
    samples: Sequence[Sample],
    settings: HealthSettings,
    root: Path,
    environment: Mapping[str, str],
    *,
    maintenance: Collection[str] = (),
    within: float = WITHIN,
) -> tuple[str, ...]:
    """Keep a run, whatever state the store is in: when this returns it is in the store or waits in the spool.

    Args:
        run: The run.
        samples: What it found.
        settings: Which store, and how long it keeps what it has.
        root: The manifest's folder.
        environment: Where references are looked up.
        maintenance: Which integrations were in a maintenance window.
        within: How long to wait for the store, in seconds.

    Returns:
        What a reader should know, a line each; nothing where all went well.
    """
    record = Record(run, tuple(samples), frozenset(maintenance))
    unwritten = _spooled(record, root)
    attempt = _Attempt(record, settings, root, environment, spooled=not unwritten, within=within)
    attempt.start()
    attempt.join(within)
    return (*unwritten, *attempt.told(), *_bound(root))


def flush(store: Store, root: Path, *, within: float = WITHIN) -> Taken:
    """Have the store take in what waits, the oldest first.

    Args:
        store: The store.
        root: The manifest's folder.
        within: For how long, in seconds; the rest goes on waiting.
    """
    end = time.monotonic() + within
    notes: list[str] = []
    runs, failure = 0, ""
    for path in waiting(root):
        if time.monotonic() > end:
            break
        record = _read(path, notes)
        if record is None:
            continue
        try:
            store.append(record.run, record.samples, maintenance=record.maintenance)
        except HealthError as error:
            failure = str(error)
            break
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        runs += 1
    return Taken(runs, failure, tuple(notes))


def waiting(root: Path) -> list[Path]:
    """The files of runs that wait, the oldest first."""
    spool = _folder(root)
    return [] if leads_outside(spool / "x", root) else sorted(spool.glob("[0-9]*.json"))


class _Attempt(threading.Thread):
    """The store takes in what waits, this run last. A thread: a database may hang in ways that no timeout covers.

    One that is left behind does no harm: what it still writes is in the spool as well, and is kept once.
    """

    def __init__(
        self,
        record: Record,
        settings: HealthSettings,
        root: Path,
        environment: Mapping[str, str],
        *,
        spooled: bool,
        within: float,
    ) -> None:
        super().__init__(name="contracts-history", daemon=True)
        self._record, self._settings, self._root, self._environment = record, settings, root, environment
        self._spooled = spooled
        self._within = within
        self._failure = ""
        self._kept = False
        self._taken = Taken()

    def run(self) -> None:
        try:
            self._keep(time.monotonic() + self._within)
        except HealthError as error:
            self._failure = str(error)
        except Exception as error:  # noqa: BLE001 - a run never fails because its history does
            self._failure = f"the store failed with {type(error).__name__}"

    def told(self) -> Iterator[str]:
        """What a reader should know of it now, whether it has ended or not."""
        yield from self._taken.notes
        failure = self._failure or self._taken.failure
        if self._kept:
            if failure:
                yield f"history: {failure}"
            return
        if not failure and self._taken.runs:
            failure = f"the store took {self._taken.runs:,} runs that had waited, and time was up"
        why = failure or f"{self._settings.store}: did not answer within {self._within:g} s"
        yield f"history: {why}; {_left(self._root) if self._spooled else 'this run is not kept'}"

    def _keep(self, end: float) -> None:
        from pytest_integration_contracts.health.store import open_store

        with open_store(self._settings.store, self._root, self._environment, timeout=self._within) as store:
            self._taken = flush(store, self._root, within=end - time.monotonic())
            if self._spooled:
                self._kept = not _path(self._record.run, self._root).exists()
            else:
                store.append(self._record.run, self._record.samples, maintenance=self._record.maintenance)
                self._kept = True
            if self._kept:
                store.retain(self._settings.retention, self._record.run.at, within=end - time.monotonic())


def _spooled(record: Record, root: Path) -> tuple[str, ...]:
    """Write a run down; what went wrong, in a line."""
    path = _path(record.run, root)
    try:
        if leads_outside(path, root):
            return (f"history: {_SHOWN}: leads out of {root}; remove the link",)
        folder.make(path.parent, root)
        write_atomically(path, to_json(record.run, record.samples, record.maintenance))
        _sync(path.parent)
    except OSError as error:
        return (f"history: {_SHOWN}: cannot be written: {error.strerror or error}",)
    return ()


def _sync(directory: Path) -> None:
    """Have the disk remember a new name as well; where a system cannot, it does so in its own time."""
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _read(path: Path, notes: list[str]) -> Record | None:
    """The run in a file; None for one that is gone, or that was set aside because nothing can be made of it."""
    try:
        return from_json(_content(path))
    except FileNotFoundError:
        return None  # another process took it in
    except OSError as error:
        notes.append(f"history: {_SHOWN}/{path.name}: cannot be read: {error.strerror or error}")
    except HealthError as error:
        bad = path.with_suffix(".bad")
        with contextlib.suppress(OSError):
            path.rename(bad)
        notes.append(f"history: {_SHOWN}/{path.name}: {error}; it is set aside as {bad.name}")
    return None


def _content(path: Path) -> bytes:
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise HealthError("is no file")
    if found.st_size > _LARGEST_FILE:
        raise HealthError(f"is larger than {_LARGEST_FILE // 1024**2} MB")
    return path.read_bytes()


def _bound(root: Path) -> Iterator[str]:
    """Drop what is too much, the oldest first; a line where anything was."""
    for path in sorted(_folder(root).glob("*.bad"))[:-_MOST_BAD]:
        with contextlib.suppress(OSError):
            path.unlink()
    files, size = waiting(root), 0
    dropped = []
    for count, path in enumerate(reversed(files), start=1):
        with contextlib.suppress(OSError):
            size += path.lstat().st_size
            if count > MOST_FILES or size > MOST_BYTES:
                path.unlink()
                dropped.append(path)
    if dropped:
        yield (
            f"history: {_SHOWN} holds at most {MOST_FILES:,} runs and {MOST_BYTES // 1024**2} MB:"
            f" {len(dropped):,} dropped, the oldest first, up to {dropped[0].stem}"
        )


def _left(root: Path) -> str:
    count = len(waiting(root))
    return f"{count:,} {'run waits' if count == 1 else 'runs wait'} in {_SHOWN} for the next run to hand in"


def _folder(root: Path) -> Path:
    return root / folder.NAME / "spool"


def _path(run: RunRecord, root: Path) -> Path:
    """By time, for the oldest is taken in first."""
    return _folder(root) / f"{max(0, int(run.at * 1000)):015d}-{run.id}.json"
