from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_integration_contracts.errors import ManifestError
from pytest_integration_contracts.manifest.acceptances import Acceptance
from pytest_integration_contracts.manifest.file import find, load, without_file
from pytest_integration_contracts.manifest.manifest import (
    Integration,
    Limits,
    Manifest,
    MaxAge,
    Override,
    Pin,
    Prefix,
    rest_after,
)
from pytest_integration_contracts.patterns import PathPattern

unhurried = settings(deadline=None)  # files are written, on disks of any speed

WHOLE = """
[defaults]
directory = "tests/contracts"
adopt_vcr = true

[integrations.crm]
urls = ["${CRM_URL:-https://api.crm.example/v1}", "https://eu.crm.example/v1/"]
owner = "team-revenue"
contact = "support@crm.example"
runbook = "docs/runbooks/crm.md"
credentials = "env:CRM_TOKEN"
mode = "sync"
templates = ["/customers/{id}/notes/{slug}"]
maps = ["$.rates", "GET /rates/* $.by_day[*].rates", "$['a $b']"]
records = ["$.totals"]
latency = "800ms"
freshness = { path = "$.items[*].updated_at", within = "24h" }
max_age = "2w"
outdated = "fail"

[integrations.orders]
mode = "events"

[policy]
preset = "lenient"

[[policy.overrides]]
rule = "format.*"
severity = "off"

[[policy.overrides]]
rule = "property.added"
severity = "warning"
integration = "crm"
operation = "GET /customers/*"
path = "$..sku"
"""


def read(folder: Path, text: str, **environment: str) -> Manifest:
    path = folder / "contracts.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, environment)


def one(folder: Path, urls: list[str], **environment: str) -> Manifest:
    return read(folder, f"[integrations.crm]\nurls = {json.dumps(urls)}", **environment)


def claimed(manifest: Manifest, url: str) -> tuple[str, str] | None:
    found = manifest.claim(url)
    return (found[0].name, found[1]) if found else None


def test_a_whole_manifest_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, WHOLE) == Manifest(
        root=tmp_path,
        directory=tmp_path / "tests" / "contracts",
        integrations={
            "crm": Integration(
                name="crm",
                prefixes=(
                    Prefix("https://api.crm.example/v1", "https://api.crm.example/v1"),
                    Prefix("https://eu.crm.example/v1", "https://eu.crm.example/v1", "/eu.crm.example"),
                ),
                owner="team-revenue",
                contact="support@crm.example",
                runbook="docs/runbooks/crm.md",
                credentials="env:CRM_TOKEN",
                mode="sync",
                templates=("/customers/{id}/notes/{slug}",),
                maps=(Pin("$.rates"), Pin("$.by_day[*].rates", "GET /rates/*"), Pin("$['a $b']")),
                records=(Pin("$.totals"),),
                latency=0.8,
                freshness=("$.items[*].updated_at", 86400.0),
                max_age=MaxAge("2w", 14 * 86400.0, fails=True),
            ),
            "orders": Integration(name="orders", mode="events"),
        },
        preset="lenient",
        overrides=(
            Override("format.*", "off"),
            Override("property.added", "warning", "crm", "GET /customers/*", "$..sku"),
        ),
        adopt_vcr=True,
    )


def test_what_is_said_about_ages_holds_where_an_integration_says_nothing_else(tmp_path: Path) -> None:
    text = '[defaults]\nmax_age = "180d"\noutdated = "fail"\n[integrations.a]\n[integrations.b]\noutdated = "warn"\n'
    manifest = read(tmp_path, text)
    everywhere = MaxAge("180d", 180 * 86400.0, fails=True)
    assert manifest.max_age == everywhere
    assert manifest.integrations["a"].max_age == everywhere
    assert manifest.integrations["b"].max_age == MaxAge("180d", 180 * 86400.0)
    assert manifest.integration_of("https://elsewhere.example").max_age == everywhere


SETTLED = """
[defaults]
enforce = "warn"
[integrations.crm]
enforce = "fail"
preset = "lenient"
latency = "2s"
[integrations.crm.operations."GET /customers*"]
enforce = "off"
latency = "1s"
freshness = { path = "$.at", within = "1h" }
[integrations.crm.operations."GET /customers/{id}"]
enforce = "warn"
preset = "strict"
[integrations.crm.operations."GET /*"]
enforce = "fail"
latency = "3s"
[[integrations.crm.accept]]
rule = "property.removed"
operation = "GET /orders/{id}"
path = "$.items[*].sku"
owner = "team-revenue"
reason = "moves to /v2"
ticket = "CRM-7"
expires = "2026-12-01"
[[integrations.crm.accept]]
fingerprint = "0123456789abcdef"
owner = "team-revenue"
reason = "moves to /v2"
expires = 2026-12-01
[integrations.tax]
"""


@pytest.mark.parametrize(
    ("operation", "settled"),
    [
        ("GET /customers/{id}", ("warn", "strict", 1.0, ("$.at", 3600.0))),
        ("GET /customers", ("off", "lenient", 1.0, ("$.at", 3600.0))),
        ("GET /orders", ("fail", "lenient", 3.0, None)),
        ("POST /orders", ("fail", "lenient", 2.0, None)),
    ],
)
def test_what_is_said_of_operations_holds_for_them_and_the_more_specific_wins(
    tmp_path: Path, operation: str, settled: tuple[object, ...]
) -> None:
    at = read(tmp_path, SETTLED).integrations["crm"].at(operation)
    assert (at.enforce, at.preset, at.latency, at.freshness) == settled


def test_what_is_enforced_by_default_holds_where_nothing_else_is_said(tmp_path: Path) -> None:
    manifest = read(tmp_path, SETTLED)
    assert manifest.integrations["tax"].enforce == "warn"
    assert manifest.integration_of("https://unknown.example/a").enforce == "warn"
    assert read(tmp_path, "[integrations.tax]").integrations["tax"].enforce == "fail"


def test_what_is_not_enforced_may_be_old(tmp_path: Path) -> None:
    text = '[defaults]\nmax_age = "1d"\noutdated = "fail"\n[integrations.a]\nenforce = "warn"\n[integrations.b]'
    ages = {name: each.max_age for name, each in read(tmp_path, text).integrations.items()}
    assert {name: age.fails for name, age in ages.items() if age} == {"a": False, "b": True}


def test_acceptances_are_read(tmp_path: Path) -> None:
    either = Acceptance(owner="team-revenue", reason="moves to /v2", expires=dt.date(2026, 12, 1))
    assert read(tmp_path, SETTLED).integrations["crm"].acceptances == (
        replace(either, rule="property.removed", operation="GET /orders/{id}", path="$.items[*].sku", ticket="CRM-7"),
        replace(either, fingerprint="0123456789abcdef"),
    )


def test_an_operation_that_is_named_keeps_its_name(tmp_path: Path) -> None:
    manifest = read(tmp_path, SETTLED)
    assert all(map(manifest.names_operation, ("GET /customers/{id}", "GET /orders/{id}")))
    assert not manifest.names_operation("GET /orders")


def test_an_empty_manifest_is_as_none(tmp_path: Path) -> None:
    assert read(tmp_path, "") == without_file(tmp_path) == Manifest(tmp_path, tmp_path / "contracts", {})


@pytest.mark.parametrize(
    ("pin", "operation", "path", "covers"),
    [
        (Pin("$.rates"), "GET /rates", "$.rates", True),
        (Pin("$.rates"), "GET /rates", "$.rates.eur", False),
        (Pin("$..rates"), "GET /days", "$.days[*].rates", True),
        (Pin("$.rates", "GET /rates/*"), "GET /rates/{day}", "$.rates", True),
        (Pin("$.rates", "GET /rates/*"), "GET /rates", "$.rates", False),
    ],
)
def test_a_pin_covers_a_place_of_its_operations(pin: Pin, operation: str, path: str, covers: bool) -> None:  # noqa: FBT001
    assert (pin.is_about(operation) and PathPattern(pin.path).matches(path)) == covers


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("800ms", 0.8), ("2s", 2), ("1.5s", 1.5), ("15m", 900), ("24h", 86400), ("7d", 604800), ("1w", 604800)],
)
def test_a_duration_is_a_number_and_its_unit(tmp_path: Path, written: str, seconds: float) -> None:
    manifest = read(tmp_path, f"[integrations.crm]\nlatency = '{written}'")
    assert manifest.integrations["crm"].latency == pytest.approx(seconds)


class TestVariables:
    def test_a_variable_is_filled_in(self, tmp_path: Path) -> None:
        manifest = one(tmp_path, ["https://${HOST}/${PART}"], HOST="api.crm.example", PART="v1")
        assert manifest.integrations["crm"].prefixes == (
            Prefix("https://api.crm.example/v1", "https://api.crm.example/v1"),
        )

    @pytest.mark.parametrize("environment", [{}, {"CRM_URL": ""}])
    def test_a_default_stands_in_for_what_is_not_set_or_empty(
        self, tmp_path: Path, environment: dict[str, str]
    ) -> None:
        manifest = one(tmp_path, ["${CRM_URL:-https://api.crm.example}"], **environment)
        assert manifest.integrations["crm"].prefixes[0].actual == "https://api.crm.example"

    def test_the_default_stays_canonical_whatever_is_set(self, tmp_path: Path) -> None:
        manifest = one(tmp_path, ["${CRM_URL:-https://api.crm.example/v1}"], CRM_URL="http://127.0.0.1:8080/mock/")
        assert manifest.integrations["crm"].prefixes == (
            Prefix("http://127.0.0.1:8080/mock", "https://api.crm.example/v1"),
        )

    @pytest.mark.parametrize("environment", [{}, {"CRM_HOST": ""}])
    def test_one_that_is_not_set_and_has_no_default_says_how_to_set_it(
        self, tmp_path: Path, environment: dict[str, str]
    ) -> None:
        with pytest.raises(ManifestError) as caught:
            one(tmp_path, ["https://${CRM_HOST}/v1"], **environment)
        assert str(caught.value) == (
            f"{tmp_path / 'contracts.toml'}: integrations.crm.urls: the environment variable CRM_HOST is not set;"
            " set it, or give it a default: `${CRM_HOST:-https://...}`"
        )

    @pytest.mark.parametrize(
        "url", ["https://$HOST/v1", "https://${CRM-HOST}/v1", "https://h.example/${1}", "https://${HOST/v1"]
    )
    def test_one_that_is_misspelt_is_not_taken_for_a_part_of_the_url(self, tmp_path: Path, url: str) -> None:
        with pytest.raises(ManifestError, match=r"integrations\.crm\.urls: .* written `\$\{NAME\}` or"):
            one(tmp_path, [url], HOST="api.crm.example")

    def test_what_is_set_must_be_a_url_and_is_not_repeated_in_the_error(self, tmp_path: Path) -> None:
        with pytest.raises(ManifestError, match="must be an http or https URL") as caught:
            one(tmp_path, ["${CRM_URL:-https://api.crm.example}"], CRM_URL="https://user:hunter2@crm.example")
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("further", "label"),
    [
        ("https://api.crm.example/v2", "/v2"),
        ("https://api.crm.example/v1/admin", "/admin"),
        ("https://api.crm.example/rest/2026-01", "/rest/2026-01"),
        ("https://api.crm.example", "/api.crm.example"),
        ("https://v2.api.crm.example/v1", "/v2.api.crm.example"),
        ("https://auth.crm.example/oauth", "/auth.crm.example/oauth"),
        ("http://api.crm.example/v2", "/api.crm.example/v2"),
        ("https://api.crm.example:8443/v1", "/api.crm.example:8443"),
        ("${FURTHER:-https://api.crm.example/v2}", "/v2"),
        ("https://api.crm.example:443/v1/", ""),
    ],
)
def test_a_further_url_is_canonical_itself_and_told_from_the_first(tmp_path: Path, further: str, label: str) -> None:
    urls = ["${CRM_URL:-https://api.crm.example/v1}", further]
    here = one(tmp_path, urls, CRM_URL="http://127.0.0.1:8080", FURTHER="http://127.0.0.1:8081/mock")
    canonical = further.removeprefix("${FURTHER:-").removesuffix("}").removesuffix("/")
    (prefix,) = (each for each in here.integrations["crm"].prefixes if each.canonical == canonical)
    assert prefix.label == label
    integration, found, rest = here.below(f"{canonical}/customers/42")
    assert (integration.name, found.label, rest) == ("crm", label, "/customers/42")


class TestClaim:
    @pytest.mark.parametrize(
        ("url", "canonical"),
        [
            ("https://api.crm.example/v1", "https://api.crm.example/v1"),
            ("https://api.crm.example/v1/", "https://api.crm.example/v1/"),
            ("https://api.crm.example/v1/a/b?c=d&e", "https://api.crm.example/v1/a/b?c=d&e"),
            ("https://api.crm.example/v1?c=d", "https://api.crm.example/v1?c=d"),
            ("https://api.crm.example/v1/a#fragment", "https://api.crm.example/v1/a"),
            ("https://API.CRM.Example/v1/a", "https://api.crm.example/v1/a"),
            ("HTTPS://api.crm.example/v1/a", "https://api.crm.example/v1/a"),
            ("https://api.crm.example:443/v1/a", "https://api.crm.example/v1/a"),
            ("https://user:password@api.crm.example/v1/a", "https://api.crm.example/v1/a"),
            ("http://127.0.0.1:8080/mock/a", "https://api.crm.example/v1/a"),
            ("https://eu.crm.example/v1/a", "https://eu.crm.example/v1/a"),
        ],
    )
    def test_a_url_of_the_integration_gets_its_canonical_prefix(self, tmp_path: Path, url: str, canonical: str) -> None:
        manifest = read(tmp_path, WHOLE, CRM_URL="http://127.0.0.1:8080/mock")
        assert claimed(manifest, url) == ("crm", canonical)

    @pytest.mark.parametrize(
        "url",
        [
            "https://api.crm.example/v10/a",
            "https://api.crm.example/v",
            "https://api.crm.example/V1/a",
            "https://api.crm.example",
            "http://api.crm.example/v1/a",
            "https://api.crm.example:8443/v1/a",
            "https://api.crm.example.evil.example/v1/a",
            "https://evil.example/https://api.crm.example/v1/a",
            "https://api.crm.example@evil.example/v1/a",
            "https://api.crm.example:99999/v1/a",
            "https://[::1/v1/a",
            "",
            "nonsense",
        ],
    )
    def test_any_other_url_is_not_claimed(self, tmp_path: Path, url: str) -> None:
        assert claimed(read(tmp_path, WHOLE), url) is None

    @pytest.mark.parametrize("port", ["", ":443"])
    def test_the_longest_path_wins_however_its_host_is_written(self, tmp_path: Path, port: str) -> None:
        manifest = read(
            tmp_path,
            f"""
            [integrations.all]
            urls = ["https://api.example{port}/v1"]
            [integrations.billing]
            urls = ["https://api.example/v1/b"]
            """,
        )
        assert claimed(manifest, "https://api.example/v1/b/x") == ("billing", "https://api.example/v1/b/x")
        assert claimed(manifest, "https://api.example/v1/bc") == ("all", f"https://api.example{port}/v1/bc")

    @pytest.mark.parametrize(("written", "asked"), [("http://h.example:80", "http://h.example/a")])
    def test_a_default_port_may_be_written_or_left_out(self, tmp_path: Path, written: str, asked: str) -> None:
        assert claimed(one(tmp_path, [written]), asked) == ("crm", f"{written}/a")

    def test_an_ipv6_host_is_claimed(self, tmp_path: Path) -> None:
        assert claimed(one(tmp_path, ["http://[::1]:8080/v1"]), "http://[::1]:8080/v1/a") == (
            "crm",
            "http://[::1]:8080/v1/a",
        )

    @pytest.mark.parametrize(
        ("url", "name", "origin"),
        [
            ("https://api.other.example/a", "api.other.example", "https://api.other.example"),
            ("http://user:password@LOCALHOST:8080/a?b", "localhost", "http://LOCALHOST:8080"),
            ("mailto:someone", "unknown-host", "mailto://"),
            ("http://[::1/a", "unknown-host", "://"),
        ],
    )
    def test_a_host_that_nobody_declared_is_an_integration_of_its_own(
        self, tmp_path: Path, url: str, name: str, origin: str
    ) -> None:
        expected = Integration(name, (Prefix(origin, origin),), declared=False)
        assert read(tmp_path, WHOLE).integration_of(url) == expected

    def test_a_declared_url_belongs_to_its_integration(self, tmp_path: Path) -> None:
        assert read(tmp_path, WHOLE).integration_of("https://eu.crm.example/v1/a").name == "crm"

    @unhurried
    @given(url=st.text() | st.builds("https://{}/{}".format, st.text(), st.text()))
    def test_no_url_is_too_strange_to_ask_about(self, url: str) -> None:
        prefix = Prefix("https://api.crm.example", "https://api.crm.example")
        manifest = Manifest(Path(), Path(), {"crm": Integration("crm", (prefix,))})
        assert isinstance(manifest.integration_of(url), Integration)
        assert rest_after(prefix.actual, f"{prefix.actual}/a") == "/a"


class TestFind:
    def test_the_nearest_at_or_above_is_found(self, tmp_path: Path) -> None:
        inner = tmp_path / "a" / "b"
        inner.mkdir(parents=True)
        (tmp_path / "contracts.toml").touch()
        assert find(inner, stop=tmp_path) == tmp_path / "contracts.toml"
        (tmp_path / "a" / "contracts.toml").touch()
        assert find(inner, stop=tmp_path) == tmp_path / "a" / "contracts.toml"
        (inner / "contracts.toml").touch()
        assert find(inner, stop=tmp_path) == inner / "contracts.toml"

    def test_the_repositorys_root_is_searched_and_nothing_above_it(self, tmp_path: Path) -> None:
        inner = tmp_path / "repository" / "tests"
        inner.mkdir(parents=True)
        (tmp_path / "repository" / ".git").mkdir()
        (tmp_path / "contracts.toml").touch()
        assert find(inner, stop=inner) is None
        (tmp_path / "repository" / "contracts.toml").touch()
        assert find(inner, stop=inner) == tmp_path / "repository" / "contracts.toml"

    def test_the_root_of_a_worktree_counts_too(self, tmp_path: Path) -> None:
        inner = tmp_path / "worktree"
        inner.mkdir()
        (inner / ".git").write_text("gitdir: elsewhere")
        (tmp_path / "contracts.toml").touch()
        assert find(inner, stop=tmp_path) is None

    def test_outside_a_repository_the_search_stops_where_it_is_told(self, tmp_path: Path) -> None:
        inner = tmp_path / "project" / "tests"
        inner.mkdir(parents=True)
        (tmp_path / "contracts.toml").touch()
        assert find(inner, stop=tmp_path / "project") is None

    def test_a_folder_of_that_name_is_no_manifest(self, tmp_path: Path) -> None:
        (tmp_path / "contracts.toml").mkdir()
        assert find(tmp_path, stop=tmp_path) is None


def accepting(**said: str) -> str:
    """An acceptance that lacks nothing but what it is about."""
    entry = {"owner": "'team'", "reason": "'why'", "expires": "2026-12-01", **said}
    return "[[integrations.crm.accept]]\n" + "\n".join(f"{key} = {value}" for key, value in entry.items())


KNOWN_KEYS = "urls, owner, contact, runbook, credentials, mode, templates"

BROKEN = {
    "not TOML": (
        "[integrations.crm",
        "is not TOML: Expected ']' at the end of a table declaration (at end of document)",
    ),
    "deep TOML": (f"a = {'[' * 5000}", "is not TOML: "),
    "a number without end": (f"a = {'1' * 5000}", "is not TOML: "),
    "an unknown table": ("[integration.crm]", "integration: unknown key; did you mean `integrations`?"),
    "adopt_vcr no boolean": (
        "[defaults]\nadopt_vcr = 'true'",
        "defaults.adopt_vcr: 'true' must be true or false, without quotes",
    ),
    "adopt_vcr a number": ("[defaults]\nadopt_vcr = 1", "defaults.adopt_vcr: 1 must be true or false, without quotes"),
    "an unknown default": ("[defaults]\nfolder = 'x'", "defaults.folder: unknown key; known keys: directory"),
    "a misspelt key": (
        "[integrations.crm]\nurl = ['https://crm.example']",
        "integrations.crm.url: unknown key; did you mean `urls`?",
    ),
    "a strange key": ("[integrations.crm]\nzzz = 1", f"integrations.crm.zzz: unknown key; known keys: {KNOWN_KEYS}"),
    "integrations no table": ("integrations = 1", "integrations: must be a table"),
    "an integration no table": ("[integrations]\ncrm = 'x'", "integrations.crm: must be a table"),
    "tables of integrations": ("[[integrations.crm]]", "integrations.crm: must be a table"),
    "policy no table": ("policy = 1", "policy: must be a table"),
    "an unknown policy key": ("[policy]\npresets = 'strict'", "policy.presets: unknown key; did you mean `preset`?"),
    "an unknown preset": ("[policy]\npreset = 'loose'", "policy.preset: 'loose' is none of standard, strict, lenient"),
    "a preset no string": ("[policy]\npreset = 1", "policy.preset: 1 is none of standard, strict, lenient"),
    "overrides no tables": (
        "[policy]\noverrides = 'x'",
        "policy.overrides: must be tables, each beginning with `[[policy.overrides]]`",
    ),
    "an override no table": ("[policy]\noverrides = ['x']", "policy.overrides[0]: must be a table"),
    "an override without a rule": (
        "[[policy.overrides]]\nseverity = 'off'",
        "policy.overrides[0].rule: is missing; say which rule, and how grave it is",
    ),
    "an override without a severity": (
        "[[policy.overrides]]\nrule = '*'\nseverity = 'off'\n[[policy.overrides]]\nrule = '*'",
        "policy.overrides[1].severity: is missing; say which rule, and how grave it is",
    ),
    "an override with a misspelt key": (
        "[[policy.overrides]]\nrule = '*'\nseverety = 'off'",
        "policy.overrides[0].severety: unknown key; did you mean `severity`?",
    ),
    "an override with an unknown severity": (
        "[[policy.overrides]]\nrule = '*'\nseverity = 'error'",
        "policy.overrides[0].severity: 'error' is none of breaking, warning, compatible, off",
    ),
    "an override with a severity no string": (
        "[[policy.overrides]]\nrule = '*'\nseverity = false",
        "policy.overrides[0].severity: False is none of breaking, warning, compatible, off",
    ),
    "an override with a rule no string": (
        "[[policy.overrides]]\nrule = ['*']\nseverity = 'off'",
        "policy.overrides[0].rule: must be a string that is not empty",
    ),
    "an override with an empty operation": (
        "[[policy.overrides]]\nrule = '*'\nseverity = 'off'\noperation = ''",
        "policy.overrides[0].operation: must be a string that is not empty",
    ),
    "an override of an unknown integration": (
        "[integrations.crm]\n[[policy.overrides]]\nrule = '*'\nseverity = 'off'\nintegration = 'crn'",
        "policy.overrides[0].integration: no integration `crn`; did you mean `crm`?",
    ),
    "an override of an integration where there is none": (
        "[[policy.overrides]]\nrule = '*'\nseverity = 'off'\nintegration = 'crm'",
        "policy.overrides[0].integration: no integration `crm`; there are: none",
    ),
    "an override at no path": (
        "[[policy.overrides]]\nrule = '*'\nseverity = 'off'\npath = '$.items[0]'",
        "policy.overrides[0].path: '$.items[0]' is no JSONPath such as `$.items[*].sku`: cannot be read from `[0]` on",
    ),
    "maps no list": ("[integrations.crm]\nmaps = '$.a'", "integrations.crm.maps: must be a list of strings"),
    "a map at no path": (
        "[integrations.crm]\nmaps = ['$.a', 'rates']",
        "integrations.crm.maps: 'rates' is no JSONPath such as `$.items[*].sku`: must begin with `$`",
    ),
    "a map of headers": ("[integrations.crm]\nmaps = ['header:etag']", "integrations.crm.maps: 'header:etag' is no"),
    "a record at half a path": (
        "[integrations.crm]\nrecords = ['GET /rates $.a[']",
        "integrations.crm.records: '$.a[' is no JSONPath such as `$.items[*].sku`: cannot be read from `[` on",
    ),
    "latency no duration": (
        "[integrations.crm]\nlatency = '800'",
        'integrations.crm.latency: \'800\' is no duration such as "800ms", "2s", "15m", "24h" or "7d"',
    ),
    "latency a number": ("[integrations.crm]\nlatency = 800", "integrations.crm.latency: 800 is no duration such as"),
    "no latency at all": (
        "[integrations.crm]\nlatency = '0s'",
        "integrations.crm.latency: '0s' is no duration such as",
    ),
    "max_age no duration": (
        "[integrations.crm]\nmax_age = 180",
        "integrations.crm.max_age: 180 is no duration such as",
    ),
    "max_age no duration for all": (
        "[defaults]\nmax_age = 'half a year'\n[integrations.crm]",
        "defaults.max_age: 'half a year' is no duration such as",
    ),
    "outdated no such word": (
        "[defaults]\noutdated = 'skip'\n[integrations.crm]",
        "defaults.outdated: 'skip' is none of warn, fail",
    ),
    "outdated without an age": (
        "[integrations.crm]\noutdated = 'fail'",
        'integrations.crm.outdated: says what to do about old recordings; say how old: `max_age = "180d"`',
    ),
    "freshness no table": ("[integrations.crm]\nfreshness = '24h'", "integrations.crm.freshness: must be a table"),
    "freshness without a path": (
        "[integrations.crm]\nfreshness = { within = '24h' }",
        'integrations.crm.freshness.path: is missing; write `{ path = "$.items[*].updated_at", within = "24h" }`',
    ),
    "freshness without an age": (
        "[integrations.crm]\nfreshness = { path = '$.a' }",
        "integrations.crm.freshness.within: is missing; write",
    ),
    "freshness with an unknown key": (
        "[integrations.crm]\nfreshness = { path = '$.a', withing = '1h' }",
        "integrations.crm.freshness.withing: unknown key; did you mean `within`?",
    ),
    "freshness with a path no string": (
        "[integrations.crm]\nfreshness = { path = 1, within = '1h' }",
        "integrations.crm.freshness.path: must be a string",
    ),
    "freshness at no path": (
        "[integrations.crm]\nfreshness = { path = 'a', within = '1h' }",
        "integrations.crm.freshness.path: 'a' is no JSONPath such as `$.items[*].sku`: must begin with `$`",
    ),
    "freshness within no duration": (
        "[integrations.crm]\nfreshness = { path = '$.a', within = '1 day' }",
        "integrations.crm.freshness.within: '1 day' is no duration such as",
    ),
    "enforce no such word": (
        "[integrations.crm]\nenforce = 'yes'",
        "integrations.crm.enforce: 'yes' is none of fail, warn, off",
    ),
    "enforce a boolean": ("[integrations.crm]\nenforce = false", "integrations.crm.enforce: False is none of fail"),
    "enforce of all no such word": (
        "[defaults]\nenforce = 'none'",
        "defaults.enforce: 'none' is none of fail, warn, off",
    ),
    "a preset of an integration no such word": (
        "[integrations.crm]\npreset = 'loose'",
        "integrations.crm.preset: 'loose' is none of standard, strict, lenient",
    ),
    "operations no table": ("[integrations.crm]\noperations = ['GET /a']", "integrations.crm.operations: must be a"),
    "an operation no table": (
        "[integrations.crm.operations]\n'GET /a' = 'warn'",
        'integrations.crm.operations."GET /a": must be a table',
    ),
    "an operation without a name": (
        "[integrations.crm.operations.' ']",
        'integrations.crm.operations." ": must name an operation, such as `"GET /customers/{id}"`',
    ),
    "an operation with a misspelt key": (
        "[integrations.crm.operations.'GET /a']\nenforced = 'warn'",
        'integrations.crm.operations."GET /a".enforced: unknown key; did you mean `enforce`?',
    ),
    "an operation with a latency of none": (
        "[integrations.crm.operations.'GET /a']\nlatency = 1",
        'integrations.crm.operations."GET /a".latency: 1 is no duration such as',
    ),
    "accept no tables": (
        "[integrations.crm]\naccept = 'all'",
        "integrations.crm.accept: must be tables, each beginning with `[[integrations.crm.accept]]`",
    ),
    "an acceptance no table": ("[integrations.crm]\naccept = [1]", "integrations.crm.accept[0]: must be a table"),
    "an acceptance without an owner": (
        "[[integrations.crm.accept]]\nreason = 'x'\nexpires = 2026-12-01",
        "integrations.crm.accept[0].owner: is missing; say who accepts it, why, and until when",
    ),
    "an acceptance without a reason": (
        "[[integrations.crm.accept]]\nowner = 'x'\nexpires = 2026-12-01",
        "integrations.crm.accept[0].reason: is missing; say who accepts it, why, and until when",
    ),
    "an acceptance for ever": (
        "[[integrations.crm.accept]]\nowner = 'x'\nreason = 'x'",
        "integrations.crm.accept[0].expires: is missing; say who accepts it, why, and until when",
    ),
    "an acceptance of anything": (
        accepting(),
        "integrations.crm.accept[0].rule: is missing; name rule, operation and path, or the change's fingerprint",
    ),
    "an acceptance of a rule everywhere": (
        accepting(rule="'property.removed'"),
        "integrations.crm.accept[0].operation: is missing; name rule, operation and path",
    ),
    "an acceptance at half a place, though of a fingerprint": (
        accepting(fingerprint="'0123456789abcdef'", rule="'property.removed'", operation="'GET /a'"),
        "integrations.crm.accept[0].path: is missing; name rule, operation and path",
    ),
    "an acceptance with a misspelt key": (
        accepting(until="2026-12-01"),
        "integrations.crm.accept[0].until: unknown key; known keys: rule",
    ),
    "an acceptance of a rule no string": (
        accepting(rule="['*']", operation="'*'", path="'$'"),
        "integrations.crm.accept[0].rule: must be a string that is not empty",
    ),
    "an acceptance at no path": (
        accepting(rule="'property.removed'", operation="'*'", path="'email'"),
        "integrations.crm.accept[0].path: 'email' is no JSONPath such as `$.items[*].sku`: must begin with `$`",
    ),
    "an acceptance of no fingerprint": (
        accepting(fingerprint="'0123'"),
        "integrations.crm.accept[0].fingerprint: '0123' must be the sixteen hex digits a report shows",
    ),
    "an acceptance by nobody": (
        accepting(owner="' '"),
        "integrations.crm.accept[0].owner: must be a string that is not empty",
    ),
    "an acceptance with an empty ticket": (
        accepting(ticket="''"),
        "integrations.crm.accept[0].ticket: must be a string that is not empty",
    ),
    **{
        f"an acceptance until {day}": (
            accepting(fingerprint="'0123456789abcdef'", expires=day),
            f"integrations.crm.accept[0].expires: {shown} is no day such as 2026-12-31",
        )
        for day, shown in {
            "'2026-02-30'": "'2026-02-30'",
            "'20261201'": "'20261201'",
            "'2026-W49-2'": "'2026-W49-2'",
            "'soon'": "'soon'",
            "''": "''",
            "20261201": "20261201",
            "true": "True",
            "[2026-12-01]": "[datetime.date(2026, 12, 1)]",
            "2026-12-01T00:00:00Z": "2026-12-01T00:00:00+00:00",
            "07:30:00": "07:30:00",
            "'\uff12026-12-01'": "'\uff12026-12-01'",
        }.items()
    },
    "a day that there is not": (accepting(expires="2026-02-30"), "is not TOML: "),
    "half a character": (accepting(reason='"\\ud800"'), "is not TOML: "),
    "defaults no table": ("defaults = []", "defaults: must be a table"),
    "urls no list": (
        "[integrations.crm]\nurls = 'https://crm.example'",
        "integrations.crm.urls: must be a list of strings",
    ),
    "urls of numbers": ("[integrations.crm]\nurls = [1]", "integrations.crm.urls: must be a list of strings"),
    "templates no list": ("[integrations.crm]\ntemplates = 1", "integrations.crm.templates: must be a list of strings"),
    "a template no path": (
        "[integrations.crm]\ntemplates = ['customers/{id}']",
        "integrations.crm.templates: 'customers/{id}' must be a path such as `/customers/{id}`",
    ),
    "an owner no string": ("[integrations.crm]\nowner = ['a']", "integrations.crm.owner: must be a string"),
    "a contact no string": ("[integrations.crm]\ncontact = 1", "integrations.crm.contact: must be a string"),
    "a runbook no string": ("[integrations.crm]\nrunbook = {}", "integrations.crm.runbook: must be a string"),
    "credentials no string": ("[integrations.crm]\ncredentials = 1", "integrations.crm.credentials: must be a string"),
    "the secret itself": (
        "[integrations.crm]\ncredentials = 'hunter2'",
        "integrations.crm.credentials: must be a reference such as `env:CRM_TOKEN`, never the secret itself",
    ),
    "a reference to nothing": (
        "[integrations.crm]\ncredentials = 'env:'",
        "integrations.crm.credentials: must be a reference such as `env:CRM_TOKEN`, never the secret itself",
    ),
    "an unknown mode": (
        "[integrations.crm]\nmode = 'poll'",
        "integrations.crm.mode: 'poll' is none of sync, events, batch",
    ),
    "a mode no string": ("[integrations.crm]\nmode = ['sync']", "integrations.crm.mode: ['sync'] is none of"),
    "a reserved name": (
        "[integrations.Cassettes]",
        "integrations.Cassettes: a name is letters, digits, `.`, `_` and `-`, and not `cassettes`; rename it",
    ),
    "an empty name": ("[integrations.'']", "integrations.: a name is letters"),
    "a name with a slash": ("[integrations.'a/b']", "integrations.a/b: a name is letters"),
    "a name that climbs": ("[integrations.'..']", "integrations...: a name is letters"),
    "an endless name": (f"[integrations.{'x' * 65}]", f"integrations.{'x' * 65}: a name is letters"),
    "a directory outside": (
        "[defaults]\ndirectory = '../contracts'",
        "defaults.directory: '../contracts' must be a path below the manifest",
    ),
    "an absolute directory": ("[defaults]\ndirectory = '/contracts'", "defaults.directory: '/contracts' must be"),
    "the manifest's own directory": ("[defaults]\ndirectory = '.'", "defaults.directory: '.' must be"),
    "an empty directory": ("[defaults]\ndirectory = ''", "defaults.directory: '' must be"),
    "a directory with NUL": ('[defaults]\ndirectory = "a\\u0000"', "defaults.directory: 'a\\x00' must be"),
    "a directory no string": ("[defaults]\ndirectory = 1", "defaults.directory: 1 must be"),
    "one URL twice": (
        "[integrations.a]\nurls = ['https://h.example/v1/']\n[integrations.b]\nurls = ['https://h.example/v1']",
        "integrations.b.urls: https://h.example/v1 already belongs to `a`; one URL is one integration's",
    ),
    "one URL in two spellings": (
        "[integrations.a]\nurls = ['https://H.example:443']\n[integrations.b]\nurls = ['https://h.example']",
        "integrations.b.urls: https://h.example already belongs to `a`; one URL is one integration's",
    ),
    "one default twice": (
        "[integrations.a]\nurls = ['${A:-https://h.example}']\n[integrations.b]\nurls = ['${B:-https://h.example}']",
        "integrations.b.urls: https://h.example already belongs to `a`; one URL is one integration's",
    ),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_one_clear_error_names_file_place_and_remedy(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ManifestError) as caught:
        read(tmp_path, text, A="http://127.0.0.1:1", B="http://127.0.0.1:2")
    assert str(caught.value).startswith(f"{tmp_path / 'contracts.toml'}: {message}")
    assert "hunter2" not in str(caught.value)


CREDENTIALS_HIDDEN = {
    "https://user:password@api.crm.example": "https://...@api.crm.example",
    "https://api.crm.example/v1?key=1": "https://api.crm.example/v1?...",
    "https://api.crm.example/v1?": "https://api.crm.example/v1?...",
    "https://api.crm.example/v1#part": "https://api.crm.example/v1?...",
}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.crm.example/v1",
        "ftp://api.crm.example",
        "https://",
        "https:///v1",
        "https://:443/v1",
        "https://user:password@api.crm.example",
        "https://api.crm.example/v1?key=1",
        "https://api.crm.example/v1?",
        "https://api.crm.example/v1#part",
        "https://api.crm.example:99999/v1",
        "https://api.crm.example:port/v1",
        "https://[::1/v1",
        " https://api.crm.example",
        "https://api.crm.example/v1\n",
        "https://api.crm.example/v 1",
    ],
)
def test_what_is_no_plain_url_is_an_error(tmp_path: Path, url: str) -> None:
    with pytest.raises(ManifestError) as caught:
        one(tmp_path, [url])
    shown = CREDENTIALS_HIDDEN.get(url, url)
    assert str(caught.value) == (
        f"{tmp_path / 'contracts.toml'}: integrations.crm.urls: {shown!r} must be an http or https URL without user,"
        " query or fragment; variables in it are written `${NAME}` or `${NAME:-default}`"
    )


def test_paths_that_differ_only_in_case_are_two_urls(tmp_path: Path) -> None:
    manifest = read(
        tmp_path, "[integrations.a]\nurls = ['https://h.example/V1']\n[integrations.b]\nurls = ['https://h.example/v1']"
    )
    assert claimed(manifest, "https://h.example/v1/x") == ("b", "https://h.example/v1/x")


def test_a_manifest_that_is_not_there_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"contracts\.toml: cannot be read: .*No such file"):
        load(tmp_path / "contracts.toml", {})


def test_a_manifest_that_is_no_text_says_so(tmp_path: Path) -> None:
    (tmp_path / "contracts.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ManifestError, match=r"contracts\.toml: cannot be read: .*utf-8"):
        load(tmp_path / "contracts.toml", {})


NAMES = st.sampled_from(["crm", "a.b", "cassettes", "", "é", "x" * 70]) | st.text(max_size=5)
URLS = st.sampled_from(["https://h.example", "${A}", "${A:-http://h}", "http://[", "${B:-}"]) | st.text(max_size=9)
KEYS = st.sampled_from(
    [
        "urls",
        "owner",
        "credentials",
        "mode",
        "templates",
        "runbook",
        "contact",
        "maps",
        "latency",
        "freshness",
        "path",
        "max_age",
        "outdated",
        "enforce",
        "preset",
        "operations",
        "accept",
    ]
) | st.text(max_size=5)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.integers(-9, 9) | st.floats() | URLS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
ACCEPTANCES = st.fixed_dictionaries(
    {"owner": URLS, "reason": URLS, "expires": st.sampled_from(["2026-12-01", "2026-02-30"]) | VALUES},
    optional={"rule": URLS, "operation": URLS, "path": st.sampled_from(["$.a", "$["]) | VALUES, "fingerprint": VALUES},
)
INTEGRATIONS = st.dictionaries(
    KEYS, VALUES | st.lists(URLS, max_size=2) | st.lists(ACCEPTANCES, min_size=1, max_size=2), max_size=4
)
OVERRIDES = st.fixed_dictionaries(
    {"rule": URLS, "severity": st.sampled_from(["off", "warning"]) | VALUES},
    optional={"integration": NAMES, "operation": VALUES, "path": st.sampled_from(["$.a", "$..*", "$["]) | VALUES},
)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "defaults": st.dictionaries(st.just("directory") | KEYS, VALUES, max_size=2) | VALUES,
        "policy": st.fixed_dictionaries({}, optional={"preset": VALUES, "overrides": st.lists(OVERRIDES, max_size=2)})
        | VALUES,
        "integrations": st.dictionaries(NAMES, INTEGRATIONS | VALUES, max_size=3) | VALUES,
    },
)


def as_toml(value: object) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{as_toml(key)} = {as_toml(member)}' for key, member in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(as_toml, value))}]"
    if isinstance(value, str):
        escaped = "".join(f"\\U{ord(char):08x}" for char in value)
        return f'"{escaped}"'
    return str(value).lower()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("manifest") / "contracts.toml"


@unhurried
@given(document=DOCUMENTS, environment=st.dictionaries(st.sampled_from(["A", "B"]), URLS))
def test_no_document_raises_anything_else(file: Path, document: dict[str, Any], environment: dict[str, str]) -> None:
    file.write_text("\n".join(f"{key} = {as_toml(value)}" for key, value in document.items()), encoding="utf-8")
    loads_or_says_why(file, environment)


@unhurried
@given(content=st.text(st.characters(codec="utf-8")).map(str.encode) | st.binary())
def test_no_file_raises_anything_else(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    loads_or_says_why(file, {})


def loads_or_says_why(file: Path, environment: dict[str, str]) -> None:
    try:
        manifest = load(file, environment)
    except ManifestError as error:
        said = str(error)
    else:
        said = f"{file}: nothing"
        assert manifest.directory.is_relative_to(file.parent)
        assert manifest.directory != file.parent
        for integration in manifest.integrations.values():
            for prefix in integration.prefixes:
                assert manifest.integration_of(f"{prefix.actual}/a") is integration
    assert said.startswith(f"{file}: ")


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("", Limits(64 * 1024**2, 64 * 1024**2, 128)),
        ('[defaults.limits]\nbody = "500kB"', Limits(body=500 * 1024)),
        ('[defaults.limits]\ndecompressed = "1.5 GB"', Limits(decompressed=3 * 512 * 1024**2)),
        ('[defaults]\nlimits = { body = "10B", decompressed = "1MB", depth = 5 }', Limits(10, 1024**2, 5)),
        ("[defaults.limits]\ndepth = 128", Limits()),
    ],
)
def test_limits_of_bodies(tmp_path: Path, text: str, limits: Limits) -> None:
    assert read(tmp_path, text).limits == limits


SIZE = 'is no size such as "500kB", "64MB" or "1GB"'
DEPTH = "must be a whole number from 1 to 128"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("defaults.limits = 5", "defaults.limits: must be a table"),
        ('[defaults.limits]\nboddy = "1MB"', "defaults.limits.boddy: unknown key; did you mean `body`?"),
        ("[defaults.limits]\nbody = 64", f"defaults.limits.body: 64 {SIZE}"),
        ('[defaults.limits]\nbody = "64"', f"defaults.limits.body: '64' {SIZE}"),
        ('[defaults.limits]\nbody = "0MB"', f"defaults.limits.body: '0MB' {SIZE}"),
        ('[defaults.limits]\nbody = "0.1B"', f"defaults.limits.body: '0.1B' {SIZE}"),
        ('[defaults.limits]\ndecompressed = "-1MB"', f"defaults.limits.decompressed: '-1MB' {SIZE}"),
        ("[defaults.limits]\ndepth = 0", f"defaults.limits.depth: 0 {DEPTH}"),
        ("[defaults.limits]\ndepth = 129", f"defaults.limits.depth: 129 {DEPTH}"),
        ("[defaults.limits]\ndepth = true", f"defaults.limits.depth: True {DEPTH}"),
        ("[defaults.limits]\ndepth = 1.5", f"defaults.limits.depth: 1.5 {DEPTH}"),
    ],
)
def test_limits_that_are_none(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ManifestError) as caught:
        read(tmp_path, text)
    assert str(caught.value) == f"{tmp_path / 'contracts.toml'}: {problem}"
