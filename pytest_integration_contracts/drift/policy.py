"""What decides how much a change matters: the rule's row, the evidence behind it, the preset and the overrides."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from pytest_integration_contracts.drift.prior import Said
from pytest_integration_contracts.drift.rule import THICK, THIN, Rule
from pytest_integration_contracts.drift.rules import RULES
from pytest_integration_contracts.errors import ManifestError, UsageError
from pytest_integration_contracts.manifest.file import FILE_NAME
from pytest_integration_contracts.manifest.manifest import PRESETS, Integration, Manifest, Override
from pytest_integration_contracts.model import Change, Operation, Severity
from pytest_integration_contracts.patterns import PathPattern, glob_matches, glob_precision
from pytest_integration_contracts.shapes.kinds import DECLARED

OFF: Final = "off"

_RULE_ORDER = {rule: position for position, rule in enumerate(RULES)}
_ORDER = {severity: position for position, severity in enumerate(Severity)}

_STRICT: Final = "preset strict"

_Weight = tuple[Severity, str]
"""A severity, and why it is not the rule's own."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How changes are weighed.

    `standard` takes the severity of the rule's row and lets evidence lower or raise it. `strict` raises every warning
    to breaking, also those that thin evidence has lowered: but not an absence that something explains, since no
    further evidence would make it a break. `lenient` is `standard`, and lowers more where the baseline is thin.

    An override is final: neither preset nor evidence changes what it says. Of several that apply, the most specific one
    counts: one with a path before one without, then one with an operation, then one with an integration, then the exact
    rule before a pattern of rules; of two patterns, the one that leaves less open; of two alike, the later one.

    Attributes:
        preset: `standard`, `strict` or `lenient`.
        overrides: What is weighed differently, in the order they were written.
        operation: What the changes are about; None where no operation is known, as between two files. Then overrides
            that name an integration or an operation do not apply.
        integrations: By name, the integrations that may have presets of their own.

    Raises:
        UsageError: There is no such preset.
    """

    preset: str = PRESETS[0]
    overrides: tuple[Override, ...] = ()
    operation: Operation | None = None
    integrations: Mapping[str, Integration] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            raise UsageError(f"no preset `{self.preset}`; there are: {', '.join(PRESETS)}")

    def for_operation(self, operation: Operation) -> Policy:
        """The same policy, for changes of one operation."""
        integration = self.integrations.get(operation.integration)
        preset = integration.at(operation.name).preset if integration else ""
        return replace(self, operation=operation, preset=preset or self.preset)

    def weigh(
        self,
        change: Change,
        *,
        responses: int,
        explained: str = "",
        sibling: bool = False,
        live: bool = False,
        said: Said | None = None,
    ) -> Change | None:
        """The change with the severity that the policy gives it, and a note that says why where it is not the rule's.

        Args:
            change: A change with its rule's own severity.
            responses: How many responses the baseline of the place rests on.
            explained: What explains that something is absent or null here, a part of a sentence: `another variant`. ""
                where nothing does. The change is then no more than a warning.
            sibling: Whether the same observation has the field elsewhere, so that its absence here is one of several.
            live: Whether the observation came from the upstream itself, not from a recording.
            said: What the upstream's own document makes of it; None where that says nothing.

        Returns:
            The change, or None where it is not to be told.
        """
        override = self.override_of(change)
        if override is not None:
            return _overridden(change, override)
        rule = RULES[change.rule]
        if rule.opt_in:
            return None
        severity, note = self._weight(rule, change, responses, sibling=sibling, live=live, said=said)
        if explained and severity is not Severity.COMPATIBLE:
            severity, note = Severity.WARNING, explained
        return change.with_severity(severity, note) if (severity, note) != (change.severity, "") else change

    def hold(self, changes: Iterable[Change]) -> list[Change]:
        """Changes whose finder knew how grave they are, such as those of responses as a whole, under this policy."""
        held = (self._held(change) for change in changes)
        return [change for change in held if change is not None]

    def _held(self, change: Change) -> Change | None:
        override = self.override_of(change)
        if override is not None:
            return _overridden(change, override)
        if self.preset == "strict" and change.severity is Severity.WARNING:
            return change.with_severity(Severity.BREAKING, "; ".join(filter(None, (change.note, _STRICT))))
        return change

    def _weight(
        self, rule: Rule, change: Change, responses: int, *, sibling: bool, live: bool, said: Said | None
    ) -> _Weight:
        raised = (said.severity, said.why) if said else _raised(rule, change, responses, live=live)
        if raised is None and responses < THIN:
            lowered = rule.thin or (rule.sibling if sibling else None)
            if lowered is None and self.preset == "lenient":
                lowered = rule.lenient
            raised = (lowered, f"learned from only {_responses(responses)}") if lowered else None
        severity, note = raised or (rule.severity, "")
        if self.preset == "strict" and severity is Severity.WARNING:
            return Severity.BREAKING, "; ".join(filter(None, (note, _STRICT)))
        return severity, note

    def override_of(self, change: Change) -> Override | None:
        """The override that decides about a change, or None."""
        applying = [
            (_specificity(override), position, override)
            for position, override in enumerate(self.overrides)
            if self.applies(override, change.rule) and _is_at(override, change.path)
        ]
        return max(applying)[-1] if applying else None

    def applies(self, override: Override, rule: str) -> bool:
        """Whether an override is about a rule in this operation, at some place or at all."""
        if RULES[rule].opt_in and override.rule != rule:
            return False
        integration, name = (self.operation.integration, self.operation.name) if self.operation else ("", "")
        return (
            glob_matches(override.rule, rule)
            and override.integration in {"", integration}
            and (not override.operation or (bool(name) and glob_matches(override.operation, name)))
        )


def _is_at(override: Override, path: str) -> bool:
    return not override.path or PathPattern(override.path).matches(path)


STANDARD: Final = Policy()


def policy_of(manifest: Manifest) -> Policy:
    """The policy that a manifest asks for.

    Raises:
        ManifestError: An override or an acceptance names a rule that there is not.
    """
    for number, override in enumerate(manifest.overrides):
        if not any(glob_matches(override.rule, rule) for rule in RULES):
            areas = {f"{rule.partition('.')[0]}.*": None for rule in RULES} if "*" in override.rule else {}
            raise _no_rule(manifest, f"policy.overrides[{number}].rule", override.rule, [*areas, *RULES])
    for name, integration in manifest.integrations.items():
        for number, acceptance in enumerate(integration.acceptances):
            if acceptance.names_place and acceptance.rule not in RULES:
                raise _no_rule(manifest, f"integrations.{name}.accept[{number}].rule", acceptance.rule, RULES)
    return Policy(manifest.preset, manifest.overrides, integrations=manifest.integrations)


def _no_rule(manifest: Manifest, place: str, rule: str, known: Iterable[str]) -> ManifestError:
    close = difflib.get_close_matches(rule, list(known), n=1)
    hint = f"did you mean `{close[0]}`?" if close else "`integration-contracts explain` lists them"
    return ManifestError(f"{manifest.root / FILE_NAME}: {place}: no rule `{rule}`; {hint}")


def worst_first(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Sorted by severity, then in the order of the rules, then by path."""
    return tuple(sorted(changes, key=lambda change: (_ORDER[change.severity], _RULE_ORDER[change.rule], change.path)))


def _raised(rule: Rule, change: Change, responses: int, *, live: bool) -> _Weight | None:
    if rule.identifier and _names_identifier(change.path):
        return rule.identifier, "an identifier"
    if rule.thick and responses >= THICK:
        return rule.thick, "declared" if responses >= DECLARED.responses else f"{_responses(responses)} had it"
    return (rule.live, "asked live") if rule.live and live else None


_Rank = tuple[int, int, int]


def _specificity(override: Override) -> tuple[_Rank, _Rank, _Rank, _Rank]:
    path = (1, *PathPattern(override.path).precision) if override.path else (0, 0, 0)
    return path, glob_precision(override.operation), glob_precision(override.integration), glob_precision(override.rule)


def _overridden(change: Change, override: Override) -> Change | None:
    if override.severity == OFF:
        return None
    return change.with_severity(Severity(override.severity), _named(override))


def _named(override: Override) -> str:
    places = (
        (" of ", override.integration),
        (" in ", override.operation),
        (" at ", override.path),
    )
    return f"override of {override.rule}" + "".join(f"{word}{place}" for word, place in places if place)


def _responses(number: int) -> str:
    return f"{number} response" if number == 1 else f"{number} responses"


_IDENTIFIER = re.compile(r"(?:^|[._'])(?:id|\w+_id|\w+[a-z]Id|\w+[a-z]ID)(?:'\])?$")


def _names_identifier(path: str) -> bool:
    return _IDENTIFIER.search(path) is not None
