"""What identifies a person leaves a query; what only looks so stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.golden.authoring.redaction import looks_like_name, redact


@pytest.mark.parametrize(
    ("text", "without", "kinds"),
    [
        ("mail to jo.doe+x@mail.example.org bounced", "mail to [email] bounced", ("email",)),
        ("card 4111 1111 1111 1111 declined", "card [card] declined", ("card",)),
        ("4111-1111-1111-1111", "[card]", ("card",)),
        ("378282246310005 refused", "[card] refused", ("card",)),
        ("pay to DE89 3704 0044 0532 0130 00 now", "pay to [iban] now", ("iban",)),
        ("GB82WEST12345698765432", "[iban]", ("iban",)),
        ("who is 192.168.10.7", "who is [ip]", ("ip",)),
        ("ping 2001:db8:0:0:0:0:0:1", "ping [ip]", ("ip",)),
        ("ssn 078-05-1120 lost", "ssn [ssn] lost", ("ssn",)),
        ("call +49 30 1234567 back", "call [phone] back", ("phone",)),
        ("(555) 123-4567", "[phone]", ("phone",)),
        ("030/1234567 besetzt", "[phone] besetzt", ("phone",)),
        ("order #12345678 late", "order [order] late", ("order",)),
        ("Rechnung Nr. 2024-5512345", "Rechnung Nr. [order]", ("order",)),
        ("key sk-abcdEFGH1234567890abcdEFGH", "key [token]", ("token",)),
        ("eyJhbGciOiJIUzI1NiJ9abcd.eyJzdWIiOiIxIn0.abc", "[token]", ("token",)),
        ("a@b.org and c@d.org, order 99887766", "[email] and [email], order [order]", ("email", "order")),
    ],
)
def test_what_was_planted_is_taken_out(text: str, without: str, kinds: tuple[str, ...]) -> None:
    found = redact(text)

    assert (found.text, found.kinds) == (without, kinds)


@pytest.mark.parametrize(
    "text",
    [
        "python 3.11.7 release notes",
        "error 0x80070005 windows 10",
        "rfc 2616 section 14.35.1",
        "iso 8601 date 2026-01-31",
        "dell xps 9530 charger 130w",
        "error 1234567890123456",
        "4111 1111 1111 1112",
        "DE88 3704 0044 0532 0130 00",
        "convert 999.999.999.999",
        "666-12-1234",
        "internationalisierungskonzept",
        "com.example.project.internal.ServiceFactory",
        "order of operations",
        "how to order 100 licences",
        "sql select top 1000 rows",
        "usb 3.2 gen 2x2",
        "a@b",
    ],
)
def test_what_only_looks_so_stays(text: str) -> None:
    assert redact(text).text == text


@given(st.text(max_size=60))
def test_redaction_ends_and_is_done_once(text: str) -> None:
    once = redact(text).text

    assert redact(once).text == once


def test_names_are_for_a_person_to_see() -> None:
    assert looks_like_name("contract of Maria Schmidt")
    assert looks_like_name("Maria Schmidt")
    assert not looks_like_name("Reset password")
    assert not looks_like_name("VPN client")
    assert not looks_like_name("")
