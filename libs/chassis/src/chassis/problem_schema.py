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
    503: "Not now; try again after Retry-After seconds",
}

PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": meaning} for status, meaning in _MEANINGS.items()
}


_STALE = {
    "412": "The copy the caller saw is stale",
    "428": "If-Match is missing",
}


def with_precondition_responses(document: dict[str, Any]) -> dict[str, Any]:
    """Wherever If-Match is read, say that it is required and how it may be refused."""
    for item in document.get("paths", {}).values():
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] == "If-Match":
                    parameter["required"] = True
                    operation["responses"] |= {s: _problem(told) for s, told in _STALE.items()}
    return document


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def with_problem_media_type(document: dict[str, Any]) -> dict[str, Any]:
    """Say `application/problem+json` where the framework writes `application/json` for a model."""
    for item in document.get("paths", {}).values():
        for operation in item.values():
            for status, response in operation.get("responses", {}).items():
                content = response.get("content", {})
                if status.startswith(("4", "5")) and "application/json" in content:
                    response["content"] = {"application/problem+json": content["application/json"]}
    return document
