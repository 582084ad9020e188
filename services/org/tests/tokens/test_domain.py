"""Parsing token requests as RFC 6749 defines them."""

import base64

import pytest

from org.logins.domain import LoginKind
from org.tokens.domain import (
    FORM_MEDIA_TYPE,
    TokenRefused,
    TokenRequest,
    parse_form,
    parse_token_request,
)


def basic_header(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


CLIENT = {"grant_type": "client_credentials", "client_id": "erp", "client_secret": "s"}
PERSON = {"grant_type": "password", "username": " Li.Na", "password": " p w "}


def test_a_form_is_parsed() -> None:
    form = parse_form(f"{FORM_MEDIA_TYPE}; charset=utf-8", b"a=1&b=%E6%9D%8E+x&empty=&bare")
    assert form == {"a": "1", "b": "李 x"}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("", b"a=1"),
        ("multipart/form-data; boundary=x", b"--x--"),
        (FORM_MEDIA_TYPE, b"a=1&a=1"),
        (FORM_MEDIA_TYPE, b"a=%00"),
        (FORM_MEDIA_TYPE, b"a=%FF"),
        (FORM_MEDIA_TYPE, "a=李".encode()),
        (FORM_MEDIA_TYPE, b"&".join(b"f%d=1" % n for n in range(21))),
    ],
)
def test_invalid_forms_are_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(TokenRefused, match="INVALID_REQUEST"):
        parse_form(content_type, body)


def test_a_client_authenticates_in_the_form_or_by_basic() -> None:
    expected = TokenRequest(kind=LoginKind.CLIENT, login="erp", secret="s", scope="")
    assert parse_token_request(CLIENT, "") == expected
    bare_form = {"grant_type": "client_credentials"}
    assert parse_token_request(bare_form, basic_header("erp:s")) == expected
    assert parse_token_request({**bare_form, "client_id": "erp"}, basic_header("erp:s")) == expected
    encoded = parse_token_request(bare_form, basic_header("e%3Ap:s%25+x:y"))
    assert isinstance(encoded, TokenRequest)
    assert (encoded.login, encoded.secret) == ("e:p", "s% x:y")


def test_a_person_authenticates_with_a_password() -> None:
    expected = TokenRequest(kind=LoginKind.PERSON, login="li.na", secret=" p w ", scope="a b")
    assert (
        parse_token_request({**PERSON, "scope": "a b", "client_id": "web", "other": "x"}, "")
        == expected
    )


@pytest.mark.parametrize(
    ("form", "authorization", "code"),
    [
        ({}, "", "INVALID_REQUEST"),
        ({"grant_type": "authorization_code"}, "", "UNSUPPORTED_GRANT_TYPE"),
        ({"grant_type": "PASSWORD"}, "", "UNSUPPORTED_GRANT_TYPE"),
        ({"grant_type": "client_credentials"}, "", "INVALID_CLIENT"),
        ({**CLIENT} | {"client_secret": "s"}, basic_header("erp:s"), "INVALID_REQUEST"),
        (
            {"grant_type": "client_credentials", "client_id": "x"},
            basic_header("erp:s"),
            "INVALID_REQUEST",
        ),
        ({"grant_type": "client_credentials"}, "Bearer x", "INVALID_CLIENT"),
        ({"grant_type": "client_credentials"}, "Basic", "INVALID_CLIENT"),
        ({"grant_type": "client_credentials"}, "Basic !!!", "INVALID_CLIENT"),
        ({"grant_type": "client_credentials"}, "Basic /////w==", "INVALID_CLIENT"),
        ({"grant_type": "client_credentials"}, basic_header("nocolon"), "INVALID_CLIENT"),
        ({"grant_type": "client_credentials"}, basic_header("a%00:b"), "INVALID_CLIENT"),
        ({"grant_type": "password", "username": "a"}, "", "INVALID_REQUEST"),
        ({"grant_type": "password", "password": "a"}, "", "INVALID_REQUEST"),
        (PERSON, basic_header("erp:s"), "UNAUTHORIZED_CLIENT"),
        ({**PERSON, "client_id": "erp", "client_secret": "s"}, "", "UNAUTHORIZED_CLIENT"),
    ],
)
def test_invalid_token_requests_are_refused(
    form: dict[str, str], authorization: str, code: str
) -> None:
    with pytest.raises(TokenRefused, match=code):
        parse_token_request(form, authorization)


def test_the_repr_of_a_token_request_hides_the_secret() -> None:
    assert "hidden" not in repr(parse_token_request({**CLIENT, "client_secret": "hidden"}, ""))
