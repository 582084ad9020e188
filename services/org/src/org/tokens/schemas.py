"""The bodies of RFC 6749, RFC 7517 and OpenID Connect Discovery."""

from typing import Any, Literal

from pydantic import BaseModel, Field


class TokenForm(BaseModel):
    """Form-encoded. A client may send its id and secret by HTTP Basic instead."""

    grant_type: Literal["client_credentials", "password"]
    client_id: str | None = None
    client_secret: str | None = None
    username: str | None = None
    password: str | None = None
    scope: str | None = Field(None, description="Separated by blanks; absent means all one has")


class TokenOut(BaseModel):
    """RFC 6749 5.1."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  # the standard's word
    expires_in: int = Field(description="Seconds", examples=[300])
    scope: str = Field(examples=["mtl.lead.read mtl.lead.write"])


class TokenError(BaseModel):
    """RFC 6749 5.2."""

    error: str = Field(examples=["invalid_client"])
    error_description: str


class KeysOut(BaseModel):
    """RFC 7517."""

    keys: list[dict[str, Any]]


class MetadataOut(BaseModel):
    """OpenID Connect Discovery 1.0."""

    issuer: str
    token_endpoint: str
    jwks_uri: str
    response_types_supported: list[str]
    grant_types_supported: list[str]
    subject_types_supported: list[str]
    id_token_signing_alg_values_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
