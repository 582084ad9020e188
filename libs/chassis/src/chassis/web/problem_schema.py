"""The problem object in OpenAPI, and the problem responses that every route may send."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class ProblemError(BaseModel):
    """One violation of a validation rule."""

    pointer: str = Field(
        description="Where the violation is: a JSON pointer into the body, `?name` for a query "
        "parameter, `{name}` for a path parameter, `Name:` for a header",
        examples=["/lines/0/quantity"],
    )
    code: str = Field(description="The stable code of the violation", examples=["REQUIRED"])
    message: str = Field(
        description="What is wrong, in the language of Accept-Language", examples=["必填。"]
    )
    params: dict[str, Any] = Field(
        description="The values in the message, to build a message of one's own"
    )


class Problem(BaseModel):
    """Why a request failed (RFC 9457, `application/problem+json`).

    Programs rely on `code` and `params`; the texts are for people, in the language of
    Accept-Language.
    """

    model_config = ConfigDict(title="Problem")

    type: str = Field(
        description="A URN that identifies the kind of problem, derived from `code`",
        examples=["urn:l2c:problem:validation-failed"],
    )
    title: str = Field(description="What went wrong, in the language of Accept-Language")
    status: int = Field(description="The HTTP status", examples=[422])
    detail: str = Field(description="What went wrong, to be shown to the user")
    instance: str = Field(description="The path of the request that failed")
    code: str = Field(description="The stable code of the problem", examples=["VALIDATION_FAILED"])
    params: dict[str, Any] = Field(
        description="The values in the text, to build a text of one's own"
    )
    trace_id: str = Field(
        description="The id of the request's trace, under which the service logged it"
    )
    errors: list[ProblemError] = Field(
        default_factory=list, description="All violations at once, when the input is invalid (422)"
    )


_MEANINGS = {
    400: "The request is malformed, or a required Idempotency-Key is missing",
    401: "The bearer token is missing, expired or invalid",
    403: "The caller lacks the scope or the right to do this",
    404: "The record does not exist or is not visible to the caller",
    409: "A business rule or the record's present state does not allow this",
    413: "The request body is too large",
    422: "The input is invalid; `errors` lists every violation",
    429: "Too many requests; try again after `Retry-After` seconds",
    500: "An unexpected error; the service logged it under the problem's `trace_id`",
    503: "The service is temporarily unavailable; try again after `Retry-After` seconds",
}

PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": meaning} for status, meaning in _MEANINGS.items()
}
