"""One cassette of one test, and as many recorders on it as the test has runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pytest_integration_contracts.traffic.recorder import Recorder, Source
from traffic.clients import Addresses


@dataclass(frozen=True)
class Tape:
    path: Path
    addresses: Addresses

    def recorder(self, source: Source) -> Recorder:
        return Recorder(self.path, source, self.addresses, "pytest --contracts-record", within=self.path.parent)

    def record(self, *asks: Callable[[], object]) -> Recorder:
        recorder = self.run(Source.RECORD, *asks)
        assert recorder.save()
        return recorder

    def replay(self, *asks: Callable[[], object]) -> Recorder:
        recorder = self.run(Source.REPLAY, *asks)
        assert not recorder.save()
        return recorder

    def run(self, source: Source, *asks: Callable[[], object]) -> Recorder:
        with watching(self.recorder(source)) as recorder:
            for ask in asks:
                ask()
        return recorder

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def interactions(self) -> list[dict[str, Any]]:
        interactions: list[dict[str, Any]] = yaml.safe_load(self.text)["interactions"]
        return interactions


@contextmanager
def watching(recorder: Recorder) -> Iterator[Recorder]:
    recorder.open()
    try:
        yield recorder
    finally:
        recorder.close()


def asked(recorder: Recorder) -> list[tuple[str, str, int, object]]:
    return [(each.method, each.url, each.status, each.response_body) for each in recorder.exchanges]


def values(message: dict[str, Any], name: str) -> list[str]:
    """The values of a header in a cassette, whatever case the client writes it in."""
    return [text for written, texts in message["headers"].items() if written.lower() == name for text in texts]
