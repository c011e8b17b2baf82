"""How a run came about, for its report."""

from __future__ import annotations

from typing import Final

from pytest_integration_contracts.model import Run
from pytest_integration_contracts.session.git import Git
from pytest_integration_contracts.session.settings import Settings

_COMMIT: Final = ("GITHUB_SHA", "CI_COMMIT_SHA", "BUILDKITE_COMMIT", "GIT_COMMIT")
"""Where build servers say which commit they build."""


def run_of(settings: Settings, *, tests: int, partial: tuple[str, ...]) -> Run:
    """What is known of a run when it ends.

    Args:
        settings: Its settings.
        tests: How many contract tests came to their end.
        partial: Why it did not run all there is.
    """
    return Run(
        mode=settings.learns_by or settings.mode.value,
        made_at=settings.now().replace(microsecond=0).isoformat(),
        commit=commit_of(settings),
        tests=tests,
        partial=partial,
        shard=settings.shard,
    )


def commit_of(settings: Settings) -> str:
    """The commit of the consumer's code, "" where it is not known."""
    stated = (settings.environment.get(name, "") for name in _COMMIT)
    return next(filter(None, stated), "") or Git(settings.root).head()
