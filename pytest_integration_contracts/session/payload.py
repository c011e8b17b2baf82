"""What one test tells the process that controls the run: one ASCII string, for it may cross a process border."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pytest_integration_contracts.model import Change, Finding, Operation, Outdated
from pytest_integration_contracts.reports.document import finding_from_json
from pytest_integration_contracts.session.last_word import LastWord
from pytest_integration_contracts.snapshots.conduct import to_json as conduct_to_json
from pytest_integration_contracts.snapshots.snapshot import ResponseShape
from pytest_integration_contracts.snapshots.versions import Observation
from pytest_integration_contracts.traffic.instances import Instance


@dataclass(frozen=True, slots=True)
class Told:
    """What one test, or one wide fixture, tells.

    Attributes:
        source: What it came from; what comes twice from one source is counted once.
        project: The manifest's directory, relative to the run's root.
        findings: What was compared.
        observations: What may be learned.
        instances: The segments of paths that name instances.
        cassette: The cassette that was written, as messages show it, or "".
        undeclared: Hosts that no manifest names.
        ours: Whether a test failed by itself while the contract held.
        tolerated: Whether all that fails is an outage which the manifest wants skipped.
        elapsed: How long the live upstream took for each answer, in seconds.
        outdated: The cassette, where it is older than the manifest allows.
        undated: How many of its recordings should not be too old and do not say how old they are.
        adopted: The cassette that pytest-recording keeps for it, as messages show it, or "".
        whole: Whether it came to its end, so that it exchanged all that it exchanges.
        tape: The cassette that it has, be it there or not, as a path from the manifest's directory.
        said: What the live upstream said of itself.
        tries: How often it was tried for the sake of operations that were down at first.
    """

    source: str
    project: str
    findings: tuple[Finding, ...] = ()
    observations: Mapping[Operation, Observation] = dataclasses.field(default_factory=dict)
    instances: frozenset[Instance] = frozenset()
    cassette: str = ""
    undeclared: tuple[str, ...] = ()
    ours: bool = False
    tolerated: bool = False
    elapsed: Mapping[Operation, tuple[float, ...]] = dataclasses.field(default_factory=dict)
    outdated: Outdated | None = None
    undated: int = 0
    adopted: str = ""
    whole: bool = True
    tape: str = ""
    said: Mapping[Operation, LastWord] = dataclasses.field(default_factory=dict)
    tries: Mapping[Operation, int] = dataclasses.field(default_factory=dict)


def dump(told: list[Told]) -> str:
    """As one line of ASCII."""
    return json.dumps([_to_json(each) for each in told])


def load(text: str) -> list[Told]:
    """What `dump` made.

    Raises:
        KeyError, TypeError, ValueError, AttributeError, RecursionError, SnapshotError: It is something else.
    """
    return [_insist_on_kinds(_from_json(each)) for each in json.loads(text)]


def dump_findings(findings: Iterable[Finding]) -> str:
    """Findings alone, as one line of ASCII."""
    return json.dumps([dataclasses.asdict(finding) for finding in findings])


def load_findings(text: str) -> tuple[Finding, ...]:
    """What `dump_findings` made."""
    return tuple(map(finding_from_json, json.loads(text)))


_KINDS: Final[Mapping[object, tuple[type, ...]]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "float": (float, int),
    "int | None": (int, type(None)),
    "float | None": (float, int, type(None)),
}
_PLAIN: Final[Mapping[type, dict[str, tuple[type, ...]]]] = {
    record: {member.name: _KINDS[member.type] for member in dataclasses.fields(record) if member.type in _KINDS}
    for record in (Told, Finding, Change, Operation, Outdated, LastWord)
}


def _insist_on_kinds(told: Told) -> Told:
    """What was told, where all of it has the kinds it should have: it may come from a file."""
    records: list[Any] = [
        told,
        *told.findings,
        *(change for finding in told.findings for change in finding.changes),
        *(finding.operation for finding in told.findings),
        *told.observations,
        *told.elapsed,
        *told.said,
        *told.said.values(),
        *told.tries,
        *([told.outdated] if told.outdated else []),
    ]
    for record in records:
        for name, kinds in _PLAIN[type(record)].items():
            if not isinstance(getattr(record, name), kinds):
                raise TypeError(f"`{name}` is of another kind")
    texts = (told.undeclared, *told.instances, *(observation.auth for observation in told.observations.values()))
    if not all(isinstance(text, str) for each in texts for text in each):
        raise TypeError("a list of texts holds something else")
    if not all(isinstance(time, int | float) for times in told.elapsed.values() for time in times):
        raise TypeError("`elapsed` holds what is no time")
    if not all(isinstance(number, int) for number in told.tries.values()):
        raise TypeError("`tries` holds what is no number")
    return told


def _to_json(told: Told) -> dict[str, Any]:
    return {
        "source": told.source,
        "project": told.project,
        "findings": [dataclasses.asdict(finding) for finding in told.findings],
        "observations": [
            {
                "integration": operation.integration,
                "name": operation.name,
                "auth": sorted(observation.auth),
                "responses": {key: _response(shape) for key, shape in observation.responses.items()},
                "replaces": {key: sorted(statuses) for key, statuses in observation.replaces.items()},
            }
            for operation, observation in told.observations.items()
        ],
        "instances": sorted(told.instances),
        "cassette": told.cassette,
        "undeclared": told.undeclared,
        "ours": told.ours,
        "tolerated": told.tolerated,
        "elapsed": [[operation.integration, operation.name, times] for operation, times in told.elapsed.items()],
        "outdated": told.outdated and dataclasses.asdict(told.outdated),
        "undated": told.undated,
        "adopted": told.adopted,
        "whole": told.whole,
        "tape": told.tape,
        "said": [
            [operation.integration, operation.name, dataclasses.asdict(said)] for operation, said in told.said.items()
        ],
        "tries": [[operation.integration, operation.name, number] for operation, number in told.tries.items()],
    }


def _response(shape: ResponseShape) -> dict[str, Any]:
    """Also what files leave out: what other tests saw may be judged by it."""
    return {**shape.to_json(), "conduct": conduct_to_json(shape.conduct)}


def _from_json(document: dict[str, Any]) -> Told:
    return Told(
        source=document["source"],
        project=document["project"],
        findings=tuple(map(finding_from_json, document["findings"])),
        observations={
            Operation(each["integration"], each["name"]): Observation(
                auth=frozenset(each["auth"]),
                responses={key: ResponseShape.from_json(shape) for key, shape in each["responses"].items()},
                replaces={key: frozenset(statuses) for key, statuses in each["replaces"].items()},
            )
            for each in document["observations"]
        },
        instances=frozenset(Instance(*each) for each in document["instances"]),
        cassette=document["cassette"],
        undeclared=tuple(document["undeclared"]),
        ours=document["ours"],
        tolerated=document["tolerated"],
        elapsed={Operation(integration, name): tuple(times) for integration, name, times in document["elapsed"]},
        outdated=document["outdated"] and Outdated(**document["outdated"]),
        undated=document["undated"],
        adopted=document["adopted"],
        whole=document["whole"],
        tape=document["tape"],
        said={Operation(integration, name): LastWord(**said) for integration, name, said in document["said"]},
        tries={Operation(integration, name): number for integration, name, number in document["tries"]},
    )
