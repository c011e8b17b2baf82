"""A report as JSON: what other tools read, and what the runs of several machines are joined from."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pytest_integration_contracts.errors import ReportError
from pytest_integration_contracts.model import (
    Accepted,
    Change,
    Coverage,
    Documented,
    Finding,
    Learned,
    Operation,
    Outdated,
    Part,
    Report,
    Run,
    Severity,
    Verdict,
)

FORMAT: Final = 1
"""The version of the format; it rises when a member is removed or means something else."""

_MADE_BY: Final = "pytest-integration-contracts"


def to_json(report: Report) -> dict[str, Any]:
    """The report as a JSON value; members are those of `Report`, and nothing that a change stands for is left out.

    Only one of several runs has a `part`.
    """
    document = dataclasses.asdict(report)
    if report.part is None:
        del document["part"]
    for finding, each in zip(report.findings, document["findings"], strict=True):
        each["verdict"] = finding.verdict.value
        for change, written in zip(finding.changes, each["changes"], strict=True):
            written["fingerprint"] = change.fingerprint(finding.operation)
    return {"made_by": _MADE_BY, "format": FORMAT, **document}


def to_text(report: Report) -> str:
    """The report as text, ASCII only: it may cross any border."""
    return json.dumps(to_json(report), indent=1) + "\n"


def read(path: Path) -> Report:
    """What a file that `to_text` made says.

    Raises:
        ReportError: There is no such file, or it is no report.
    """
    return from_json(load(path), str(path))


def load(path: Path) -> dict[str, Any]:
    """The JSON value of a report's file.

    Raises:
        ReportError: There is no such file, or it is no report.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReportError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ReportError(f"{path}: is not JSON: {error}; write it again with `--contracts-report {path}`") from error
    if not isinstance(document, dict) or document.get("made_by") != _MADE_BY:
        raise ReportError(f"{path}: is no report of contracts; `pytest --contracts-report {path}` writes one")
    if document.get("format") != FORMAT:
        raise ReportError(
            f"{path}: has format {document.get('format')!r}, and this version reads {FORMAT}; write it again"
        )
    return document


def from_json(document: dict[str, Any], name: str) -> Report:
    """What `to_json` made.

    Args:
        document: The JSON value.
        name: What it is called in messages.

    Raises:
        ReportError: It is no report.
    """
    try:
        plain = {field.name: document[field.name] for field in dataclasses.fields(Report) if field.name != "part"}
        members: dict[str, Any] = {
            **{key: tuple(value) if isinstance(value, list) else value for key, value in plain.items()},
            "run": Run(**{**document["run"], "partial": tuple(document["run"]["partial"])}),
            "findings": tuple(map(finding_from_json, document["findings"])),
            "learned": tuple(map(_learned, document["learned"])),
            "never_observed": tuple((Operation(**asked), str(path)) for asked, path in document["never_observed"]),
            "outdated": tuple(Outdated(**each) for each in document["outdated"]),
            "documented": tuple(Documented(**each) for each in document["documented"]),
            "part": _part(document["part"]) if "part" in document else None,
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{type(error).__name__}: {error}"
        raise ReportError(f"{name}: is no report of contracts ({what}); write it again") from error
    return Report(**members)


def _part(document: dict[str, Any]) -> Part:
    part = Part(**{**_tuples(document), "coverage": Coverage(**_tuples(document["coverage"]))})
    coverage = dataclasses.astuple(part.coverage)
    labels = (part.expected, part.crashed, part.unchecked, *(each for each in coverage if isinstance(each, tuple)))
    texts = (part.told, part.folder, part.reason, part.coverage.stopped, *(label for each in labels for label in each))
    if type(part.status) is not int or not all(isinstance(text, str) for text in texts):
        raise TypeError("a member of `part` is of another kind")
    if not all(isinstance(each, str if name == "stopped" else tuple) for name, each in _members(part.coverage)):
        raise TypeError("a member of `coverage` is of another kind")
    return part


def finding_from_json(document: dict[str, Any]) -> Finding:
    """What `dataclasses.asdict` made of a finding.

    Raises:
        KeyError, TypeError, ValueError: It is none.
    """
    members = {key: value for key, value in document.items() if key != "verdict"}
    return Finding(
        **{
            **members,
            "operation": Operation(**document["operation"]),
            "cause": Verdict(document["cause"]),
            "changes": tuple(map(_change, document["changes"])),
        }
    )


def _tuples(document: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in document.items()}


def _members(coverage: Coverage) -> Iterator[tuple[str, object]]:
    return ((field.name, getattr(coverage, field.name)) for field in dataclasses.fields(coverage))


def _learned(document: dict[str, Any]) -> Learned:
    return Learned(
        **{
            **document,
            "operation": Operation(**document["operation"]),
            "changes": tuple(map(_change, document["changes"])),
            "replaced": tuple(document["replaced"]),
        }
    )


def _change(document: dict[str, Any]) -> Change:
    members = {key: value for key, value in document.items() if key != "fingerprint"}
    return Change(
        **{
            **members,
            "severity": Severity(document["severity"]),
            "baseline": tuple(document["baseline"]),
            "observed": tuple(document["observed"]),
            "related_paths": tuple(document["related_paths"]),
            "accepted": Accepted(**document["accepted"]) if document["accepted"] else None,
        }
    )
