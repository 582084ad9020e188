"""Parsing token requests as RFC 6749 defines them."""

import base64
import binascii
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from kernel.errors import DomainError
from org.logins.domain import LoginKind

FORM_MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
MAX_FIELDS: Final = 20


class TokenRefused(DomainError):
    """A refused token request; the code is an error code of RFC 6749 5.2 in capitals."""


@dataclass(frozen=True)
class TokenSubject:
    """The subject of a token: its `sub`, its name, and all scopes it can get."""

    subject: str
    name: str
    scopes: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class TokenRequest:
    """A token request: the credentials and the requested scopes; an empty scope means all."""

    kind: LoginKind
    login: str
    secret: str = field(repr=False)
    scope: str

    def wrong_credentials(self) -> TokenRefused:
        """Return the error for wrong credentials, which does not tell which part is wrong."""
        client = self.kind is LoginKind.CLIENT
        return TokenRefused("INVALID_CLIENT" if client else "INVALID_GRANT")


def parse_form(content_type: str, body: bytes) -> dict[str, str]:
    """Parse a form; empty fields count as absent (RFC 6749 3.2).

    Raises TokenRefused (INVALID_REQUEST) for another media type, a repeated field or a NUL.
    """
    if content_type.partition(";")[0].strip().lower() != FORM_MEDIA_TYPE:
        raise TokenRefused("INVALID_REQUEST")
    try:
        pairs = parse_qsl(body.decode("ascii"), errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise TokenRefused("INVALID_REQUEST") from None
    form = dict(pairs)
    if len(form) < len(pairs) or any("\0" in value for value in form.values()):
        raise TokenRefused("INVALID_REQUEST")
    return form


@dataclass(frozen=True, kw_only=True)
class RefreshRequest:
    """A request for new tokens of a session; an empty scope means that of the session."""

    refresh_token: str = field(repr=False)
    scope: str


def parse_token_request(
    form: Mapping[str, str], authorization: str
) -> TokenRequest | RefreshRequest:
    """Parse a token request from a form and an Authorization header. Raises TokenRefused."""
    basic = _read_basic(authorization)
    match form.get("grant_type"):
        case "client_credentials":
            return _client_request(form, basic)
        case "password":
            return _password_request(form, basic)
        case "refresh_token":
            return _refresh_request(form, basic)
        case None:
            raise TokenRefused("INVALID_REQUEST")
        case _:
            raise TokenRefused("UNSUPPORTED_GRANT_TYPE")


def _client_request(form: Mapping[str, str], basic: tuple[str, str] | None) -> TokenRequest:
    login, secret = form.get("client_id"), form.get("client_secret")
    if basic is not None:
        if secret is not None or login not in (
            None,
            basic[0],
        ):  # one authentication method at a time (RFC 6749 2.3)
            raise TokenRefused("INVALID_REQUEST")
        login, secret = basic
    if login is None or secret is None:
        raise TokenRefused("INVALID_CLIENT")
    return TokenRequest(
        kind=LoginKind.CLIENT, login=login, secret=secret, scope=form.get("scope", "")
    )


def _password_request(form: Mapping[str, str], basic: tuple[str, str] | None) -> TokenRequest:
    """Parse a password grant; a service client must not use a person's password."""
    if basic is not None or "client_secret" in form:
        raise TokenRefused("UNAUTHORIZED_CLIENT")
    username, password = form.get("username"), form.get("password")
    if username is None or password is None:
        raise TokenRefused("INVALID_REQUEST")
    return TokenRequest(
        kind=LoginKind.PERSON,
        login=username.strip().lower(),
        secret=unicodedata.normalize("NFC", password),
        scope=form.get("scope", ""),
    )


def _refresh_request(form: Mapping[str, str], basic: tuple[str, str] | None) -> RefreshRequest:
    """Parse a refresh (RFC 6749 6); sessions are of people, so no client authenticates."""
    if basic is not None or "client_secret" in form:
        raise TokenRefused("UNAUTHORIZED_CLIENT")
    token = form.get("refresh_token")
    if token is None:
        raise TokenRefused("INVALID_REQUEST")
    return RefreshRequest(refresh_token=token, scope=form.get("scope", ""))


def _read_basic(authorization: str) -> tuple[str, str] | None:
    """Parse name and secret of HTTP Basic, which are form-encoded (RFC 6749 2.3.1)."""
    scheme, _, encoded = authorization.partition(" ")
    if not scheme:
        return None
    if scheme.lower() != "basic":
        raise TokenRefused("INVALID_CLIENT")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
        login, colon, secret = decoded.partition(":")
        login, secret = (unquote_plus(part, errors="strict") for part in (login, secret))
    except (binascii.Error, ValueError):
        raise TokenRefused("INVALID_CLIENT") from None
    if not colon or "\0" in login:
        raise TokenRefused("INVALID_CLIENT")
    return login, secret
