"""Every planted secret is found by what scrubs and by what audits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from vcr.request import Request
from vcr.serialize import serialize
from vcr.serializers import yamlserializer

from plugin.planted import Plant, plants, survivors
from pytest_integration_contracts.traffic.audit import audit
from pytest_integration_contracts.traffic.cassettes import Interaction, read_cassette, write_cassette

PLANTS = plants()
every_plant = pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.kind.replace(" ", "-"))


def as_recorded(plant: Plant) -> Interaction:
    answer = plant.answer
    headers = {name: [value] for name, value in answer.headers.items()}
    return Interaction(
        Request("POST", f"https://{plant.user}crm.example/v1{plant.target}", plant.body or None, plant.headers),
        {"status": {"code": 200, "message": "OK"}, "headers": headers, "body": {"string": answer.body}},
    )


def test_there_are_enough_of_them_and_each_has_a_secret_of_its_own() -> None:
    found = [
        survivors(
            json.dumps([plant.target, plant.user, plant.headers, plant.body, plant.answer.headers])
            + plant.answer.body.decode()
        )
        for plant in PLANTS
    ]
    assert len({plant.kind for plant in PLANTS}) == len(PLANTS) > 60
    assert all(found)


@every_plant
def test_none_survives_in_a_cassette_and_none_is_missed_by_the_audit(plant: Plant, tmp_path: Path) -> None:
    raw, scrubbed = tmp_path / "raw.yaml", tmp_path / "scrubbed.yaml"
    recorded = as_recorded(plant)
    content = {"requests": [recorded.request], "responses": [recorded.response]}
    raw.write_text(serialize(content, yamlserializer))
    write_cassette(scrubbed, [recorded], {})

    assert survivors(scrubbed.read_text()) == []
    assert list(audit([scrubbed])) == []
    leaks = list(audit([raw]))
    assert leaks
    assert survivors(str(leaks)) == []
    write_cassette(raw, read_cassette(scrubbed) or [], {})
    assert raw.read_text() == scrubbed.read_text()
