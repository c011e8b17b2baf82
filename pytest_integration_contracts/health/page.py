"""How all integrations stand, as one page of HTML that asks nobody else for anything and tells when it is too old."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, StrictUndefined

from pytest_integration_contracts.files import safe_name
from pytest_integration_contracts.health import bars
from pytest_integration_contracts.health.assessment import Health, Overview
from pytest_integration_contracts.health.headline import headline
from pytest_integration_contracts.health.samples import OpenChange
from pytest_integration_contracts.health.standing import ASSUMED_CADENCE, PATIENCE
from pytest_integration_contracts.health.times import every, iso, moment, span, window_name
from pytest_integration_contracts.health.words import seconds
from pytest_integration_contracts.model import Verdict
from pytest_integration_contracts.wording import counted, printable

LATEST: Final = 5
"""So many runs are listed without a script, which lists all."""

_LONGEST: Final = 500
"""So many characters of one text are shown."""

_UNANSWERED: Final = 3
"""A live page that was not renewed for so many times is too old."""

_TONES: Final = {
    Health.DRIFT: "bad",
    Health.DENIED: "bad",
    Health.DOWN: "bad",
    Health.OURS: "warn",
    Health.STALE: "warn",
    Health.UNVERIFIED: "warn",
    Health.CHANGED: "new",
    Health.OK: "good",
}
_COLOURS: Final = {"bad": "#c2252d", "warn": "#c98500", "good": "#2e8b57"}
_SEVERITIES: Final = {"breaking": "breaking", "warning": "warning", "compatible": "new"}
_LINK: Final = re.compile(r"(?:https?://|mailto:)[^\s<>\"'`\\]+", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


def page(overview: Overview, *, refresh: int = 0, links: Sequence[tuple[str, str]] = ()) -> str:
    """The page.

    Args:
        overview: What it tells, the worst first.
        refresh: Every how many seconds it loads itself again from where it came; 0 for a file, which loads nothing.
        links: What else there is for programs: names, and addresses relative to the page.
    """
    style, script = _part("page.css").strip(), _part("page.js").strip()
    all_of_them = overview.assessments
    troubled = [each for each in all_of_them if not each.is_good]
    tone = _tone_of(overview)
    kept = bars.Kept(all_of_them)
    environment = _environment()
    environment.filters["slots"] = functools.partial(bars.slots, now=overview.made_at)
    environment.filters["kept"] = kept.row
    return environment.from_string(_part("page.html.jinja")).render(
        made_at=overview.made_at,
        due=None if refresh else overview.next_check,
        old=_old(overview, refresh),
        refresh=refresh,
        links=links,
        notes=overview.notes,
        headline=headline(overview),
        tone=tone,
        total=len(all_of_them),
        troubled=troubled,
        calm=[each for each in all_of_them if each.is_good],
        at_risk=list(dict.fromkeys(name for each in troubled for name in each.feeds)),
        anchors={each.integration: safe_name(each.integration) for each in all_of_them},
        choices=list(_choices(overview)),
        latest=LATEST,
        shared=kept.shared(),
        shapes=bars.LEGEND,
        icon=_icon(_COLOURS.get(tone, "#77828f")),
        policy=policy(refresh=refresh),
        style=style,
        script=script,
    )


def policy(*, refresh: int = 0) -> str:
    """What the page may do: be styled by its own style, run its own script, and load itself where it is live."""
    style, script = (_hash(_part(name).strip()) for name in ("page.css", "page.js"))
    live = "; connect-src 'self'" if refresh else ""
    return (
        f"default-src 'none'; style-src '{style}'; script-src '{script}'{live}; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _part(name: str) -> str:
    return (files("pytest_integration_contracts.health") / name).read_text(encoding="utf-8")


def _icon(colour: str) -> str:
    drawn = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><circle cx='8' cy='8' r='7' fill='{colour}'/>"
    return f"data:image/svg+xml,{quote(drawn + '</svg>')}"


def _tone_of(overview: Overview) -> str:
    """The colour of the whole: of the gravest; none where nothing is known."""
    if not overview.assessments:
        return "none"
    tones = {_TONES[each.health] for each in overview.assessments}
    return next((tone for tone in ("bad", "warn") if tone in tones), "good")


def _old(overview: Overview, refresh: int) -> float:
    """From when on nobody should trust it: twice the shortest cadence later, and not before the next result is due."""
    if refresh:
        return overview.made_at + _UNANSWERED * refresh
    cadence = min((each.cadence for each in overview.assessments if each.cadence), default=ASSUMED_CADENCE)
    return max(overview.made_at + PATIENCE * cadence, overview.next_check or 0.0)


def _choices(overview: Overview) -> Iterable[tuple[str, str, int]]:
    """What may be chosen: its value, its words, and how many there are."""
    counts = Counter(each.health for each in overview.assessments)
    troubled = sum(not each.is_good for each in overview.assessments)
    yield "all", "all", len(overview.assessments)
    if troubled:
        yield "not", "needs somebody", troubled
    for health in Health:
        if counts[health]:
            yield _symbol(health), str(health), counts[health]


def _environment() -> Environment:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_shown
    )
    environment.filters |= {
        "iso": iso,
        "moment": moment,
        "day": lambda at: moment(at)[:10],
        "seconds": int,
        "span": span,
        "every": every,
        "window": window_name,
        "short": seconds,
        "count": counted,
        "linked": _linked,
        "tone": _TONES.__getitem__,
        "icon": _symbol,
        "health": _health,
        "told": bars.told,
        "bars": bars.bars,
        "held": bars.held,
        "by_severity": _by_severity,
        "word": _word,
    }
    return environment


def _shown(value: Any) -> Any:  # noqa: ANN401 - whatever a template shows
    """Text without what would turn it around, hide in it or break it, and not longer than a person reads."""
    if hasattr(value, "__html__"):  # made by a macro, of parts that came through here
        return value
    text = str(value)
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}… ({len(text) - _LONGEST:,} more characters)"
    return text if text.isprintable() else printable(text)


def _linked(text: str) -> str:
    """Where a text leads that is nothing but an address; "" for any other text."""
    if len(text) > _LONGEST or not text.isprintable():
        return ""
    if _ADDRESS.fullmatch(text):
        return f"mailto:{text}"
    return text if _LINK.fullmatch(text) else ""


def _symbol(health: Health) -> str:
    return "ours" if health is Health.OURS else str(health)


def _health(kind: str) -> Health | str:
    """What a run found, as an operator's verdict; kinds of bars that are none stay."""
    if kind == Verdict.OURS:
        return Health.OURS
    return Health(kind) if kind in set(Health) else kind


def _word(change: OpenChange) -> str:
    return "accepted" if change.expires else _SEVERITIES.get(change.severity, change.severity)


def _by_severity(changes: Sequence[tuple[str, OpenChange]]) -> list[tuple[str, str, int]]:
    """How many there are of each kind: the word, the severity whose colour it has, and the number."""
    counts = Counter((_word(change), "" if change.expires else change.severity) for _, change in changes)
    return [(word, severity, number) for (word, severity), number in counts.items()]
