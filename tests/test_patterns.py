from __future__ import annotations

import pytest
from hypothesis import given

from pytest_integration_contracts.patterns import PathPattern
from pytest_integration_contracts.shapes.shape import field_path, items_path
from strategies import names


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("$", "$", True),
        ("$", "$.a", False),
        ("$.a", "$", False),
        ("$.a", "$.a", True),
        ("$.a", "$.a.b", False),
        ("$['a']", "$.a", True),
        ('$["a b"]', "$['a b']", True),
        ("$.user-id", "$['user-id']", True),
        ("$['it\\'s']", "$['it\\'s']", True),
        ('$["it\'s"]', "$['it\\'s']", True),
        ("$['a\"b']", "$['a\"b']", True),
        ("$.items[*].sku", "$.items[*].sku", True),
        ("$.items[*].sku", "$.items[*].parts[*].sku", False),
        ("$.items.sku", "$.items[*].sku", False),
        ("$.*.sku", "$.item.sku", True),
        ("$.*.sku", "$.sku", False),
        ("$.*.sku", "$[*].sku", False),
        ("$.rates.*", "$.rates.*", True),
        ("$.rates.*", "$.rates.eur", True),
        ("$.rates.*", "$.rates.*.value", False),
        ("$.rates.eur", "$.rates.*", False),
        ("$.legacy_*", "$.legacy_name", True),
        ("$.legacy_*", "$.name", False),
        ("$['legacy_*']", "$.legacy_name", False),
        ("$..sku", "$.sku", True),
        ("$..sku", "$.items[*].parts[*].sku", True),
        ("$..sku", "$.sku.code", False),
        ("$..[*].sku", "$.items[*].sku", True),
        ("$..['a b']", "$.x['a b']", True),
        ("$.debug..*", "$.debug", False),
        ("$.debug..*", "$.debug.a", True),
        ("$.debug..*", "$.debug[*]", True),
        ("$.debug..*", "$.debug[*].a.b", True),
        ("$..*", "header:etag", False),
        ("header:etag", "header:etag", True),
        ("header:ETag", "header:etag", True),
        ("header:x-*", "header:x-ratelimit-limit", True),
        ("header:*", "$.a", False),
    ],
)
def test_a_pattern_takes_the_places_it_names(pattern: str, path: str, matches: bool) -> None:  # noqa: FBT001
    assert PathPattern(pattern).matches(path) == matches


@given(names, names)
def test_every_path_that_changes_have_is_a_pattern_of_itself_alone(one: str, other: str) -> None:
    path = items_path(field_path(field_path("$", one), other))
    assert PathPattern(path).matches(path)
    assert not PathPattern(path).matches(items_path(field_path(field_path("$", one), f"{other}x")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must begin with `$`"),
        ("a", "must begin with `$`"),
        ("header:", "must begin with `$`"),
        ("$a", "cannot be read from `a` on"),
        ("$.", "cannot be read from `.` on"),
        ("$.a..", "cannot be read from `..` on"),
        ("$...a", "cannot be read from `...a` on"),
        ("$.a[0].b", "cannot be read from `[0].b` on"),
        ("$.a b", "cannot be read from ` b` on"),
        ("$['a", "cannot be read from `['a` on"),
        ("$.a[?(@.b)]", "cannot be read from `[?(@.b)]` on"),
        ("$['\\x']", "has an escape that JSON does not know, in '\\x'"),
    ],
)
def test_what_is_no_pattern_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole text is compared
        PathPattern(text)
    assert str(caught.value) == said
