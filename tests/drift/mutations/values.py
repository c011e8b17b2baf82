"""A seeded source of the values that APIs send."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

# fmt: off
_NOUNS = (
    "harbor", "lantern", "meadow", "copper", "violin", "orchard", "granite", "sparrow", "window", "timber", "valley",
    "candle", "river", "marble", "anchor", "thistle", "garden", "saddle", "ribbon", "kettle", "falcon", "bridge",
    "pepper", "cotton", "walnut", "island", "feather", "mirror", "basket", "tunnel",
)
# fmt: on
_VERBS = ("carries", "follows", "paints", "mends", "borrows", "watches", "lifts", "gathers", "answers", "crosses")
_SINCE = datetime(2024, 3, 1, tzinfo=UTC)
_SECONDS = 500 * 24 * 3600
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


class Values:
    """Draws values; the same seed draws the same."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)  # noqa: S311 - repeatable on purpose

    def between(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def uuid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def text(self) -> str:
        """A sentence that hardly ever comes twice."""
        draw = self._random.choice
        return f"The {draw(_NOUNS)} {draw(_NOUNS)} {draw(_VERBS)} a {draw(_NOUNS)} and the {draw(_NOUNS)}"

    def token(self, prefix: str) -> str:
        return prefix + "".join(self._random.choices(_LETTERS, k=14))

    def amount(self) -> float:
        """Never whole: a fraction of 0.01 to 0.99."""
        return self._random.randint(1, 900) + self._random.randint(1, 99) / 100

    def moment(self) -> datetime:
        return _SINCE + timedelta(seconds=self._random.randrange(_SECONDS))

    def iso(self) -> str:
        return self.moment().strftime("%Y-%m-%dT%H:%M:%SZ")

    def day(self) -> str:
        return self.moment().date().isoformat()

    def days(self, number: int) -> list[str]:
        """That many days in a row."""
        first = self.moment().date().toordinal()
        return [date.fromordinal(first + offset).isoformat() for offset in range(number)]

    def email(self) -> str:
        return f"{self._random.choice(_NOUNS)}.{self._random.randint(1, 9999)}@mail.example"
