"""The problem object as OpenAPI shows it, and the statuses every route may answer with."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class ProblemError(BaseModel):
    """One violation."""

    pointer: str = Field(
        description="JSON pointer into the body; `?name` for a query parameter, `{name}` for a "
        "path parameter, `Name:` for a header",
        examples=["/lines/0/quantity"],
    )
    code: str = Field(examples=["REQUIRED"])
    message: str = Field(examples=["必填。"])
    params: dict[str, Any]


class Problem(BaseModel):
    """RFC 9457. `code` and `params` are the contract, the texts follow Accept-Language."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(examples=["urn:l2c:problem:validation-failed"])
    title: str
    status: int = Field(examples=[422])
    detail: str
    instance: str
    code: str = Field(examples=["VALIDATION_FAILED"])
    params: dict[str, Any]
    trace_id: str
    errors: list[ProblemError] = Field(default_factory=list)


_MEANINGS = {
    400: "The request cannot be read, or a required Idempotency-Key is missing",
    401: "No bearer token, or not a good one",
    403: "The token lacks the scope",
    404: "Not there, or not for these eyes",
    409: "The business says no",
    413: "The body is too large",
    422: "Every violation of the input at once",
    429: "Too many requests, by the tenant's quota or a brake; try again after Retry-After seconds",
    500: "Our fault; the log knows more under its trace_id",
    503: "Not now; try again after Retry-After seconds",
}

PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": meaning} for status, meaning in _MEANINGS.items()
}
