"""What crosses the borders between rooms: small frozen records, no behaviour that needs I/O."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple


class Severity(enum.StrEnum):
    """How much a change matters to a consumer, worst first."""

    BREAKING = "breaking"
    WARNING = "warning"
    COMPATIBLE = "compatible"


class Verdict(enum.StrEnum):
    """What one run says about one operation, one test or one integration; the gravest first."""

    DRIFT = "drift"
    DENIED = "denied"
    DOWN = "down"
    UNVERIFIED = "unverified"
    OURS = "ours"
    CHANGED = "changed"
    OK = "ok"


class Count(NamedTuple):
    """How often something was seen.

    Attributes:
        responses: In how many responses. These decide thresholds: a hundred items of one array are one witness.
        values: In how many values, over all responses.
    """

    responses: int = 0
    values: int = 0


class Nothing(enum.Enum):
    """The one value of `NO_BODY`, which is not a JSON value."""

    BODY = "no body"


NO_BODY = Nothing.BODY

MAX_DEPTH: Final = 128
"""How deep a body may be nested, in levels: what the engine can stand."""

ELEMENT_TEXT: Final = "#text"
"""The member that an XML element's text is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One HTTP request and its response, or one payload that came another way.

    Attributes:
        method: The HTTP method, upper case; `EVENT` or `BATCH` for payloads that did not come over HTTP.
        url: The absolute URL asked for, with the integration's canonical prefix.
        status: The HTTP status code; 0 where there is none.
        request_body: The request's JSON value, or `NO_BODY`.
        response_body: The response's JSON value, or `NO_BODY` where there was none or it is not JSON.
        media: The response's media type without parameters (`application/json`), "" where there was no body.
        request_headers: Lower-case names to values.
        response_headers: Lower-case names to values.
        replaces_status: In a run that records again: the status recorded before for this same request.
        elapsed: How long the upstream took to answer, in seconds; None where it was not asked just now.
    """

    method: str = "GET"
    url: str = ""
    status: int = 200
    request_body: object = NO_BODY
    response_body: object = NO_BODY
    media: str = "application/json"
    request_headers: dict[str, str] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=dict)
    replaces_status: int | None = None
    elapsed: float | None = field(default=None, compare=False)

    @property
    def sent_json(self) -> bool:
        """Whether the request is known to have had a JSON body; null stands for one that nobody noted down."""
        return self.request_body is not NO_BODY and self.request_body is not None


@dataclass(frozen=True, slots=True, order=True)
class Operation:
    """What was asked of an integration.

    Attributes:
        integration: The integration's name in the manifest, or its host where there is none.
        name: `GET /customers/{id}`, `EVENT order.created`.
    """

    integration: str
    name: str

    def __str__(self) -> str:
        return f"{self.integration}  {self.name}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """Somebody's "yes, we know" to a change.

    Attributes:
        owner: Who said it.
        reason: Why.
        expires: The last day on which it counts, ISO 8601.
        days_left: How many days it still counts after today; negative once it has expired.
        ticket: Where the work is tracked, or "".
    """

    owner: str
    reason: str
    expires: str
    days_left: int
    ticket: str = ""

    @property
    def counts(self) -> bool:
        """Whether it has not expired."""
        return self.days_left >= 0


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between a snapshot and what was observed.

    Attributes:
        rule: The rule's id, `property.removed`.
        path: JSONPath (RFC 9535) of the place: `$.items[*].sku`; `$` for the response as a whole.
        severity: What it means to a consumer, under the policy in force.
        before: The place as the snapshot has it: `string (email)`.
        after: The same place as observed: `gone`.
        baseline: How often the snapshot saw the place: (with it, all).
        observed: How often this run saw it: (with it, all).
        witness: A line of consumer code that would trip over it, or "".
        note: What a reader should know about the severity, or "".
        related_paths: Further places that belong to the same change.
        variant: The variant of a tagged union that it is about, `type=card`, or "".
        accepted: Who has accepted it, also where that has expired; None where nobody has.
    """

    rule: str
    path: str
    severity: Severity
    before: str
    after: str
    baseline: tuple[int, int] = (0, 0)
    observed: tuple[int, int] = (0, 0)
    witness: str = ""
    note: str = ""
    related_paths: tuple[str, ...] = ()
    variant: str = ""
    accepted: Accepted | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether somebody has accepted it, and that still counts."""
        return self.accepted is not None and self.accepted.counts

    @property
    def breaks(self) -> bool:
        """Whether it is breaking, and nobody has accepted it."""
        return self.severity is Severity.BREAKING and not self.is_accepted

    def fingerprint(self, operation: Operation) -> str:
        """Sixteen hex digits that identify this change of this operation across runs and wordings."""
        parts: tuple[str, ...] = (self.rule, operation.integration, operation.name, self.path, self.before, self.after)
        parts += (self.variant,) if self.variant else ()
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def with_severity(self, severity: Severity, note: str) -> Change:
        """The same change, weighed differently, with the reason why."""
        return replace(self, severity=severity, note=note)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one test, or one whole run, found out about one kind of response of one operation.

    Attributes:
        operation: The operation.
        response: `200 application/json`; `payload` where it did not come over HTTP.
        snapshot: The snapshot's path, relative to the directory the command was run in, with forward slashes.
        version: The snapshot's version, "" where there is none yet.
        changes: The differences, worst first.
        problem: What kept it from being compared, in one sentence, or "".
        cause: Whose problem that is.
        remedy: The command that learns the change or ends the problem.
        owner: Who owns the integration, "" where nobody is named.
        runbook: Where its runbook is.
        contact: Whom to call upstream.
        credentials: Where the credential is kept; never the secret.
        enforce: What the manifest wants of it: `fail`; `warn`, so that it is told and fails nothing; `off`, so that
            nothing was held against the snapshot.
    """

    operation: Operation
    response: str
    snapshot: str
    version: str
    changes: tuple[Change, ...] = ()
    problem: str = ""
    cause: Verdict = Verdict.UNVERIFIED
    remedy: str = ""
    owner: str = ""
    runbook: str = ""
    contact: str = ""
    credentials: str = ""
    enforce: str = "fail"

    @property
    def verdict(self) -> Verdict:
        """Drift where anything breaks that nobody has accepted; the problem's cause where it could not be compared."""
        if self.problem:
            return self.cause
        if not self.is_judged:
            return Verdict.UNVERIFIED
        if any(change.breaks for change in self.changes):
            return Verdict.DRIFT
        return Verdict.CHANGED if self.changes else Verdict.OK

    @property
    def fails(self) -> bool:
        """Whether a test that found this must fail."""
        return self.is_enforced and self.verdict not in {Verdict.OK, Verdict.CHANGED}

    @property
    def is_enforced(self) -> bool:
        """Whether the manifest lets it fail anything."""
        return self.enforce == "fail"

    @property
    def is_judged(self) -> bool:
        """Whether the manifest wants it held against its snapshot at all."""
        return self.enforce != "off"


@dataclass(frozen=True, slots=True)
class Learned:
    """One snapshot that an update wrote.

    Attributes:
        operation: The operation.
        snapshot: The file's path, as in `Finding`.
        before: The version it replaces, "" for a new one.
        after: The version written.
        changes: What the new version changes, worst first.
        replaced: The snapshots it takes the place of, where they are now.
    """

    operation: Operation
    snapshot: str
    before: str
    after: str
    changes: tuple[Change, ...] = ()
    replaced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outdated:
    """A cassette that is older than the manifest allows.

    Attributes:
        cassette: The file's path, relative to the directory the command was run in.
        age: How old it is, in seconds.
        max_age: What the manifest allows, as it says it: `180d`.
        fails: Whether the manifest wants a run to fail on it.
        test: The module whose tests record it again, as a path like the cassette's; "" where no test is known.
        adopted: Whether pytest-recording keeps it.
    """

    cassette: str
    age: float
    max_age: str
    fails: bool = False
    test: str = ""
    adopted: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """How a report came about.

    Attributes:
        mode: The flags that say what the run does: `--contracts-live`.
        made_at: When it ended: ISO 8601, UTC, whole seconds.
        commit: The commit of the consumer's code, "" where it is not known.
        tests: How many contract tests came to their end.
        partial: Why it did not run all there is, one short reason each: `-k crm`; empty for a whole run.
        shard: Its name among several runs that are one, "" for a run of its own.
    """

    mode: str = ""
    made_at: str = ""
    commit: str = ""
    tests: int = 0
    partial: tuple[str, ...] = ()
    shard: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which of the contract tests there are a run ran. Tests are named by node ids, each collection sorted.

    Attributes:
        narrowed: The options and arguments by which less runs than there is: `-k crm`.
        broken: Modules that could not be collected.
        unread: Modules that were skipped as a whole and may hold contract tests.
        left_out: Contract tests that were collected and not selected.
        stopped: Why it ended before its time, "" where it did not.
        selected: Contract tests that were to run.
        ended: Contract tests that came to their end.
        failed: Tests that failed, contract tests or not.
        skipped: Tests that were skipped, or were known to fail and did.
    """

    narrowed: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    stopped: str = ""
    selected: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What one of several runs tells those who join them: nothing in it depends on where its checkout was.

    Attributes:
        told: What its tests told, as workers of one run tell it.
        status: pytest's exit status.
        folder: pytest's root directory, seen from where the command was run.
        reason: What is kept beside what is learned.
        coverage: Which tests it ran.
        expected: Tests that are known to fail.
        crashed: Tests whose process died.
        unchecked: Contract tests that did not come to their end.
    """

    told: str
    status: int
    folder: str
    reason: str = ""
    coverage: Coverage = Coverage()
    expected: tuple[str, ...] = ()
    crashed: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a whole run found.

    Attributes:
        run: How it came about.
        findings: One for each operation and kind of response, in the order of their names.
        learned: What an update wrote.
        notes: What a person should know, one line each: names that operations were given, what was tried again, what
            history could not be kept.
        never_observed: Paths of the checked snapshots whose content nobody has seen yet: (operation, path).
        cassettes: Cassettes written, as paths relative to the directory the command was run in.
        undeclared: Hosts that were asked and that no manifest names.
        ours: Tests that failed by themselves while the contract held.
        unchecked: Contract tests that did not come to their end: interrupted, or crashed with their process.
        errors: What kept the run from writing or reading something, one clear line each.
        remedy: The command that remedies the failures, or "".
        outdated: Cassettes that are too old, the oldest first.
        undated: How many recordings should not be too old and do not say how old they are.
        renewal: The command that records again what is outdated, or "".
        adopted: Cassettes that pytest-recording keeps, as `cassettes`; it has written those that are in both.
        recording: The command by which pytest-recording records what this run was asked to record, or "".
        unused: Acceptances that nothing needs any more, one line each.
        removed: What `--contracts-prune` removed, as paths relative to the directory the command was run in.
        fails: Whether the run must fail, whatever its tests did.
        part: What a run tells that is one of several; None for a run of its own.
    """

    run: Run = Run()
    findings: tuple[Finding, ...] = ()
    learned: tuple[Learned, ...] = ()
    notes: tuple[str, ...] = ()
    never_observed: tuple[tuple[Operation, str], ...] = ()
    cassettes: tuple[str, ...] = ()
    undeclared: tuple[str, ...] = ()
    ours: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    remedy: str = ""
    outdated: tuple[Outdated, ...] = ()
    undated: int = 0
    renewal: str = ""
    adopted: tuple[str, ...] = ()
    recording: str = ""
    unused: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    fails: bool = False
    part: Part | None = None
