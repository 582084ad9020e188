"""A request for a token, read as RFC 6749 says."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from kernel.errors import DomainError
from org.logins.domain import LoginKind

FORM: Final = "application/x-www-form-urlencoded"
MAX_FIELDS: Final = 20


class GrantRefused(DomainError):
    """No token for this. The code is an error of RFC 6749 5.2, in capitals."""


@dataclass(frozen=True)
class Holder:
    """What a token says of its subject: its `sub`, its name, and what it may do at most."""

    subject: str
    name: str
    scopes: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Who asks with which secret, and for which scopes; empty means all he has."""

    kind: LoginKind
    login: str
    secret: str = field(repr=False)
    scope: str

    def wrong(self) -> GrantRefused:
        """What wrong credentials are told: not which of the two is wrong."""
        client = self.kind is LoginKind.CLIENT
        return GrantRefused("INVALID_CLIENT" if client else "INVALID_GRANT")


def read_form(content_type: str, body: bytes) -> dict[str, str]:
    """The fields of a form; empty ones count as absent (3.2).

    Raises GrantRefused (INVALID_REQUEST): not a form, a field twice, a NUL.
    """
    if content_type.partition(";")[0].strip().lower() != FORM:
        raise GrantRefused("INVALID_REQUEST")
    try:
        pairs = parse_qsl(body.decode("ascii"), errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise GrantRefused("INVALID_REQUEST") from None
    form = dict(pairs)
    if len(form) < len(pairs) or any("\0" in value for value in form.values()):
        raise GrantRefused("INVALID_REQUEST")
    return form


def read_grant(form: Mapping[str, str], authorization: str) -> Grant:
    """What is asked for. Raises GrantRefused."""
    basic = _read_basic(authorization)
    match form.get("grant_type"):
        case "client_credentials":
            return _client_grant(form, basic)
        case "password":
            return _password_grant(form, basic)
        case None:
            raise GrantRefused("INVALID_REQUEST")
        case _:
            raise GrantRefused("UNSUPPORTED_GRANT_TYPE")


def _client_grant(form: Mapping[str, str], basic: tuple[str, str] | None) -> Grant:
    login, secret = form.get("client_id"), form.get("client_secret")
    if basic is not None:
        if secret is not None or login not in (None, basic[0]):  # one way at a time (2.3)
            raise GrantRefused("INVALID_REQUEST")
        login, secret = basic
    if login is None or secret is None:
        raise GrantRefused("INVALID_CLIENT")
    return Grant(kind=LoginKind.CLIENT, login=login, secret=secret, scope=form.get("scope", ""))


def _password_grant(form: Mapping[str, str], basic: tuple[str, str] | None) -> Grant:
    """Of a person; a service client has no business with a person's password."""
    if basic is not None or "client_secret" in form:
        raise GrantRefused("UNAUTHORIZED_CLIENT")
    username, password = form.get("username"), form.get("password")
    if username is None or password is None:
        raise GrantRefused("INVALID_REQUEST")
    return Grant(
        kind=LoginKind.PERSON,
        login=username.strip().lower(),
        secret=password,
        scope=form.get("scope", ""),
    )


def _read_basic(authorization: str) -> tuple[str, str] | None:
    """Name and secret of HTTP Basic, form-encoded inside it (RFC 6749 2.3.1)."""
    scheme, _, encoded = authorization.partition(" ")
    if not scheme:
        return None
    if scheme.lower() != "basic":
        raise GrantRefused("INVALID_CLIENT")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
        login, colon, secret = decoded.partition(":")
        login, secret = (unquote_plus(part, errors="strict") for part in (login, secret))
    except (binascii.Error, ValueError):
        raise GrantRefused("INVALID_CLIENT") from None
    if not colon or "\0" in login:
        raise GrantRefused("INVALID_CLIENT")
    return login, secret
