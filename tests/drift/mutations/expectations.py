"""What must be said of each mutation, forward and backward: every rule with its path, and nothing else.

`@` is the record in focus, `$` the body.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Said = tuple[str, str, tuple[str, ...]]
"""A rule, a path and the related paths."""


@dataclass(frozen=True)
class Expectation:
    """What is to be said of a mutation.

    Attributes:
        forward: Where the API changes so.
        backward: Where it changes back; None where nobody can say what is right.
    """

    forward: tuple[Said, ...]
    backward: tuple[Said, ...] | None


def one(rule: str, path: str, *related: str) -> tuple[Said, ...]:
    return ((rule, path, related),)


def pair(rule: str, mirror: str, path: str) -> Expectation:
    """One rule forward, its mirror backward, at the same path."""
    return Expectation(one(rule, path), one(mirror, path))


def both(rule: str, path: str) -> Expectation:
    """The same rule in both directions."""
    return pair(rule, rule, path)


def there_and_back(rule: str, old: str, new: str) -> Expectation:
    """A rule about two paths, which change places on the way back."""
    return Expectation(one(rule, old, new), one(rule, new, old))


def gone(path: str) -> Expectation:
    return pair("property.removed", "property.added", path)


def sometimes_gone(path: str) -> Expectation:
    return pair("property.became-optional", "property.became-required", path)


def sometimes_null(path: str) -> Expectation:
    return pair("value.became-nullable", "value.became-non-null", path)


def sometimes_other(path: str) -> Expectation:
    return pair("type.member-added", "type.member-removed", path)


def learned(path: str) -> Expectation:
    return pair("value.unknown-learned", "value.became-nullable", path)


def format_lost(path: str) -> Expectation:
    return pair("format.lost", "format.gained", path)


def expanded(path: str) -> Expectation:
    return pair("type.scalar-to-object", "type.object-to-scalar", path)


NOTHING: Final = Expectation((), ())

EXPECTATIONS: Final[dict[str, Expectation]] = {
    "text field gone": gone("@.nickname"),
    "identifier gone": gone("@.reference"),
    "record gone with all it held": gone("@.customer"),
    "list gone with all it held": gone("@.lines"),
    "map gone with all it held": gone("@.limits"),
    "union gone with all it held": gone("@.payment"),
    "status gone": gone("@.status"),
    "nullable field gone": gone("@.remark"),
    "field of an inner record gone": gone("@.customer.born_on"),
    "field of the items of a list gone": gone("@.lines[*].sku"),
    "field of the values of a map gone": gone("@.limits.*.seen_at"),
    "optional field gone": pair("property.removed-optional", "property.added", "@.coupon"),
    "text field sometimes gone": sometimes_gone("@.nickname"),
    "record sometimes gone": sometimes_gone("@.customer"),
    "list sometimes gone": sometimes_gone("@.lines"),
    "field of an inner record sometimes gone": sometimes_gone("@.customer.born_on"),
    "one field goes, an unrelated one comes": Expectation(
        one("property.removed", "@.nickname") + one("property.added", "@.loyalty_points"),
        one("property.removed", "@.loyalty_points") + one("property.added", "@.nickname"),
    ),
    "updated_at is modified_at": there_and_back("property.renamed", "@.updated_at", "@.modified_at"),
    "user_name is username": there_and_back("property.renamed", "@.user_name", "@.username"),
    "customer_id is client_customer_id": there_and_back("property.renamed", "@.customer_id", "@.client_customer_id"),
    "address is postal_address": there_and_back("property.renamed", "@.address", "@.postal_address"),
    "lines is line_items": there_and_back("property.renamed", "@.lines", "@.line_items"),
    "status is order_status": there_and_back("property.renamed", "@.status", "@.order_status"),
    "field of an inner record has another name": there_and_back(
        "property.renamed", "@.customer.member_no", "@.customer.member_number"
    ),
    "updated_at is modified_at, same records": there_and_back("property.renamed", "@.updated_at", "@.modified_at"),
    "customer_id is client_customer_id, same records": there_and_back(
        "property.renamed", "@.customer_id", "@.client_customer_id"
    ),
    "lines is line_items, same records": there_and_back("property.renamed", "@.lines", "@.line_items"),
    "userId is user_id": there_and_back("property.case-changed", "@.userId", "@.user_id"),
    "userId is UserID": there_and_back("property.case-changed", "@.userId", "@.UserID"),
    "userId is user_id, same records": there_and_back("property.case-changed", "@.userId", "@.user_id"),
    "customer_id is customer-id": there_and_back("property.case-changed", "@.customer_id", "@['customer-id']"),
    "billingAddress is billing_address": there_and_back(
        "property.case-changed", "@.billingAddress", "@.billing_address"
    ),
    "record in an envelope": there_and_back("property.moved", "@.customer", "@.customer.data"),
    "list in an envelope": there_and_back("property.moved", "@.lines", "@.lines.data"),
    "whole body in an envelope": there_and_back("property.moved", "$", "$.result"),
    "field moved to an inner record": there_and_back("property.moved", "@.city", "@.address.city"),
    "field moved to an inner record, same records": there_and_back("property.moved", "@.city", "@.address.city"),
    "record moved to an inner record": there_and_back("property.moved", "@.billingAddress", "@.company.billingAddress"),
    "field moved from one inner record to another": there_and_back(
        "property.moved", "@.company.vat_id", "@.billingAddress.vat_id"
    ),
    "text sometimes null": sometimes_null("@.nickname"),
    "date-time sometimes null": sometimes_null("@.updated_at"),
    "record sometimes null": sometimes_null("@.customer"),
    "list sometimes null": sometimes_null("@.lines"),
    "status sometimes null": sometimes_null("@.status"),
    "item sometimes null": sometimes_null("@.labels[*]"),
    "text always null": pair("value.became-nullable", "value.unknown-learned", "@.nickname"),
    "record always null": pair("value.became-nullable", "value.unknown-learned", "@.customer"),
    "null text left out": pair("value.null-to-absent", "value.absent-to-null", "@.remark"),
    "null date-time left out": pair("value.null-to-absent", "value.absent-to-null", "@.closed_at"),
    "absent sent as null": pair("value.absent-to-null", "value.null-to-absent", "@.coupon"),
    "only null, now text": learned("@.remark"),
    "only null, now a date-time": learned("@.closed_at"),
    "only null, now a record": learned("@.customer"),
    # text where there was none is what its readers wait for; whether its format is news, nobody can say
    "text always empty": Expectation(one("value.now-empty", "@.nickname"), ()),
    "date-time always empty": Expectation(one("value.now-empty", "@.updated_at"), None),
    "identifier always empty": Expectation(one("value.now-empty", "@.reference"), None),
    "list of records always empty": Expectation(
        one("array.now-empty", "@.lines"), one("value.unknown-learned", "@.lines[*]")
    ),
    "list of texts always empty": Expectation(
        one("array.now-empty", "@.labels"), one("value.unknown-learned", "@.labels[*]")
    ),
    "number replaced by identifier": both("type.changed", "@.quantity"),
    "integer quoted": both("type.changed", "@.quantity"),
    "flag replaced by text": both("type.changed", "@.active"),
    "number replaced by flag": both("type.changed", "@.price"),
    "list replaced by its length": both("type.changed", "@.labels"),
    "number sometimes text": sometimes_other("@.quantity"),
    "text sometimes a record": sometimes_other("@.nickname"),
    "item sometimes a number": sometimes_other("@.labels[*]"),
    "record sometimes text": sometimes_other("@.customer"),
    "whole number with a fraction": pair("type.integer-to-number", "type.number-to-integer", "@.quantity"),
    "whole number sometimes with a fraction": pair("type.integer-to-number", "type.number-to-integer", "@.quantity"),
    "decimal quoted": pair("type.number-to-string", "type.string-to-number", "@.price"),
    "decimal of the items quoted": pair("type.number-to-string", "type.string-to-number", "@.lines[*].unit_price"),
    "flag as word": both("type.boolean-encoding", "@.active"),
    "flag as number": both("type.boolean-encoding", "@.active"),
    "flag as letter": both("type.boolean-encoding", "@.active"),
    "flag as yes or no": both("type.boolean-encoding", "@.active"),
    "reference expanded to its id": expanded("@.customer"),
    "uuid expanded to its id": expanded("@.reference"),
    "numbered reference expanded to its id": expanded("@.customer"),
    "reference expanded to a record": expanded("@.customer"),
    "one became many, text": pair("type.scalar-to-array", "type.array-to-scalar", "@.email"),
    "one became many, identifiers": pair("type.scalar-to-array", "type.array-to-scalar", "@.reference"),
    "one became many, numbers": pair("type.scalar-to-array", "type.array-to-scalar", "@.serial"),
    "numbers past 2^31": Expectation(one("integer.range-crossed", "@.serial"), ()),
    "numbers past 2^53": Expectation(one("integer.range-crossed", "@.serial"), ()),
    # without the opt-in to `number.scale-changed` the fraction is all that is seen to change
    "cents instead of units": pair("type.number-to-integer", "type.integer-to-number", "@.price"),
    "cents instead of units, watched": both("number.scale-changed", "@.price"),
    "time of day cut off": both("format.changed", "@.updated_at"),
    "day cut off": both("format.changed", "@.updated_at"),
    "day without hyphens": both("format.changed", "@.due_on"),
    "identifier is free text": format_lost("@.reference"),
    "identifier is a token": format_lost("@.reference"),
    "identifier sometimes free text": format_lost("@.reference"),
    "date-time in words": format_lost("@.updated_at"),
    "day in words": format_lost("@.due_on"),
    "day with slashes": format_lost("@.due_on"),
    "e-mail is a name": format_lost("@.email"),
    "date-time sometimes a day": format_lost("@.updated_at"),
    "quoted decimal is free text": format_lost("@.price"),
    "offset left out": both("format.offset-changed", "@.updated_at"),
    "another offset": both("format.offset-changed", "@.updated_at"),
    "seconds as date-time": pair("format.epoch-to-iso", "format.iso-to-epoch", "@.expires_at"),
    "milliseconds as date-time": pair("format.epoch-to-iso", "format.iso-to-epoch", "@.expires_at"),
    "date-time as seconds": pair("format.iso-to-epoch", "format.epoch-to-iso", "@.updated_at"),
    "seconds as milliseconds": both("format.epoch-unit-changed", "@.expires_at"),
    "another status": pair("vocabulary.value-added", "vocabulary.value-removed", "@.status"),
    "another role": pair("vocabulary.value-added", "vocabulary.value-removed", "@.roles[*]"),
    "status in capitals": both("vocabulary.case-changed", "@.status"),
    "status with a capital": both("vocabulary.case-changed", "@.status"),
    "roles in capitals": both("vocabulary.case-changed", "@.roles[*]"),
    "version says v2": both("constant.changed", "@.schema_version"),
    "single element unwrapped": pair("array.to-object", "object.to-array", "@.lines"),
    "record became a list": pair("object.to-array", "array.to-object", "@.customer"),
    "list of texts in a list": both("array.nesting-changed", "@.labels"),
    "list of records in a list": both("array.nesting-changed", "@.lines"),
    "texts of a list each in a list": both("array.nesting-changed", "@.labels"),
    "days became fixed names": pair("map.to-record", "record.to-map", "@.daily"),
    "identifiers became fixed names": pair("map.to-record", "record.to-map", "@.limits"),
    "keys became words": both("map.key-format-changed", "@.limits"),
    "days became identifiers": both("map.key-format-changed", "@.daily"),
    "a third type": pair("variant.added", "variant.removed", "@.payment"),
    "a third type in a list": pair("variant.added", "variant.removed", "@.payments[*]"),
    "the type is called kind": there_and_back("variant.tag-changed", "@.payment.type", "@.payment.kind"),
    "the type is called kind in a list": there_and_back(
        "variant.tag-changed", "@.payments[*].type", "@.payments[*].kind"
    ),
    "fields in another order": NOTHING,
    "items in another order": NOTHING,
    "longer lists": NOTHING,
    "whole number with a point": NOTHING,
}
