"""The bodies of RFC 6749, RFC 7517 and OpenID Connect Discovery."""

from typing import Any, Literal

from pydantic import BaseModel, Field


class TokenForm(BaseModel):
    """A form-encoded token request; clients may send id and secret by HTTP Basic instead."""

    grant_type: Literal["client_credentials", "password", "refresh_token"]
    client_id: str | None = None
    client_secret: str | None = None
    username: str | None = None
    password: str | None = None
    refresh_token: str | None = None
    scope: str | None = Field(
        None, description="Scopes separated by spaces; all scopes of the subject if absent"
    )


class TokenOut(BaseModel):
    """A token response (RFC 6749 5.1)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  # fixed by RFC 6750
    expires_in: int = Field(description="Seconds", examples=[300])
    scope: str = Field(examples=["mtl.lead.read mtl.lead.write"])
    refresh_token: str | None = Field(
        None,
        description="For people: gets the next token once, with another refresh token in its place",
    )


class RevocationForm(BaseModel):
    """A form-encoded revocation of a refresh token (RFC 7009 2.1)."""

    token: str
    token_type_hint: str | None = None


class TokenError(BaseModel):
    """A token error (RFC 6749 5.2)."""

    error: str = Field(examples=["invalid_client"])
    error_description: str


class JwksOut(BaseModel):
    """A JWK set (RFC 7517)."""

    keys: list[dict[str, Any]]


class IssuerMetadataOut(BaseModel):
    """The issuer metadata (OpenID Connect Discovery 1.0)."""

    issuer: str
    token_endpoint: str
    revocation_endpoint: str
    revocation_endpoint_auth_methods_supported: list[str]
    jwks_uri: str
    response_types_supported: list[str]
    grant_types_supported: list[str]
    subject_types_supported: list[str]
    id_token_signing_alg_values_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
