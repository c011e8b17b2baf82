"""pytest's hooks: each hands on to a session that knows no pytest. Loads nothing else until contracts are asked for."""

from __future__ import annotations

import json
import linecache
import os
from collections.abc import Generator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._code.code import ExceptionRepr, ReprFileLocation, TerminalRepr
from _pytest._io import TerminalWriter
from _pytest.runner import call_and_report

from pytest_integration_contracts.fixtures import (
    PROBE,
    WANTED,
    WATCH,
    ProbesWanted,
    WideFixtures,
    ask_live,
    contract,
    has_recording,
    is_kept_by_recording,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_integration_contracts.model import Finding, Operation, Report
    from pytest_integration_contracts.partial import Collected
    from pytest_integration_contracts.reports.progress import Waiting
    from pytest_integration_contracts.reports.styled import Line
    from pytest_integration_contracts.session.payload import Told
    from pytest_integration_contracts.session.session import Session
    from pytest_integration_contracts.session.watch import Watch
    from pytest_integration_contracts.traffic.redaction import Secrets

__all__ = ["contract"]

_SESSION: pytest.StashKey[Session] = pytest.StashKey()
_FIXTURES: pytest.StashKey[WideFixtures] = pytest.StashKey()
_ADOPTED: pytest.StashKey[bool] = pytest.StashKey()
"""On tests whose cassettes pytest-recording keeps: whether they are contract tests by what they say themselves."""
_SELECTED: pytest.StashKey[str] = pytest.StashKey()
_REPORT: pytest.StashKey[Report] = pytest.StashKey()
_FINDINGS: pytest.StashKey[list[Finding]] = pytest.StashKey()
_RAISED: pytest.StashKey[bool] = pytest.StashKey()
_FAILED: pytest.StashKey[bool] = pytest.StashKey()
_TOLD: pytest.StashKey[str] = pytest.StashKey()
_FOUND: pytest.StashKey[list[Finding]] = pytest.StashKey()
"""On tests: all that this try of it has found; `_FINDINGS` is what no report has carried yet."""
_NEVER_SENT: pytest.StashKey[bool] = pytest.StashKey()
_WRITES: pytest.StashKey[int] = pytest.StashKey()
_TRIES: pytest.StashKey[dict[Operation, int]] = pytest.StashKey()
_SECRETS: pytest.StashKey[Secrets] = pytest.StashKey()
_RUNNING: pytest.StashKey[pytest.Item] = pytest.StashKey()
_COLLECTED: pytest.StashKey[Collected] = pytest.StashKey()
_COLLECTION: pytest.StashKey[str] = pytest.StashKey()

_FINDINGS_ATTRIBUTE = "contracts_findings"
_TOLD_ATTRIBUTE = "contracts_told"
_SELECTED_ATTRIBUTE = "contracts_selected"
_COLLECTED_ATTRIBUTE = "contracts_collected"
_SECTION = "contracts"
_PROPERTIES = "contracts."
"""How the names of a test's properties begin that tell what it found."""
_NO_TRACEBACKS = ("no", "line")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the flags."""
    group = parser.getgroup("integration contracts")
    group.addoption("--contracts", action="store_true", help="hold recorded responses against their snapshots")
    group.addoption("--contracts-live", action="store_true", help="hold the real upstreams against the snapshots")
    group.addoption("--contracts-record", action="store_true", help="record every cassette again")
    group.addoption("--contracts-update", action="store_true", help="learn: write snapshots, record what is missing")
    group.addoption("--contracts-reason", metavar="TEXT", default="", help="why, kept beside what is learned")
    group.addoption("--contracts-prune", action="store_true", help="remove what no test of this whole run asks for")
    group.addoption(
        "--contracts-report",
        metavar="PATH",
        action="append",
        default=[],
        help="write what was found to a file as well (.html, .json, .md or .xml); may be given several times",
    )
    group.addoption(
        "--contracts-shard",
        metavar="NAME",
        help="this run is one of several, such as 3/20: `integration-contracts combine` joins their .json reports",
    )
    group.addoption(
        "--contracts-only",
        metavar="NAMES",
        default="",
        help="leave out contract tests that ask other integrations than these, such as crm,tax",
    )
    parser.addini("contracts", "as if --contracts were always given", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Read the flags, and start a session where contracts are asked for."""
    config.addinivalue_line(
        "markers", "contract(integration): hold what this test exchanges with upstreams against its snapshots"
    )
    option = config.option
    live, record, update = option.contracts_live, option.contracts_record, option.contracts_update
    if live or record or update or option.contracts_prune or option.contracts or config.getini("contracts"):
        _start(config, live=live, record=record, update=update)
    elif option.contracts_shard is not None:
        raise pytest.UsageError("--contracts-shard: of a run of what? Add --contracts, or another of its flags")


def _start(config: pytest.Config, *, live: bool, record: bool, update: bool) -> None:
    from pytest_integration_contracts.errors import ContractsError
    from pytest_integration_contracts.partial import Collected
    from pytest_integration_contracts.reports.files import insist_on_writer
    from pytest_integration_contracts.session.session import Session
    from pytest_integration_contracts.session.settings import Settings, insist_on_files, mode_of, today

    try:
        settings = Settings(
            mode=mode_of(live=live, record=record, update=update),
            root=config.rootpath,
            invoked_from=config.invocation_params.dir,
            reason=config.option.contracts_reason,
            shard=_shard(config),
            environment=dict(os.environ),
            today=today(os.environ),
            has_recording=has_recording(config),
        )
        if config.option.contracts_prune:
            insist_on_files(live=live, collect_only=config.option.collectonly)
        for path in _report_paths(config):
            insist_on_writer(path)
        session = Session(settings)
        for argument in config.args:
            path = settings.invoked_from / argument.partition("::")[0]
            if path.exists():
                session.project(path if path.is_dir() else path.parent)
        session.insist_on(_only(config))
    except ContractsError as error:
        raise pytest.UsageError(str(error)) from error
    config.stash[_SESSION] = session
    config.stash[_FIXTURES] = WideFixtures(session)
    config.stash[_COLLECTED] = Collected(config)
    config.pluginmanager.register(config.stash[_COLLECTED], "integration-contracts-collected")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Controller(config), "integration-contracts-controller")


def _shard(config: pytest.Config) -> str:
    name = config.option.contracts_shard
    if name is None:
        return ""
    from pytest_integration_contracts.session.shards import insist_on_shard

    insist_on_shard(name, _report_paths(config))
    return str(name)


def _only(config: pytest.Config) -> frozenset[str]:
    """The integrations whose tests are to run; none for all."""
    return frozenset(filter(None, map(str.strip, config.option.contracts_only.split(","))))


def _report_paths(config: pytest.Config) -> list[Path]:
    return [config.invocation_params.dir / given for given in config.option.contracts_report]


def pytest_sessionstart(session: pytest.Session) -> None:
    """Keep secrets out of the log files and the live log that pytest writes."""
    if _SESSION in session.config.stash:
        from pytest_integration_contracts.shown import redact_logs

        redact_logs(session.config, lambda: _known_secrets(session.config.stash.get(_RUNNING, None)))


def _known_secrets(item: pytest.Item | None) -> frozenset[str]:
    """The secrets that a test and its wide fixtures have met so far."""
    if item is None or _SECRETS not in item.stash:
        return frozenset()
    fixtures = item.config.stash[_FIXTURES].watches_of(item)
    return item.stash[_SECRETS].known.union(*(watch.secrets.known for watch in fixtures))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test for each operation that is probed; where contracts are not asked for, one that stands for all."""
    wanted = getattr(metafunc.function, WANTED, None)
    if not isinstance(wanted, ProbesWanted):
        return
    mark = pytest.mark.contract(wanted.integration)
    if _SESSION not in metafunc.config.stash:
        metafunc.parametrize(PROBE, [pytest.param(None, id="all", marks=mark)])
        return
    from pytest_integration_contracts.errors import ContractsError

    try:
        probes = metafunc.config.stash[_SESSION].probes(metafunc.definition.path, wanted)
    except ContractsError as error:
        raise pytest.Collector.CollectError(str(error)) from error
    tests = [
        pytest.param(
            probe, id=str(probe.operation) if probe else "none", marks=pytest.mark.skip(reason) if reason else mark
        )
        for probe, reason in probes
    ]
    metafunc.parametrize(PROBE, tests)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """In a live run, where the manifest wants it: try a test again whose upstream is down."""
    if not item.config.option.contracts_live or not _may_be_tried_again(item):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in _tried(item, nextitem):
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _may_be_tried_again(item: pytest.Item) -> bool:
    """Whether it is a contract test that nobody expects to fail, paces by himself or looks at step by step."""
    option = item.config.option
    if not _is_contract(item) or PROBE in _parameters(item) or item.get_closest_marker("xfail"):
        return False
    if option.usepdb or option.setupshow or option.setuponly or _is_rerun(item):
        return False
    return item.config.stash[_SESSION].tries_again(item.path)


def _is_rerun(item: pytest.Item) -> bool:
    """Whether pytest-rerunfailures runs a test again where it fails."""
    if not item.config.pluginmanager.hasplugin("rerunfailures"):
        return False
    option = item.config.option
    given = [option.reruns, getattr(option, "force_reruns", None)]
    with suppress(ValueError):  # its older releases have no such setting
        given.append(item.config.getini("reruns"))
    return any(given) or item.get_closest_marker("flaky") is not None


def _tried(item: pytest.Item, nextitem: pytest.Item | None) -> list[pytest.TestReport]:
    """Run a test until its upstream answers, or it is not to be asked again; what the last try reports."""
    retries, told_first = item.config.stash[_SESSION].retries, None
    item.stash[_TRIES] = {}
    while True:
        reports = _set_up_and_called(item)
        told_first = told_first or reports[0]
        pause = _pause(item, reports)
        writes = item.stash[WATCH].writes if WATCH in item.stash else 0
        # With its parent for the next one only what is the test's own is torn down.
        reports.append(_torn_down(item, nextitem if pause is None else item.parent))
        if pause is not None and item.stash[_WRITES] > writes:
            reports[-1] = _torn_down_to(item, nextitem, reports[-1])
            pause = None
        if pause is not None:
            item.config.stash[_FIXTURES].renew(item)
        if hasattr(item, "_request"):
            item._request, item.funcargs = False, None  # type: ignore[attr-defined]  # noqa: SLF001 - as pytest does
        retries.ended()
        if pause is None:
            break
        _count_try(item)
        retries.wait(pause)
    for name in (_SELECTED_ATTRIBUTE, _COLLECTED_ATTRIBUTE):
        if hasattr(told_first, name):
            setattr(reports[0], name, getattr(told_first, name))
    return reports


def _set_up_and_called(item: pytest.Item) -> list[pytest.TestReport]:
    if hasattr(item, "_request") and not item._request:  # noqa: SLF001 - as pytest does where a test runs again
        item._initrequest()  # type: ignore[attr-defined]  # noqa: SLF001
    reports = [call_and_report(item, "setup", log=False)]
    return [*reports, call_and_report(item, "call", log=False)] if reports[0].passed else reports


def _torn_down(item: pytest.Item, following: pytest.Item | pytest.Collector | None) -> pytest.TestReport:
    stops = item.session.shouldfail or item.session.shouldstop
    return call_and_report(item, "teardown", log=False, nextitem=None if stops else following)


def _torn_down_to(item: pytest.Item, nextitem: pytest.Item | None, before: pytest.TestReport) -> pytest.TestReport:
    """Tear down the wider fixtures, after what is the test's own; one report of both."""
    item.stash[_TOLD] = "[]"
    given_up = (pytest.exit.Exception, KeyboardInterrupt)
    call = pytest.CallInfo.from_call(lambda: _tear_down_to(item, nextitem), "teardown", reraise=given_up)
    rest: pytest.TestReport = item.ihook.pytest_runtest_makereport(item=item, call=call)
    report = rest if rest.failed and not before.failed else before
    told = [each for part in (before, rest) for each in json.loads(getattr(part, _TOLD_ATTRIBUTE, "[]"))]
    setattr(report, _TOLD_ATTRIBUTE, json.dumps(told))
    return report


def _tear_down_to(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    item.session._setupstate.teardown_exact(nextitem)  # noqa: SLF001 - the hook itself runs only once for a test
    findings = [finding for wide in item.config.stash[_FIXTURES].unjudged() for finding in wide.judge()]
    _take_note(item, findings)
    _close(item)
    _fail_on(tuple(findings))


def _pause(item: pytest.Item, reports: list[pytest.TestReport]) -> float | None:
    """How long to wait until a test is tried again, in seconds; None where it is not."""
    stops = item.session.shouldfail or item.session.shouldstop
    settled = all(report.passed for report in reports) or any(hasattr(report, "wasxfail") for report in reports)
    if stops or settled or WATCH not in item.stash:
        return None
    watches = [item.stash[WATCH], *item.config.stash[_FIXTURES].broken_of(item)]
    found, retries = item.stash[_FOUND], item.config.stash[_SESSION].retries
    return retries.pause(found, watches, tries=_tries(item), never_sent=item.stash[_NEVER_SENT])


def _tries(item: pytest.Item) -> int:
    return max(item.stash[_TRIES].values(), default=1)


def _count_try(item: pytest.Item) -> None:
    """Take note of what a test is tried again for."""
    from pytest_integration_contracts.model import Verdict

    down = {each.operation for each in item.stash[_FOUND] if each.verdict is Verdict.DOWN}
    item.stash[_TRIES] |= dict.fromkeys(down, _tries(item) + 1)


def _is_contract(item: pytest.Item) -> bool:
    return _ADOPTED in item.stash or item.get_closest_marker("contract") is not None or _uses_fixture(item)


def _uses_fixture(item: pytest.Item) -> bool:
    return "contract" in getattr(item, "fixturenames", ())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip contract tests where contracts are not asked for; else adopt more, and see which fixtures they use."""
    if _SESSION not in config.stash:
        skip = pytest.mark.skip(reason="contract test: run it with `pytest --contracts`")
        for item in items:
            if _is_contract(item) and (_uses_fixture(item) or not is_kept_by_recording(item)):
                item.add_marker(skip)
        return
    for item in items:
        if is_kept_by_recording(item):
            _adopt(item)
    if _only(config):
        _leave_out(config, items)
    for item in items:
        if _is_contract(item) and not is_kept_by_recording(item):
            config.stash[_FIXTURES].used_by(item)


def _leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out contract tests of other integrations than those that are wanted."""
    session, names = config.stash[_SESSION], _only(config)
    contracts = [item for item in items if _is_contract(item)]
    others = [item for item in contracts if session.asks_others(names, item.path, _names(item), _insisted(item))]
    if others:
        left = set(map(id, others))
        items[:] = [item for item in items if id(item) not in left]
        config.hook.pytest_deselected(items=others)


def _parameters(item: pytest.Item) -> dict[str, Any]:
    """What a test is parametrised with, by name."""
    callspec = getattr(item, "callspec", None)
    return callspec.params if callspec else {}


def _names(item: pytest.Item) -> list[str]:
    """A test's classes and its own name."""
    return [node.name for node in item.listchain() if isinstance(node, pytest.Class | pytest.Item)]


def _insisted(item: pytest.Item) -> str:
    """The integration that a test insists on, or ""."""
    marker = item.get_closest_marker("contract")
    return str(marker.args[0]) if marker and marker.args else ""


def _adopt(item: pytest.Item) -> None:
    """Make a test whose cassette pytest-recording keeps a contract test, where it says so or the manifest does."""
    from pytest_integration_contracts.errors import ContractsError

    declared = _is_contract(item)
    try:
        adopted = declared or item.config.stash[_SESSION].adopts(item.path)
    except ContractsError:
        adopted = True  # the test fails with it, as soon as it is to be watched
    if adopted:
        item.stash[_ADOPTED] = declared
        if item.config.option.contracts_live:
            ask_live(item)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let the first report carry which contract tests are selected, so that those which never end can be named."""
    if _SESSION in session.config.stash:
        session.config.stash[_SELECTED] = json.dumps([item.nodeid for item in session.items if _is_contract(item)])
        session.config.stash[_COLLECTION] = session.config.stash[_COLLECTED].tell(
            session.items, lambda item: _is_contract(item) or is_kept_by_recording(item)
        )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Open the test's cassette before its fixtures."""
    if _SESSION not in item.config.stash or not _is_contract(item):
        return (yield)
    item.stash[_FINDINGS], item.stash[_FOUND] = [], []
    item.stash[_NEVER_SENT] = False
    item.stash[_RAISED] = True  # until its own body came to its end
    item.stash[_FAILED] = False
    item.config.stash[_RUNNING] = item
    item.user_properties = [each for each in item.user_properties if not each[0].startswith(_PROPERTIES)]  # of a rerun
    _open(item)
    try:
        result = yield
    except BaseException as error:
        _skip_on_outage(item, _judge(item), error)
        raise
    return result


def _open(item: pytest.Item) -> None:
    from pytest_integration_contracts.errors import ContractsError

    name, insisted = ".".join(_names(item)), _insisted(item)
    session, declared = item.config.stash[_SESSION], item.stash.get(_ADOPTED, None)
    try:
        probe = _parameters(item).get(PROBE)
        if probe:
            item.stash[WATCH] = probe.watch(item.nodeid, item.path)
        elif declared is None:
            item.stash[WATCH] = session.watch(item.path, name, item.nodeid, insisted)
        else:
            item.stash[WATCH] = session.adopt(item.path, item.nodeid, insisted, declared=declared)
        item.stash[_SECRETS] = item.stash[WATCH].secrets
        item.stash[WATCH].open()
    except ContractsError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Judge what was exchanged, once the test's own body is through; a breaking change fails the test."""
    if WATCH not in item.stash:
        return (yield)
    try:
        result = yield
    except BaseException as error:
        _skip_on_outage(item, _judge(item), error)
        raise
    item.stash[_RAISED] = False
    findings = _judge(item, concluding=True)
    _skip_on_outage(item, findings)
    _fail_on(findings)
    return result


def _judge(item: pytest.Item, *, concluding: bool = False) -> tuple[Finding, ...]:
    from pytest_integration_contracts.session.findings import merged

    fixtures, watch = item.config.stash[_FIXTURES], item.stash[WATCH]
    findings = [finding for wide in fixtures.unjudged() for finding in wide.judge()]
    findings += watch.conclude(fixtures.watches_of(item)) if concluding else watch.judge()
    _take_note(item, findings)
    return merged(findings)


def _take_note(item: pytest.Item, findings: Iterable[Finding]) -> None:
    """Keep what was found for the test's report; what a reader should know, also as its properties."""
    told = [finding for finding in findings if finding.changes or finding.problem]
    item.stash[_FINDINGS] += findings
    item.stash[_FOUND] += findings
    if told:
        from pytest_integration_contracts.reports.junit import properties_of

        properties = (pair for finding in told for pair in properties_of(finding))
        item.user_properties += [pair for pair in dict.fromkeys(properties) if pair not in item.user_properties]


def _skip_on_outage(item: pytest.Item, findings: tuple[Finding, ...], error: BaseException | None = None) -> None:
    """Skip where all that failed is an outage which the manifest wants skipped, or lets fail nothing."""
    raised = error is not None
    if raised and item.config.option.contracts_live:
        from pytest_integration_contracts.session.retrying import was_never_sent

        item.stash[_NEVER_SENT] = was_never_sent(error)
    if not isinstance(error, KeyboardInterrupt | SystemExit) and item.stash[WATCH].tolerates(findings, raised=raised):
        reason = "; ".join(finding.problem for finding in findings if finding.problem)
        raise pytest.skip.Exception(reason, _use_item_location=True) from error


def _fail_on(findings: tuple[Finding, ...]) -> None:
    if any(finding.fails for finding in findings):
        from pytest_integration_contracts.reports.styled import plain
        from pytest_integration_contracts.reports.terminal import finding_lines

        pytest.fail(plain(finding_lines(findings)), pytrace=False)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Close the test's cassette after its fixtures, judge what they exchanged last, and pack what is to be told."""
    if _SESSION not in item.config.stash:
        return (yield)
    try:
        result = yield
    except BaseException:
        item.stash[_RAISED] = True
        _close(item)
        raise
    _fail_on(_close(item))
    return result


def _close(item: pytest.Item) -> tuple[Finding, ...]:
    from pytest_integration_contracts.session.payload import dump

    findings: tuple[Finding, ...] = ()
    told: list[Told] = []
    if WATCH in item.stash:
        watch, clean = item.stash[WATCH], not item.stash[_RAISED]
        watch.close()
        findings, known = _judge(item), len(watch.findings)
        if clean:
            watch.save()
        item.stash[_WRITES] = watch.writes
        tries = item.stash.get(_TRIES, None) or {}
        told.append(replace(watch.told(teaches=clean, raised=item.stash[_FAILED]), tries=tries))
        late = watch.findings[known:]
        _take_note(item, late)
        findings += late
        watch.forget()
        del item.stash[WATCH]
    told += item.config.stash[_FIXTURES].told()
    if told:
        item.stash[_TOLD] = dump(told)
    return findings


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Give a fixture that is wider than one test a cassette of its own; observe the one pytest-recording opens."""
    fixtures = request.config.stash.get(_FIXTURES, None)
    if fixturedef.argname == "vcr" and _ADOPTED in request.node.stash and WATCH in request.node.stash:
        cassette = yield
        request.node.stash[WATCH].recorder.adopt(cassette)
        return cassette
    if fixtures is None or not fixtures.is_wide(fixturedef):
        return (yield)
    from pytest_integration_contracts.errors import ContractsError

    watch = fixtures.watch(fixturedef, request)
    fixturedef.addfinalizer(lambda: fixtures.finished(watch))  # runs last
    try:
        watch.open()
    except ContractsError as error:
        fixtures.broken(watch)
        pytest.fail(str(error), pytrace=False)
    try:
        result = yield
    except BaseException:
        fixtures.broken(watch)
        raise
    finally:
        watch.close()
    fixturedef.addfinalizer(watch.open)  # runs first, before the fixture's own teardown
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the report carry what was found; under a test's own error, say what changed and which line tripped."""
    report = yield
    if _SELECTED in item.config.stash:
        setattr(report, _SELECTED_ATTRIBUTE, item.config.stash[_SELECTED])
        del item.config.stash[_SELECTED]
        setattr(report, _COLLECTED_ATTRIBUTE, item.config.stash[_COLLECTION])
    if _FINDINGS in item.stash:
        from pytest_integration_contracts.shown import redact_report

        _complete(report, item, call)
        redact_report(report, _known_secrets(item))
    return report


def _complete(report: pytest.TestReport, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    if report.failed and item.stash[_RAISED]:
        item.stash[_FAILED] = True
    findings = item.stash[_FINDINGS]
    if call.excinfo is not None and any(finding.changes or finding.problem for finding in findings):
        _carry(report, call.excinfo, tuple(findings), item if item.stash[_RAISED] else None)
        item.stash[_FINDINGS] = []
    elif report.failed and report.when == "call" and WATCH in item.stash:
        _clear_the_upstream(report, item.stash[WATCH])
    if report.when == "teardown" and _TOLD in item.stash:
        setattr(report, _TOLD_ATTRIBUTE, item.stash[_TOLD])


def _clear_the_upstream(report: pytest.TestReport, watch: Watch) -> None:
    """Under a test's own error in a live run: say that the contract held."""
    if watch.asks_live and watch.held:
        from pytest_integration_contracts.reports.styled import plain
        from pytest_integration_contracts.reports.terminal import held_lines

        _add_section(report, plain(held_lines(watch.findings)))


def _carry(
    report: pytest.TestReport,
    excinfo: pytest.ExceptionInfo[BaseException],
    findings: tuple[Finding, ...],
    raised: pytest.Item | None,
) -> None:
    """Let a report carry findings: as what failed the test, or under the error that the test itself raised."""
    from pytest_integration_contracts.reports.narrow import fitted
    from pytest_integration_contracts.reports.screen import width_of, writer_of
    from pytest_integration_contracts.reports.styled import plain
    from pytest_integration_contracts.reports.terminal import finding_lines, trip_line
    from pytest_integration_contracts.session.findings import merged
    from pytest_integration_contracts.session.payload import dump_findings

    findings = merged(findings)
    if raised is None:
        setattr(report, _FINDINGS_ATTRIBUTE, dump_findings(findings))
        return
    place = _deepest_own_line(excinfo) if any(finding.changes for finding in findings) else ""
    found = finding_lines(findings, verbose=_is_verbose(raised.config))
    lines = fitted([*found, *([trip_line(place)] if place else [])], width_of(writer_of(raised.config)))
    _add_section(report, plain(lines))


def _add_section(report: pytest.TestReport, text: str) -> None:
    if isinstance(report.longrepr, ExceptionRepr):
        report.longrepr.addsection(_SECTION, text, "-")
    else:
        report.sections.append((_SECTION, text))


def _deepest_own_line(excinfo: pytest.ExceptionInfo[BaseException]) -> str:
    """`file:line  source` of the deepest frame that is neither installed nor Python's own, or ""."""
    import sysconfig

    foreign = {str(Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "purelib", "platlib")}
    for entry in reversed(excinfo.traceback):
        path = Path(entry.path).resolve()
        own = not any(path.is_relative_to(directory) for directory in foreign)
        if own and "site-packages" not in path.parts and Path(__file__).parent not in path.parents:
            line = entry.lineno + 1
            return f"{os.path.relpath(path)}:{line}  {linecache.getline(str(path), line).strip()}".rstrip()
    return ""


class _ContractFailure(TerminalRepr):
    """A failed contract as pytest shows it."""

    def __init__(self, lines: list[Line], reprcrash: ReprFileLocation | None) -> None:
        self._lines = lines
        self.reprcrash = reprcrash

    def toterminal(self, tw: TerminalWriter) -> None:
        from pytest_integration_contracts.reports.screen import width_of, write

        write(tw.write, self._lines, width_of(tw))


def _is_verbose(config: pytest.Config) -> bool:
    return int(config.getoption("verbose", 0)) > 0  # without a terminal nobody has said how much to tell


class _Controller:
    """The hooks of the process that controls the run: xdist's workers only tell."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._selected: set[str] = set()
        self._ended: set[str] = set()
        self._failed: set[str] = set()
        self._waiting: Waiting | None = None
        self._skipped: set[str] = set()

    def pytest_sessionstart(self) -> None:
        from pytest_integration_contracts.reports.screen import waiting

        settings = self._config.stash[_SESSION].settings
        self._waiting = waiting(self._config) if settings.mode.asks else None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        with self._said(item):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        with self._said(item):
            return (yield)

    def _said(self, item: pytest.Item) -> AbstractContextManager[None]:
        """Show what a test of this process waits for; xdist's workers, which have no terminal, show nothing."""
        if self._waiting is None or not _is_contract(item):
            return nullcontext()
        from pytest_integration_contracts.reports.screen import room_beside

        room = room_beside(item.config.get_terminal_writer())
        return self._waiting.shown(room, lambda: item.stash[WATCH].asking if WATCH in item.stash else "")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        session = self._config.stash[_SESSION]
        self._colour(report)
        self._selected.update(json.loads(getattr(report, _SELECTED_ATTRIBUTE, "[]")))
        if hasattr(report, _COLLECTED_ATTRIBUTE):
            self._config.stash[_COLLECTED].hear(getattr(report, _COLLECTED_ATTRIBUTE))
        told = getattr(report, _TOLD_ATTRIBUTE, None)
        if told is not None:
            session.collect(told)
            delattr(report, _TOLD_ATTRIBUTE)  # pytest keeps all reports to the end
        if report.skipped:
            self._skipped.add(report.nodeid)
        if report.skipped and hasattr(report, "wasxfail"):
            session.expect(report.nodeid)
        if report.failed:
            self._failed.add(report.nodeid)
        elif str(report.outcome) == "rerun":  # pytest-rerunfailures: its last run decides
            self._failed.discard(report.nodeid)
        if report.when == "teardown":
            self._ended.add(report.nodeid)

    def _colour(self, report: pytest.TestReport) -> None:
        """Show a contract's failure in colour."""
        findings = getattr(report, _FINDINGS_ATTRIBUTE, None)
        if findings is not None and report.failed:
            from pytest_integration_contracts.reports.terminal import finding_lines
            from pytest_integration_contracts.session.payload import load_findings

            lines = finding_lines(load_findings(findings), verbose=_is_verbose(self._config))
            report.longrepr = _ContractFailure(lines, getattr(report.longrepr, "reprcrash", None))

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str) -> None:
        self._config.stash[_SESSION].crashed(crashitem)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        from pytest_integration_contracts.session.coverage import reasons

        if self._config.option.collectonly:
            return
        interrupted = session.exitstatus == pytest.ExitCode.INTERRUPTED
        unchecked = self._selected - self._ended if interrupted else set()
        mine, status = self._config.stash[_SESSION], int(session.exitstatus)
        collected = self._config.stash[_COLLECTED]
        coverage = collected.coverage(
            session,
            selected=self._selected,
            ended=self._ended,
            failed=self._failed,
            skipped=self._skipped,
            roots=mine.roots,
        )
        report, partial = mine.finish(frozenset(unchecked), coverage), reasons(coverage)
        if mine.settings.shard:
            report = replace(report, part=mine.part(status, coverage, unchecked))
        if self._config.option.contracts_prune:
            report = mine.prune(report, collected.shard + partial, collected.files)
        if self._config.option.contracts_live:
            from pytest_integration_contracts.session.health import keep_history

            report = keep_history(mine, report, coverage)
        report = self._written(report, partial)
        self._config.stash[_REPORT] = report
        code = mine.exit_code(status, self._failed, report)
        if code != status:
            session.exitstatus = code

    def _written(self, report: Report, partial: tuple[str, ...]) -> Report:
        """The report, once it stands in the files that were asked for; with the errors of those that cannot be."""
        paths, settings = _report_paths(self._config), self._config.stash[_SESSION].settings
        from pytest_integration_contracts.session.github import runs_there

        if not paths and not runs_there(settings):
            return report
        from pytest_integration_contracts.reports.files import write_all
        from pytest_integration_contracts.session.run import run_of

        run = run_of(settings, tests=len(self._selected & self._ended), partial=partial)
        return write_all(replace(report, run=run), paths)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        from pytest_integration_contracts.reports.screen import width_of, write, writer_of
        from pytest_integration_contracts.reports.terminal import summary_lines

        report = self._config.stash.get(_REPORT, None)
        if report is None:
            return
        terminalreporter.section(_SECTION)
        tracebacks = self._config.option.tbstyle not in _NO_TRACEBACKS
        lines = summary_lines(report, with_findings=not tracebacks, verbose=_is_verbose(self._config))
        write(terminalreporter.write, lines, width_of(writer_of(self._config)))

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """On GitHub: say everything where it looks, after all that pytest says, and also where that is little."""
        if self._waiting is not None:
            self._waiting.close()
        report, terminal = config.stash.get(_REPORT, None), config.pluginmanager.get_plugin("terminalreporter")
        settings = config.stash[_SESSION].settings
        if report is None or terminal is None:
            return
        from pytest_integration_contracts.session.github import runs_there, told

        if runs_there(settings):
            for command in told(report, settings):
                terminal.write_line(command)
