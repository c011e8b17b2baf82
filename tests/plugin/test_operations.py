"""How operations are named by all that a run exchanges, and that the names stay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests
import vcr
from click.testing import CliRunner, Result

from plugin.harness import Project
from pytest_integration_contracts.cli import main
from upstream import Answer, Upstream, json_answer

PROJECT = {"id": 7, "slug": "alpha", "title": "Alpha", "open": True, "members": 3, "updated": "2026-01-02T03:04:05Z"}


def project_named(slug: str, **other: Any) -> dict[str, Any]:
    return {**PROJECT, "slug": slug, **other}


class Consumer:
    """Somebody whose cassettes are learned from, and held."""

    def __init__(self, folder: Path, upstream: Upstream) -> None:
        self.folder = folder
        self.upstream = upstream
        self.manifest()

    def manifest(self, *lines: str) -> None:
        lines = (f'urls = ["{self.upstream.url}"]', *lines)
        (self.folder / "contracts.toml").write_text("\n".join(["[integrations.crm]", *lines]))

    def record(self, cassette: str, *asked: tuple[Any, ...]) -> None:
        """Ask one after the other: method and path, what is answered, and what is sent."""
        with vcr.use_cassette(str(self.folder / "cassettes" / f"{cassette}.yaml"), record_mode="all"):
            for what, answer, *sent in asked:
                method, _, path = what.partition(" ")
                answered = answer if isinstance(answer, Answer) else json_answer(answer)
                self.upstream.answers[f"/v1{path.partition('?')[0]}"] = answered
                requests.request(method, f"{self.upstream.url}{path}", timeout=5, **(sent[0] if sent else {}))

    def capture(self, *cassettes: str) -> str:
        result = self.run("capture", *cassettes)
        assert result.exit_code == 0, result.output
        return result.output

    def check(self, *cassettes: str) -> Result:
        return self.run("check", *cassettes)

    def run(self, command: str, *cassettes: str) -> Result:
        return CliRunner().invoke(main, [command, *(f"cassettes/{each}.yaml" for each in cassettes or ("",) if each)])

    @property
    def names(self) -> list[str]:
        return sorted(document["operation"] for document in self.snapshots)

    @property
    def snapshots(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in sorted((self.folder / "contracts/crm").glob("*.json"))]

    def snapshot(self, name: str) -> dict[str, Any]:
        return next(document for document in self.snapshots if document["operation"] == name)

    def files(self) -> dict[str, str]:
        folder = self.folder / "contracts"
        return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*.json"))}


@pytest.fixture
def consumer(tmp_path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> Consumer:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return Consumer(tmp_path, upstream)


class TestTemplates:
    def test_what_calls_itself_by_the_segment_is_an_instance(self, consumer: Consumer) -> None:
        consumer.record("one", ("GET /projects/alpha", PROJECT))
        consumer.capture("one")
        assert consumer.names == ["GET /projects/{project}"]

    def test_an_instance_that_was_never_seen_is_held_against_the_template(self, consumer: Consumer) -> None:
        consumer.record("one", ("GET /projects/alpha", PROJECT))
        consumer.capture("one")
        before = consumer.files()
        consumer.record("good", ("GET /projects/gamma", project_named("gamma")))
        consumer.record("bad", ("GET /projects/gamma", {"id": 8, "slug": "gamma"}))
        assert consumer.check("good").output == "1 operation holds.\n"
        bad = consumer.check("bad")
        assert bad.exit_code == 1
        assert "crm  GET /projects/{project}  200 application/json" in bad.output
        assert "BREAKING  property.removed   $.title" in bad.output
        consumer.capture("good")
        assert consumer.files() == before

    def test_an_instance_is_one_for_all_methods_and_whatever_is_below_it(self, consumer: Consumer) -> None:
        consumer.record(
            "one",
            ("POST /projects", PROJECT),
            ("PUT /projects/alpha", Answer(204)),
            ("GET /projects/alpha/issues", [{"number": 1}]),
            ("DELETE /projects/alpha", Answer(204)),
        )
        consumer.capture("one")
        assert consumer.names == [
            "DELETE /projects/{project}",
            "GET /projects/{project}/issues",
            "POST /projects",
            "PUT /projects/{project}",
        ]

    def test_siblings_of_one_shape_are_one_operation_though_nothing_is_called_by_the_segment(
        self, consumer: Consumer
    ) -> None:
        bodies = [{key: value for key, value in PROJECT.items() if key != "slug"} for _ in range(2)]
        consumer.record("one", *((f"GET /projects/{name}", body) for name, body in zip("ab", bodies, strict=True)))
        consumer.capture("one")
        assert consumer.names == ["GET /projects/{project}"]

    @pytest.mark.parametrize(
        "asked",
        [
            [("GET /users/me", {"id": 1, "login": "ada", "name": "Ada"})],
            [("GET /status/ok", {"status": "ok"})],
            [("GET /health/database", {"name": "database", "status": "up"})],
            [("GET /search/users", {"total": 1, "items": [{"login": "a"}]}), ("GET /search/issues", {"total": 1})],
            [(f"GET /reports/{each}", {"data": [{"id": 1, "a": 1, "b": 2, "c": 3, "d": 4}]}) for each in ("x", "y")],
            [(f"POST /orders/{each}", PROJECT) for each in ("cancel", "refund")],
            [(f"GET /{each}/42", {**PROJECT, "slug": "z"}) for each in ("projects", "boards")],
            [(f"GET /v{each}/projects", PROJECT) for each in (1, 2)],
            [("GET /reports/weekly", Answer(404, b"{}")), ("GET /reports/monthly", Answer(404, b"{}"))],
            [("GET /things/a", {"x": None}), ("GET /things/b", {"x": None})],
        ],
        ids=lambda asked: asked[0][0],
    )
    def test_what_may_be_a_word_of_the_api_stays_one(self, consumer: Consumer, asked: list[Any]) -> None:
        consumer.record("one", *asked)
        consumer.capture("one")
        literal = [each[0].replace("/42", "/{id}") for each in asked]
        assert consumer.names == sorted(literal)

    def test_what_answers_otherwise_stays_apart_from_its_siblings(self, consumer: Consumer) -> None:
        consumer.record(
            "one",
            ("GET /projects/alpha", PROJECT),
            ("GET /projects/beta", project_named("beta")),
            ("GET /projects/overview", {"slug": "overview", "count": 2, "latest": [], "chart": {"x": 1}}),
        )
        consumer.capture("one")
        assert consumer.names == ["GET /projects/overview", "GET /projects/{project}"]
        consumer.record("later", ("GET /projects/summary", {"total": 2, "oldest": 1, "newest": 2}))
        consumer.capture("later")
        assert consumer.names == ["GET /projects/overview", "GET /projects/summary", "GET /projects/{project}"]

    def test_an_error_belongs_to_the_template(self, consumer: Consumer) -> None:
        missing = json_answer({"error": "not found"}, 404)
        consumer.record("one", ("GET /projects/alpha", PROJECT), ("GET /projects/nowhere", missing))
        consumer.capture("one")
        assert list(consumer.snapshot("GET /projects/{project}")["responses"]) == [
            "200 application/json",
            "404 application/json",
        ]
        assert len(consumer.snapshots) == 1

    def test_owner_and_name_are_two_placeholders(self, consumer: Consumer) -> None:
        repository = {"id": 1, "name": "hello", "full_name": "octo/hello", "owner": {"login": "octo", "id": 2}}
        consumer.record("one", ("GET /repos/octo/hello", repository), ("GET /repos/octo/hello/issues", []))
        consumer.capture("one")
        assert consumer.names == ["GET /repos/{owner}/{name}", "GET /repos/{owner}/{name}/issues"]

    def test_the_manifest_goes_before_what_is_learned(self, consumer: Consumer) -> None:
        consumer.manifest('templates = ["/projects/alpha", "/boards/{slug}"]')
        consumer.record("one", *((f"GET /{what}/alpha", PROJECT) for what in ("projects", "boards")))
        consumer.capture("one")
        assert consumer.names == ["GET /boards/{slug}", "GET /projects/alpha"]

    def test_an_operation_that_the_manifest_speaks_of_keeps_its_name(self, consumer: Consumer) -> None:
        consumer.manifest("records = ['GET /projects/alpha $.rates']")
        consumer.record("one", ("GET /projects/alpha", PROJECT), ("GET /projects/beta", project_named("beta")))
        consumer.capture("one")
        assert consumer.names == ["GET /projects/alpha", "GET /projects/{project}"]

    def test_neither_order_nor_the_number_of_runs_shows_where_nothing_was_known(self, consumer: Consumer) -> None:
        asked = [("GET /projects/alpha", PROJECT), ("GET /projects/beta", project_named("beta", members=None))]
        for name, order in (("one", asked), ("two", asked[::-1])):
            consumer.record(name, *order)
        consumer.capture("one")
        first = consumer.files()
        for path in first:
            (consumer.folder / "contracts" / path).unlink()
        consumer.capture("two")
        assert consumer.files() == first


class TestNamesThatAreThere:
    """A literal name that has a snapshot is one that an older release has given, too."""

    def known(self, consumer: Consumer, body: dict[str, Any]) -> None:
        """A snapshot of `GET /projects/alpha`, as it was learned before anything could tell that it is an instance."""
        consumer.manifest("templates = ['/projects/alpha']")
        consumer.record("known", ("GET /projects/alpha", body))
        consumer.capture("known")
        consumer.manifest()

    def test_they_stay_whatever_is_learned_about_them(self, consumer: Consumer) -> None:
        self.known(consumer, PROJECT)
        before = consumer.files()
        consumer.capture("known")
        assert consumer.files() == before
        assert consumer.check("known").exit_code == 0

    def test_a_new_sibling_makes_a_template_that_keeps_what_was_known(self, consumer: Consumer) -> None:
        self.known(consumer, {**PROJECT, "note": "kept"})
        before = consumer.files()["crm/GET-projects-alpha.json"]
        consumer.record("new", ("GET /projects/beta", project_named("beta")))
        assert consumer.capture("new") == (
            "created  contracts/crm/GET-projects-{project}.json (1.0)\n"
            "         in place of what is now contracts/crm/history/GET-projects-alpha/1.0.json\n"
            "  BREAKING  property.removed   $.note    string, in 1 of 1 response -> gone, in 1 of 1\n"
            "1 snapshot created.\n"
            "review and commit:  git add contracts\n"
        )
        assert list(consumer.files()) == [
            "crm/GET-projects-{project}.json",
            "crm/history/GET-projects-alpha/1.0.json",
        ]
        assert consumer.files()["crm/history/GET-projects-alpha/1.0.json"] == before
        assert consumer.check("new").exit_code == 0

    def test_one_that_answers_otherwise_stays_beside_the_template(self, consumer: Consumer) -> None:
        self.known(consumer, {"a": 1, "b": 2, "c": 3})
        consumer.record("new", ("GET /projects/beta", project_named("beta")))
        consumer.capture("new")
        assert consumer.names == ["GET /projects/alpha", "GET /projects/{project}"]
        assert consumer.check("known", "new").exit_code == 0


EXPANDED = {"id": 1, "total": 5, "customer": {"id": 3, "email": "ada@mail.example"}}
ORDER = {"id": 1, "total": 5, "customer": "cus_3"}


class TestVariants:
    def test_a_query_that_changes_the_shape_has_a_snapshot_of_its_own(self, consumer: Consumer) -> None:
        consumer.record("one", ("GET /orders/1", ORDER), ("GET /orders/1?expand=customer", EXPANDED))
        consumer.capture("one")
        assert consumer.names == ["GET /orders/{id}", "GET /orders/{id}?expand=customer"]
        before = consumer.files()
        consumer.record("again", ("GET /orders/1", ORDER), ("GET /orders/2?expand=customer&page=9", EXPANDED))
        assert consumer.check("again").output == "2 operations hold.\n"
        consumer.capture("again")
        assert consumer.files() == before
        consumer.record("bad", ("GET /orders/1?expand=customer", ORDER))
        bad = consumer.check("bad")
        assert bad.exit_code == 1
        assert "GET /orders/{id}?expand=customer" in bad.output

    def test_one_that_does_not_shares_it(self, consumer: Consumer) -> None:
        consumer.record("one", ("GET /orders/1", ORDER), ("GET /orders/1?format=json", ORDER))
        consumer.capture("one")
        assert consumer.names == ["GET /orders/{id}"]
        assert consumer.snapshot("GET /orders/{id}")["queries"] == ["format=json"]
        consumer.record("drift", ("GET /orders/1?format=json", {"id": 1, "total": 5}))
        assert "property.removed   $.customer" in consumer.check("drift").output
        consumer.capture("drift")
        assert consumer.names == ["GET /orders/{id}"]
        assert consumer.snapshot("GET /orders/{id}")["version"] == "2.0"

    def test_one_that_comes_later_does_not_change_what_was_learned_without(self, consumer: Consumer) -> None:
        consumer.record("one", ("GET /orders/1", ORDER))
        consumer.capture("one")
        before = consumer.files()["crm/GET-orders-{id}.json"]
        consumer.record("two", ("GET /orders/1?expand=customer", EXPANDED))
        consumer.capture("two")
        assert consumer.files()["crm/GET-orders-{id}.json"] == before
        assert consumer.names == ["GET /orders/{id}", "GET /orders/{id}?expand=customer"]

    def test_another_media_type_is_apart(self, consumer: Consumer) -> None:
        table = Answer(200, b"id,total\n1,5\n", {"Content-Type": "text/csv"})
        consumer.record("one", ("GET /orders", [ORDER]), ("GET /orders?format=csv", table))
        consumer.capture("one")
        assert consumer.names == ["GET /orders", "GET /orders?format=csv"]

    def test_there_are_not_more_than_a_few(self, consumer: Consumer) -> None:
        fields = "abcdefghijkl"
        consumer.record(
            "one",
            ("GET /orders/1", ORDER),
            *((f"GET /orders/1?fields={each}", {each: 1}) for each in fields),
        )
        told = consumer.capture("one")
        assert (
            "crm  GET /orders/{id}: has more than 8 variants that answer differently;"
            " those beyond share the snapshot of GET /orders/{id}?*\n"
        ) in told
        assert len(consumer.names) == 10
        assert consumer.check("one").exit_code == 0
        before = consumer.files()
        consumer.capture("one")
        assert consumer.files() == before


def query(text: str, **other: Any) -> dict[str, Any]:
    return {"json": {"query": text, **other}}


ORDERS = {"data": {"orders": [{"id": 1, "total": 5, "email": "ada@mail.example"}]}}
GET_ORDERS = "query GetOrders { orders(first: 5) { id total email } }"


class TestGraphQL:
    def test_operations_of_one_url_are_apart(self, consumer: Consumer) -> None:
        consumer.record(
            "one",
            ("POST /graphql", ORDERS, query(GET_ORDERS)),
            ("POST /graphql", {"data": {"viewer": {"login": "ada"}}}, query("{ viewer { login } }")),
            ("POST /graphql", {"data": {"pay": {"ok": True}}}, query("mutation Pay { pay { ok } }")),
        )
        consumer.capture("one")
        assert consumer.names == ["POST /graphql#GetOrders", "POST /graphql#Pay", "POST /graphql#{viewer}"]
        assert "crm/POST-graphql-GetOrders.json" in consumer.files()

    def test_drift_is_told_of_the_operation_that_has_it(self, consumer: Consumer) -> None:
        consumer.record("one", ("POST /graphql", ORDERS, query(GET_ORDERS)))
        consumer.capture("one")
        drifted = {"data": {"orders": [{"id": 1, "total": "5"}]}}
        consumer.record("two", ("POST /graphql", drifted, query(GET_ORDERS)))
        told = consumer.check("two")
        assert told.exit_code == 1
        assert "crm  POST /graphql#GetOrders  200 application/json" in told.output
        assert "BREAKING  property.removed   $.data.orders[*].email" in told.output
        assert "BREAKING  type.changed       $.data.orders[*].total" in told.output

    def test_what_the_query_selects_otherwise_is_no_drift(self, consumer: Consumer) -> None:
        consumer.record("one", ("POST /graphql", ORDERS, query(GET_ORDERS)))
        consumer.capture("one")
        changed = {"data": {"orders": [{"id": 1, "total": 5, "note": "x"}]}}
        consumer.record("two", ("POST /graphql", changed, query("query GetOrders { orders { id note total } }")))
        told = consumer.check("two")
        assert told.exit_code == 0
        assert "the query does not select it any more" in told.output
        assert "the query selects it now" in told.output
        assert "renamed" not in told.output
        consumer.capture("two")
        snapshot = consumer.snapshot("POST /graphql#GetOrders")
        assert snapshot["version"] == "1.1"
        fields = snapshot["responses"]["200 application/json"]["body"]["properties"]["data"]["properties"]["orders"]
        assert list(fields["items"]["properties"]) == ["id", "note", "total"]
        assert consumer.check("two").output == "1 operation holds.\n"

    def test_what_is_gone_though_the_query_selects_it_is_drift_beside_another_selection(
        self, consumer: Consumer
    ) -> None:
        consumer.record("one", ("POST /graphql", ORDERS, query(GET_ORDERS)))
        consumer.capture("one")
        changed = {"data": {"orders": [{"id": 1}]}}
        consumer.record("two", ("POST /graphql", changed, query("query GetOrders { orders { id total } }")))
        told = consumer.check("two")
        assert told.exit_code == 1
        assert "BREAKING  property.removed   $.data.orders[*].total" in told.output

    def test_errors_in_a_200_are_of_their_own_kind_beside_data_too(self, consumer: Consumer) -> None:
        partial = {"data": {"orders": None}, "errors": [{"message": "no", "path": ["orders"]}]}
        consumer.record("one", ("POST /graphql", ORDERS, query(GET_ORDERS)))
        consumer.capture("one")
        consumer.record("two", ("POST /graphql", partial, query(GET_ORDERS)))
        told = consumer.check("two")
        assert told.exit_code == 1
        assert "error.in-success" in told.output
        consumer.capture("one", "two")
        assert list(consumer.snapshot("POST /graphql#GetOrders")["responses"]) == [
            "200 application/json",
            "200 application/json (error)",
        ]

    def test_the_text_of_a_query_may_be_the_body_or_in_the_url(self, consumer: Consumer) -> None:
        as_text = {"data": GET_ORDERS, "headers": {"Content-Type": "application/graphql"}}
        consumer.record(
            "one", ("POST /graphql", ORDERS, as_text), (f"GET /graphql?query={GET_ORDERS.replace(' ', '+')}", ORDERS)
        )
        consumer.capture("one")
        assert consumer.names == ["GET /graphql#GetOrders", "POST /graphql#GetOrders"]


class TestMembers:
    def test_each_procedure_is_an_operation(self, consumer: Consumer) -> None:
        user, status = {"jsonrpc": "2.0", "id": 1, "result": {"name": "ada"}}, {"jsonrpc": "2.0", "id": 1, "result": 5}
        consumer.record(
            "one",
            *(
                ("POST /rpc", answer, {"json": {"jsonrpc": "2.0", "id": 1, "method": method}})
                for method, answer in (("getUser", user), ("countUsers", status))
            ),
            ("POST /ec2", {"a": 1}, {"data": {"Action": "DescribeInstances", "Version": "2016-11-15"}}),
            ("POST /", {"b": 1}, {"data": "{}", "headers": {"X-Amz-Target": "DynamoDB_20120810.GetItem"}}),
        )
        consumer.capture("one")
        assert consumer.names == [
            "POST /#DynamoDB_20120810.GetItem",
            "POST /ec2#DescribeInstances",
            "POST /rpc#countUsers",
            "POST /rpc#getUser",
        ]
        consumer.record(
            "two",
            ("POST /rpc", {**user, "result": {}}, {"json": {"jsonrpc": "2.0", "id": 1, "method": "getUser"}}),
        )
        told = consumer.check("two")
        assert told.exit_code == 1
        assert "crm  POST /rpc#getUser  200 application/json" in told.output

    def test_a_method_of_payment_is_no_method(self, consumer: Consumer) -> None:
        consumer.record(
            "one", *(("POST /payments", {"id": 1}, {"json": {"method": method}}) for method in ("card", "iban"))
        )
        consumer.capture("one")
        assert consumer.names == ["POST /payments"]

    def test_a_snapshot_that_all_share_stays_where_an_older_release_has_learned_it(self, consumer: Consumer) -> None:
        consumer.record("old", ("POST /rpc", {"ok": True}, {"json": {"x": 1}}))
        consumer.capture("old")
        consumer.record("new", ("POST /rpc", {"ok": True}, {"json": {"jsonrpc": "2.0", "method": "getUser"}}))
        consumer.capture("new")
        assert consumer.names == ["POST /rpc"]
        assert consumer.check("new").exit_code == 0


def test_names_that_a_test_gives_are_left_as_they_are(bare: Project) -> None:
    bare.write(
        "test_events.py",
        """
        def test_events(contract):
            for name in ("EVENT order.created", "EVENT /projects/alpha", "BATCH /projects/beta?fields=x"):
                contract.check({"slug": name[-5:]}, operation=name, integration="crm")
        """,
    )
    assert bare.run("--contracts-update").exit == 0
    names = [json.loads(text)["operation"] for text in bare.files().values()]
    assert sorted(names) == ["BATCH /projects/beta?fields=x", "EVENT /projects/alpha", "EVENT order.created"]


def test_versions_of_one_api_are_apart(consumer: Consumer) -> None:
    first = consumer.upstream.url
    second = first.replace("/v1", "/v2")
    (consumer.folder / "contracts.toml").write_text(
        f'[integrations.crm]\nurls = ["{first}", "{second}"]\ntemplates = ["/notes/{{slug}}"]\n'
    )
    answers = {"v1": {"id": 42, "name": "Ada"}, "v2": {"data": {"id": 42, "full_name": "Ada"}}}
    with vcr.use_cassette(str(consumer.folder / "cassettes/one.yaml"), record_mode="all"):
        for version, answer in answers.items():
            for path in ("customers/42", "notes/hello"):
                consumer.upstream.answers[f"/{version}/{path}"] = json_answer(answer)
                requests.get(f"{first.removesuffix('v1')}{version}/{path}", timeout=5)
    consumer.capture("one")
    assert consumer.names == [
        "GET /customers/{id}",
        "GET /notes/{slug}",
        "GET /v2/customers/{id}",
        "GET /v2/notes/{slug}",
    ]
    assert consumer.check("one").output == "4 operations hold.\n"


CLIENT = """
import os, requests

def ask(method, path, **sent):
    return requests.request(method, os.environ["CRM_URL"] + path, timeout=5, **sent).json()
"""
PROJECTS = """
import pytest
from client import ask

@pytest.mark.contract
@pytest.mark.parametrize("slug", {slugs!r})
def test_project(slug):
    assert ask("GET", f"/projects/{{slug}}")["slug"] == slug
"""


class TestSessions:
    def test_workers_learn_the_same_names_and_hold_what_nobody_has_seen(
        self, bare: Project, upstream: Upstream
    ) -> None:
        bare.write("contracts.toml", '[integrations.crm]\nurls = ["${CRM_URL:-https://api.crm.example/v1}"]\n')
        bare.write("client.py", CLIENT)
        slugs = ["alpha", "beta", "gamma", "delta"]
        upstream.answers |= {f"/v1/projects/{slug}": json_answer(project_named(slug)) for slug in slugs}
        bare.write("test_crm.py", PROJECTS.format(slugs=slugs))
        learned = bare.run("--contracts-update")
        assert learned.exit == 0, learned.text
        assert learned.section.startswith(
            "created  contracts/crm/GET-projects-{project}.json (1.0)\n1 snapshot created"
        )
        alone = bare.files("contracts/crm")
        (bare.folder / "contracts/crm/GET-projects-{project}.json").unlink()
        assert bare.run("--contracts-update", "-n2", CRM_URL="http://127.0.0.1:9/v1").exit == 0
        assert bare.files("contracts/crm") == alone
        upstream.answers["/v1/projects/omega"] = json_answer({"slug": "omega", "title": "Omega"})
        bare.write("test_crm.py", PROJECTS.format(slugs=["omega"]))
        live = bare.run("--contracts-live")
        assert live.exit == 1
        assert "crm  GET /projects/{project}  200 application/json" in live.failure("test_project[omega]")
        replayed = bare.run("--contracts")
        assert "crm  GET /projects/{project}" in replayed.failure("test_project[omega]")

    def test_nothing_is_learned_about_what_a_test_asked_whose_process_died(
        self, bare: Project, upstream: Upstream
    ) -> None:
        bare.write("client.py", CLIENT)
        upstream.answers |= {f"/v1/projects/{slug}": json_answer(project_named(slug)) for slug in ("alpha", "beta")}
        bare.write("test_crm.py", PROJECTS.format(slugs=["alpha", "beta"]))
        assert bare.run("--contracts-update").exit == 0
        (snapshot,) = (name for name in bare.files() if name.endswith("{project}.json"))
        (bare.folder / snapshot).unlink()
        text = (bare.folder / "test_crm.py").read_text()
        bare.write("test_crm.py", text.replace("    assert", "    slug == 'alpha' and os._exit(1)\n    assert"))
        bare.write("test_crm.py", "import os\n" + (bare.folder / "test_crm.py").read_text())
        crashed = bare.run("--contracts-update", "-n2", CRM_URL="http://127.0.0.1:9/v1")
        assert crashed.exit == 1
        assert snapshot not in bare.files()

    def test_a_replayed_query_is_answered_by_the_recording_of_its_own_operation(
        self, bare: Project, upstream: Upstream
    ) -> None:
        bare.write("client.py", CLIENT)
        bare.write(
            "test_crm.py",
            """
            import os, pytest
            from client import ask

            QUERIES = {"orders": "query GetOrders { orders { id } }", "viewer": "query Viewer { viewer { login } }"}

            @pytest.mark.contract
            def test_both():
                for name in os.environ["ORDER"].split(","):
                    assert name in ask("POST", "/graphql", json={"query": QUERIES[name]})["data"]
            """,
        )
        orders, viewer = {"data": {"orders": [{"id": 1}]}}, {"data": {"viewer": {"login": "ada"}}}
        upstream.answers["/v1/graphql"] = [json_answer(orders), json_answer(viewer)]
        assert bare.run("--contracts-update", ORDER="orders,viewer").exit == 0
        assert bare.run("--contracts", ORDER="viewer,orders").exit == 0
        bare.write(
            "test_crm.py",
            (bare.folder / "test_crm.py").read_text().replace("query Viewer { viewer { login } }", "query Me { me }"),
        )
        missing = bare.run("--contracts", ORDER="viewer")
        assert missing.exit == 1
        assert "/v1/graphql — operation: GetOrders recorded, Me asked" in missing.text
        assert "POST /v1/graphql#Me" in missing.failure("test_both")
