"""Several runs that are one: their reports are joined into one verdict and one update."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from pytest_integration_contracts.errors import ContractsError, ReportError, UsageError
from pytest_integration_contracts.model import Part, Report, Run
from pytest_integration_contracts.reports import document
from pytest_integration_contracts.reports.files import write_all
from pytest_integration_contracts.session.coverage import reasons, together
from pytest_integration_contracts.session.health import keep_history
from pytest_integration_contracts.session.session import Session
from pytest_integration_contracts.session.settings import Mode, Settings, today

_NUMBERED = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")
_MOST_NAMED: Final = 10
_NO_TESTS: Final = 5
"""pytest's exit status where no test was selected."""


def insist_on_shard(name: str, reports: Iterable[Path]) -> None:
    """Make sure, before anything runs, that a run may be one of several.

    Args:
        name: Its name among them: `3/20`, or anything else that tells it from the others.
        reports: The files that its report goes to.

    Raises:
        UsageError: It cannot be joined with others.
    """
    numbers = _NUMBERED.fullmatch(name)
    if not name.strip() or not name.isprintable() or (numbers and not 1 <= int(numbers[1]) <= int(numbers[2])):
        raise UsageError(f"--contracts-shard {name!r}: is no name of a shard; the third of twenty is 3/20")
    if not any(path.suffix == ".json" for path in reports):
        raise UsageError(
            f"--contracts-shard {name}: its report is what `integration-contracts combine` reads;"
            " add --contracts-report PATH.json"
        )


@dataclass(frozen=True, slots=True)
class _Shard:
    """One run of several.

    Attributes:
        path: The file of its report.
        run: How it came about.
        part: What it tells.
    """

    path: Path
    run: Run
    part: Part

    @property
    def name(self) -> str:
        return self.run.shard

    @property
    def numbers(self) -> tuple[int, int] | None:
        """3 and 20 for `3/20`."""
        found = _NUMBERED.fullmatch(self.name)
        return (int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class Joined:
    """What several runs come to.

    Attributes:
        report: What they found, as one run would have.
        failed: The tests that failed, each with the name of its shard.
        code: What one run would have exited with.
    """

    report: Report
    failed: tuple[tuple[str, str], ...]
    code: int


def combine(paths: Sequence[Path], outputs: Sequence[Path], here: Path, environment: Mapping[str, str]) -> Joined:
    """Join the reports of shards as if one process had run all their tests, in whatever order they are given.

    Args:
        paths: Their reports.
        outputs: Where the report of the whole goes.
        here: The directory the command was run in: the one in which the shards were run, in a checkout of its own.
        environment: The environment variables.

    Raises:
        ReportError: A report cannot be read, or they are not of one run.
        ManifestError: The manifest cannot be used.
    """
    shards = sorted(map(_read, paths), key=lambda shard: (shard.numbers or (0, 0), shard.name))
    _insist_on_one_run(shards)
    first = shards[0]
    settings = Settings(
        mode=_mode(first),
        root=Path(os.path.normpath(here / first.part.folder)),
        invoked_from=here,
        reason=first.part.reason,
        environment=environment,
        today=today(environment),
    )
    session = Session(settings)
    for shard in shards:
        _take_in(session, shard)
    missing = _missing(shards)
    if missing:
        session.absent(missing)
    coverage = together([shard.part.coverage for shard in shards])
    ended = frozenset(coverage.selected).intersection(coverage.ended)
    failed = {label: shard.name for shard in shards for label in shard.part.coverage.failed}
    unchecked = frozenset(label for shard in shards for label in shard.part.unchecked) - ended
    report = keep_history(session, session.finish(unchecked, coverage), coverage, commit=first.run.commit)
    run = Run(
        mode=settings.mode.value,
        made_at=settings.now().replace(microsecond=0).isoformat(),
        commit=first.run.commit,
        tests=len(ended),
        partial=(*([missing] if missing else []), *reasons(coverage)),
    )
    report = write_all(replace(report, run=run), outputs)
    code = session.exit_code(_status(shards), failed.keys(), report)
    return Joined(report, tuple(sorted(failed.items())), code)


def _read(path: Path) -> _Shard:
    report = document.read(path)
    if report.part is None or not report.run.shard:
        raise ReportError(
            f"{path}: is the report of a whole run, there is nothing to join;"
            f" `pytest --contracts-shard NAME --contracts-report {path}` writes a shard's"
        )
    return _Shard(path, report.run, report.part)


def _mode(shard: _Shard) -> Mode:
    try:
        return Mode(shard.run.mode)
    except ValueError as error:
        raise ReportError(f"{shard.path}: no run of tests has the mode {shard.run.mode!r}; write it again") from error


def _insist_on_one_run(shards: Sequence[_Shard]) -> None:
    first, *others = shards
    known = {first.name: first}
    for shard in others:
        if shard.name in known:
            raise ReportError(
                f"{shard.path}: is shard {shard.name}, and so is {known[shard.name].path}; give each shard once"
            )
        known[shard.name] = shard
        for what, mine, theirs in (
            ("the mode", first.run.mode, shard.run.mode),
            ("the commit", first.run.commit, shard.run.commit),
            ("the number of shards", _number(first), _number(shard)),
            ("--contracts-reason", first.part.reason, shard.part.reason),
            ("the root, seen from where pytest was run,", first.part.folder, shard.part.folder),
        ):
            if mine != theirs:
                raise ReportError(
                    f"{shard.path}: is of another run than {first.path}: {what} is {theirs or 'not known'} here,"
                    f" {mine or 'not known'} there; give the reports of one run"
                )


def _number(shard: _Shard) -> str:
    return str(shard.numbers[1]) if shard.numbers else ""


def _missing(shards: Sequence[_Shard]) -> str:
    """What is to be said about shards that are not there, "" where all are, or their names do not tell."""
    there = {each.numbers[0] for each in shards if each.numbers}
    total = shards[0].numbers[1] if shards[0].numbers else 0
    gone = total - len(there)
    if not gone:
        return ""
    absent = (number for number in range(1, total + 1) if number not in there)
    named = [f"{number}/{total}" for number in islice(absent, _MOST_NAMED)]
    which = f"shard {named[0]}" if gone == 1 else f"shards {', '.join(named)}"
    more = f" and {gone - len(named)} more" if gone > len(named) else ""
    command = f"pytest {shards[0].run.mode} --contracts-shard {named[0]} --contracts-report PATH.json"
    return f"no report of {which}{more}: run `{command}` with its tests, and combine again"


def _take_in(session: Session, shard: _Shard) -> None:
    try:
        session.collect(shard.part.told)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, ContractsError) as error:
        what = f"{type(error).__name__}: {error}"
        raise ReportError(f"{shard.path}: what its tests told cannot be read ({what}); write it again") from error
    for label in shard.part.expected:
        session.expect(label)
    for label in shard.part.crashed:
        session.crashed(label)
    for place in session.projects:
        folder = Path(os.path.normpath(session.settings.root / place))
        if session.told_of(place).manifest.root != folder:
            raise ReportError(
                f"{shard.path}: is about {folder}, which is no project here; combine where pytest was run,"
                f" in a checkout of {shard.run.commit or 'the same commit'}"
            )


def _status(shards: Sequence[_Shard]) -> int:
    """What one process would have ended with: a shard that was left without tests does not count beside others."""
    statuses = {shard.part.status for shard in shards}
    return max(statuses - {_NO_TESTS}, default=_NO_TESTS)
