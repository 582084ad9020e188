"""Reading a request for a token as RFC 6749 says."""

import base64

import pytest

from org.logins.domain import LoginKind
from org.tokens.domain import FORM, Grant, GrantRefused, read_form, read_grant


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


CLIENT = {"grant_type": "client_credentials", "client_id": "erp", "client_secret": "s"}
PERSON = {"grant_type": "password", "username": " Li.Na", "password": " p w "}


def test_a_form_is_read() -> None:
    form = read_form(f"{FORM}; charset=utf-8", b"a=1&b=%E6%9D%8E+x&empty=&bare")
    assert form == {"a": "1", "b": "李 x"}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("", b"a=1"),
        ("multipart/form-data; boundary=x", b"--x--"),
        (FORM, b"a=1&a=1"),
        (FORM, b"a=%00"),
        (FORM, b"a=%FF"),
        (FORM, "a=李".encode()),
        (FORM, b"&".join(b"f%d=1" % n for n in range(21))),
    ],
)
def test_what_is_no_form(content_type: str, body: bytes) -> None:
    with pytest.raises(GrantRefused, match="INVALID_REQUEST"):
        read_form(content_type, body)


def test_a_client_in_the_form_and_by_basic() -> None:
    asked = Grant(kind=LoginKind.CLIENT, login="erp", secret="s", scope="")
    assert read_grant(CLIENT, "") == asked
    alone = {"grant_type": "client_credentials"}
    assert read_grant(alone, basic("erp:s")) == asked
    assert read_grant({**alone, "client_id": "erp"}, basic("erp:s")) == asked
    encoded = read_grant(alone, basic("e%3Ap:s%25+x:y"))
    assert (encoded.login, encoded.secret) == ("e:p", "s% x:y")


def test_a_person() -> None:
    asked = Grant(kind=LoginKind.PERSON, login="li.na", secret=" p w ", scope="a b")
    assert read_grant({**PERSON, "scope": "a b", "client_id": "web", "other": "x"}, "") == asked


@pytest.mark.parametrize(
    ("form", "authorization", "code"),
    [
        ({}, "", "INVALID_REQUEST"),
        ({"grant_type": "authorization_code"}, "", "UNSUPPORTED_GRANT_TYPE"),
        ({"grant_type": "PASSWORD"}, "", "UNSUPPORTED_GRANT_TYPE"),
        ({"grant_type": "client_credentials"}, "", "INVALID_CLIENT"),
        ({**CLIENT} | {"client_secret": "s"}, basic("erp:s"), "INVALID_REQUEST"),
        (
            {"grant_type": "client_credentials", "client_id": "x"},
            basic("erp:s"),
            "INVALID_REQUEST",
        ),
        ({"grant_type": "client_credentials"}, "Bearer x", "INVALID_CLIENT"),
        ({"grant_type": "client_credentials"}, "Basic", "INVALID_CLIENT"),
        ({"grant_type": "client_credentials"}, "Basic !!!", "INVALID_CLIENT"),
        ({"grant_type": "client_credentials"}, "Basic /////w==", "INVALID_CLIENT"),
        ({"grant_type": "client_credentials"}, basic("nocolon"), "INVALID_CLIENT"),
        ({"grant_type": "client_credentials"}, basic("a%00:b"), "INVALID_CLIENT"),
        ({"grant_type": "password", "username": "a"}, "", "INVALID_REQUEST"),
        ({"grant_type": "password", "password": "a"}, "", "INVALID_REQUEST"),
        (PERSON, basic("erp:s"), "UNAUTHORIZED_CLIENT"),
        ({**PERSON, "client_id": "erp", "client_secret": "s"}, "", "UNAUTHORIZED_CLIENT"),
    ],
)
def test_what_is_refused(form: dict[str, str], authorization: str, code: str) -> None:
    with pytest.raises(GrantRefused, match=code):
        read_grant(form, authorization)


def test_a_grant_does_not_show_its_secret() -> None:
    assert "hidden" not in repr(read_grant({**CLIENT, "client_secret": "hidden"}, ""))
