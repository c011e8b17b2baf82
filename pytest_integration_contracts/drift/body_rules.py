"""Rules about bodies: what changed at a path. What finds them is `compare`."""

from __future__ import annotations

from typing import Final

from pytest_integration_contracts.drift.presence_rules import PRESENCE_RULES
from pytest_integration_contracts.drift.structure_rules import STRUCTURE_RULES
from pytest_integration_contracts.drift.value_rules import VALUE_RULES

BODY_RULES: Final = (*PRESENCE_RULES, *VALUE_RULES, *STRUCTURE_RULES)
