"""Fixtures: what contract tests may ask for, the watch over those wider than one test, and pytest-recording's."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

if TYPE_CHECKING:
    from pytest_integration_contracts.model import Exchange
    from pytest_integration_contracts.session.payload import Told
    from pytest_integration_contracts.session.probe_tests import Probe
    from pytest_integration_contracts.session.session import Session
    from pytest_integration_contracts.session.watch import Watch

WATCH: pytest.StashKey[Watch] = pytest.StashKey()
"""Where a contract test keeps its watch."""


class Contract:
    """What a contract test can say and see beyond what goes over HTTP by itself."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def check(self, value: object, *, operation: str, integration: str = "") -> None:
        """Hold a payload that did not come over HTTP against its snapshot: an event, a row of a batch file.

        Args:
            value: Its JSON value.
            operation: What it is: `EVENT order.created`.
            integration: Whose it is; may be left out where the test or the manifest leaves no choice.

        Raises:
            UsageError: It is not clear whose it is.
            BodyError: It is no JSON value.
        """
        self._watch.check(value, operation, integration)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What this test exchanged so far, in order, payloads given to `check` among it."""
        return self._watch.exchanges


@pytest.fixture
def contract(request: pytest.FixtureRequest) -> Contract:
    """What this test exchanges with upstreams; a test that asks for it is a contract test."""
    return Contract(request.node.stash[WATCH])


class ProbesWanted(NamedTuple):
    """What `contract_probes` was asked for; as `session.probes.Wanted` has it."""

    integration: str
    operations: tuple[str, ...]
    headers: tuple[str, ...]
    rate: str
    limit: int
    timeout: float


WANTED: Final = "contract_probes"
"""The attribute of a test function that says what it probes."""

PROBE: Final = "contract_probe"
"""The argument of such a function."""


def contract_probes(
    integration: str,
    *,
    operations: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
    rate: str = "1/s",
    limit: int = 20,
    timeout: float = 10.0,
) -> Callable[..., None]:
    """A contract test for each operation of an OpenAPI document that no other test covers: `GET` and `HEAD` only.

    Give it a name that pytest collects: `test_probes = contract_probes("crm")`.

    Args:
        integration: The integration, as the manifest names it.
        operations: The only operations that are meant, as the document has them; patterns for those that read,
            `GET /customers*`; in full for those that write. All that read where there are none.
        headers: Headers to send; `env:CRM_TOKEN` stands for what is in a variable.
        rate: How many requests in what time: `1/s`, `30/m`.
        limit: How many operations are probed for the first time in one run.
        timeout: How long to wait for an answer, in seconds.
    """

    def probes(request: pytest.FixtureRequest, contract_probe: Probe) -> None:
        reason, fails = contract_probe.ask(request.node.stash[WATCH])
        if fails:
            pytest.fail(reason, pytrace=False)
        if reason:
            raise pytest.skip.Exception(reason, _use_item_location=True)

    given = tuple(f"{name}: {value}" for name, value in (headers or {}).items())
    setattr(probes, WANTED, ProbesWanted(integration, tuple(operations), given, rate, limit, timeout))
    caller = sys._getframe(1)  # noqa: SLF001 - so that pytest says where the test is: where this was called
    probes.__code__ = probes.__code__.replace(co_filename=caller.f_code.co_filename, co_firstlineno=caller.f_lineno)
    return probes


_Key = tuple[str, str]


class WideFixtures:
    """The fixtures wider than one test that contract tests use: each has a cassette of its own and is judged once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._used: set[_Key] = set()
        self._watches: dict[_Key, Watch] = {}
        self._broken: set[str] = set()
        self._unjudged: list[Watch] = []
        self._untold: list[Watch] = []

    def used_by(self, item: pytest.Item) -> None:
        """Take note of a contract test's fixtures."""
        self._used.update(_keys(item))

    def is_wide(self, fixturedef: pytest.FixtureDef[Any]) -> bool:
        """Whether a fixture is one of them."""
        return fixturedef.scope != "function" and _key(fixturedef) in self._used

    def watch(self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Watch:
        """Start to watch one that is about to be set up."""
        parameter = f"[{getattr(request, 'param_index', 0)}]" if hasattr(request, "param") else ""
        prefix = f"{request.cls.__name__}." if fixturedef.scope == "class" and request.cls else ""
        name = f"{prefix}fixture-{fixturedef.argname}{parameter}"
        place = self._place(fixturedef, request)
        label = f"fixture {self._session.settings.from_root(place)}::{name}"
        watch = self._session.watch(place, name, label)
        self._watches[_key(fixturedef)] = watch
        self._heard(watch)
        return watch

    def _place(self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Path:
        """The module of a fixture that one module uses; the directory of one that several share."""
        if fixturedef.scope in {"module", "class"}:
            return request.path
        if not fixturedef.baseid:
            return self._session.project(request.session.path).manifest.root
        return request.config.rootpath / fixturedef.baseid.partition("::")[0]

    def watches_of(self, item: pytest.Item) -> list[Watch]:
        """Those that one test uses."""
        return [self._watches[key] for key in _keys(item) if key in self._watches]

    def unjudged(self) -> Iterator[Watch]:
        """Those set up or torn down since this was last asked: the next contract test answers for them."""
        while self._unjudged:
            yield self._unjudged.pop(0)

    def broken(self, watch: Watch) -> None:
        """Its setup raised: it neither teaches nor records."""
        self._broken.add(watch.source)

    def broken_of(self, item: pytest.Item) -> list[Watch]:
        """Those of one test whose setup raised."""
        return [watch for watch in self.watches_of(item) if watch.source in self._broken]

    def renew(self, item: pytest.Item) -> None:
        """Let those of one test whose setup raised be set up anew, as if nobody had tried."""
        broken = self.broken_of(item)
        for fixturedef in _fixturedefs(item):
            if self._watches.get(_key(fixturedef)) in broken:
                with contextlib.suppress(Exception):  # what is left of a fixture that failed: the test has told of it
                    fixturedef.finish(item._request)  # type: ignore[attr-defined]  # noqa: SLF001 - as pytest does
                del self._watches[_key(fixturedef)]
        self._broken.difference_update(watch.source for watch in broken)
        self._unjudged = [watch for watch in self._unjudged if watch not in broken]
        self._untold = [watch for watch in self._untold if watch not in broken]

    def finished(self, watch: Watch) -> None:
        """It was torn down: what it did then counts too, and what it recorded is complete."""
        watch.close()
        if watch.source not in self._broken:
            watch.save()
        self._heard(watch)

    def _heard(self, watch: Watch) -> None:
        self._unjudged.append(watch)
        self._untold.append(watch)

    def told(self) -> list[Told]:
        """What those set up or torn down since this was last asked have to tell."""
        watches, self._untold = list(dict.fromkeys(self._untold)), []
        return [watch.told(teaches=watch.source not in self._broken) for watch in watches]


def _keys(item: pytest.Item) -> list[_Key]:
    return [_key(fixturedef) for fixturedef in _fixturedefs(item)]


def _fixturedefs(item: pytest.Item) -> list[pytest.FixtureDef[Any]]:
    known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    return [fixturedef for fixturedefs in known.values() for fixturedef in fixturedefs]


def _key(fixturedef: pytest.FixtureDef[Any]) -> _Key:
    return fixturedef.baseid, fixturedef.argname


def has_recording(config: pytest.Config) -> bool:
    """Whether pytest-recording takes part in the run."""
    return hasattr(config.option, "disable_recording")


def is_kept_by_recording(item: pytest.Item) -> bool:
    """Whether pytest-recording keeps the cassette of a test."""
    return has_recording(item.config) and item.get_closest_marker("vcr") is not None


def ask_live(item: pytest.Item) -> None:
    """Make pytest-recording ask the real upstream for a test, as its own `vcr_config` says, and keep nothing.

    The closest marker has the last word, over `vcr_config` and the command line: nothing is read, deleted or written.
    """
    from pytest_integration_contracts.traffic.observed import Unkept  # noqa: PLC0415 - where nobody asks, vcrpy stays out

    item.add_marker(pytest.mark.vcr(record_mode="all", persister=Unkept), append=False)
    if item.config.option.block_network or item.get_closest_marker("block_network"):
        item.add_marker(pytest.mark.block_network(allowed_hosts=[".*"]), append=False)
