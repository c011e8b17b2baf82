"""The table of rules. What finds them is `compare`, `responses` and `specs`, what weighs them `policy`."""

from __future__ import annotations

from typing import Final

from pytest_integration_contracts.drift.body_rules import BODY_RULES
from pytest_integration_contracts.drift.conformance_rules import CONFORMANCE_RULES
from pytest_integration_contracts.drift.graphql_rules import GRAPHQL_RULES
from pytest_integration_contracts.drift.publication_rules import PUBLICATION_RULES
from pytest_integration_contracts.drift.response_rules import RESPONSE_RULES
from pytest_integration_contracts.drift.rule import Rule

RULES: Final[dict[str, Rule]] = {
    rule.id: rule for rule in (*BODY_RULES, *RESPONSE_RULES, *PUBLICATION_RULES, *CONFORMANCE_RULES, *GRAPHQL_RULES)
}
"""Every rule, by its id."""
