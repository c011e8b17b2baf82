"""Whether a run ran all there is, and why not. Knows what pytest's options and hooks are called; imports no pytest."""

from __future__ import annotations

import glob
import json
import shlex
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from pytest_integration_contracts.model import Coverage

_INTERRUPTED: Final = 2
_INTERNAL_ERROR: Final = 3


class Collected:
    """A plugin of pytest's: what was collected, in every process; and in the controlling one, what that means."""

    def __init__(self, config: Any) -> None:  # noqa: ANN401 - pytest's, which is not known here
        """Prepare.

        Args:
            config: pytest's configuration.
        """
        self._config = config
        self._items: list[Any] = []
        self._broken: set[str] = set()
        self._skipped: set[str] = set()
        self._left_out: set[str] = set()
        self._files: set[str] = set()

    def pytest_itemcollected(self, item: Any) -> None:  # noqa: ANN401 - pytest's
        self._items.append(item)

    def pytest_collectreport(self, report: Any) -> None:  # noqa: ANN401 - pytest's
        if report.failed:
            self._broken.add(report.nodeid)
        elif report.skipped:
            self._skipped.add(report.nodeid)
        if report.nodeid and "::" not in report.nodeid:
            self._files.add(report.nodeid)

    def tell(self, selected: Iterable[Any], may_be_contract: Callable[[Any], bool]) -> str:
        """What a process collected, for the one that controls the run: it may cross a process border.

        Args:
            selected: The tests that are to run.
            may_be_contract: Tells whether a test is, or may have been, a contract test.
        """
        running = set(map(id, selected))
        left_out = [each.nodeid for each in self._items if id(each) not in running and may_be_contract(each)]
        self._items.clear()
        files = sorted(self._files) if self._config.option.contracts_prune else []
        return json.dumps([left_out, files])

    def hear(self, told: str) -> None:
        """Take in what a process told."""
        left_out, files = json.loads(told)
        self._left_out.update(left_out)
        self._files.update(files)

    @property
    def files(self) -> frozenset[Path]:
        """The modules that were collected, whatever they hold."""
        return frozenset(self._config.rootpath / each for each in self._files)

    @property
    def shard(self) -> tuple[str, ...]:
        """That this is one of several runs, which each know only what they asked for themselves."""
        name = getattr(self._config.option, "contracts_shard", None)
        return (f"--contracts-shard {shlex.quote(name)}",) if name else ()

    def coverage(
        self,
        session: Any,  # noqa: ANN401 - pytest's
        *,
        selected: Iterable[str],
        ended: Iterable[str],
        failed: Iterable[str],
        skipped: Iterable[str],
        roots: Iterable[Path],
    ) -> Coverage:
        """Which of the contract tests there are ran.

        Args:
            session: pytest's session, at its end.
            selected: The contract tests that were to run, by their node ids; as all that follow.
            ended: Tests that came to their end.
            failed: Tests that failed.
            skipped: Tests that were skipped, or were known to fail and did.
            roots: The folders of the manifests that the tests belong to.
        """
        stopped = ""
        if session.exitstatus == _INTERNAL_ERROR:
            stopped = "pytest itself failed"
        elif session.exitstatus == _INTERRUPTED or session.shouldstop or session.shouldfail:
            stopped = f"stopped early: {session.shouldfail or session.shouldstop or 'interrupted'}"
        return Coverage(
            narrowed=(*_chosen(self._config.option), *_paths(self._config, roots)),
            broken=tuple(sorted(self._broken)),
            unread=tuple(each for each in sorted(self._skipped) if self._may_hold_contracts(each)),
            left_out=tuple(sorted(self._left_out)),
            stopped=stopped,
            selected=tuple(sorted(selected)),
            ended=tuple(sorted(ended)),
            failed=tuple(sorted(failed)),
            skipped=tuple(sorted(skipped)),
        )

    def _may_hold_contracts(self, nodeid: str) -> bool:
        """Whether a module that was not read speaks of contracts, or of pytest-recording's mark."""
        try:
            text = (self._config.rootpath / nodeid.partition("::")[0]).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return True
        return "contract" in text or "vcr" in text


_FLAGS: Final = {"lf": "--lf", "stepwise": "--sw", "setuponly": "--setup-only", "setupplan": "--setup-plan"}
_VALUES: Final = {
    "keyword": "-k",
    "markexpr": "-m",
    "ignore": "--ignore",
    "ignore_glob": "--ignore-glob",
    "deselect": "--deselect",
    "contracts_only": "--contracts-only",
}


def _chosen(option: Any) -> Iterator[str]:  # noqa: ANN401 - pytest's
    """The options by which less runs than there is. Plugins that are left out have none."""
    for name, flag in _VALUES.items():
        given = getattr(option, name, None) or ()
        for value in [given] if isinstance(given, str) else given:
            yield f"{flag} {shlex.quote(str(value))}"
    yield from (flag for name, flag in _FLAGS.items() if getattr(option, name, False))


def _paths(config: Any, roots: Iterable[Path]) -> Iterator[str]:  # noqa: ANN401 - pytest's
    """What was asked for, where that is less than all below the manifests: tests by name, or some of the folders."""
    here = config.invocation_params.dir
    given = [(here / each).resolve() for each in config.args if "::" not in each]
    usual = [
        (config.rootpath / name).resolve()
        for pattern in config.getini("testpaths")
        for name in glob.glob(pattern, root_dir=config.rootpath, recursive=True)  # noqa: PTH207 - as pytest does
    ]
    takes_usual = bool(usual) and all(_covered(each, given) for each in usual)
    for root in sorted(roots):
        by_usual = takes_usual and root.resolve().is_relative_to(config.rootpath.resolve())
        if not by_usual and not _covered(root.resolve(), given):
            yield f"only {' '.join(shlex.quote(_shown(config, each)) for each in config.args)}"
            return


def _shown(config: Any, argument: str) -> str:  # noqa: ANN401 - pytest's
    """An argument as it is told: from pytest's root, so that the folder a command was run in has a name, too."""
    path = config.invocation_params.dir / argument
    return path.relative_to(config.rootpath).as_posix() if path.is_relative_to(config.rootpath) else argument


def _covered(path: Path, given: Iterable[Path]) -> bool:
    return any(path.is_relative_to(each) for each in given)
