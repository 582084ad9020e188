"""What OpenAPI says of headers, statuses and media types that the framework does not know of."""

from collections.abc import Iterator, Mapping
from typing import Any

from chassis.web.patches import add_merge_patch_media_type

PRECONDITION_RESPONSES = {"412": "The copy the caller saw is stale", "428": "If-Match is missing"}
MEDIA_TYPE_RESPONSES = {"415": "The body says that it is something else than JSON in UTF-8"}
ETAG_HEADER: dict[str, Any] = {
    "description": "The resource's version, for `If-Match`",
    "schema": {"type": "string", "examples": ['"3"']},
}


def complete_openapi(document: dict[str, Any]) -> dict[str, Any]:
    """The framework's document, with all that it leaves out.

    405 stands nowhere: no operation that is listed answers it.
    """
    schemas = document.get("components", {}).get("schemas", {})
    for operation in operations_of(document):
        _tell_precondition(operation)
        _tell_other_media(operation)
        _tell_entity_tag(operation, schemas)
    document = add_merge_patch_media_type(document)
    for operation in operations_of(document):
        _tell_problems(operation)
    return document


def operations_of(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every operation of every path."""
    for item in document.get("paths", {}).values():
        yield from item.values()


def response_properties(
    operation: Mapping[str, Any], schemas: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The properties of what an operation answers when it went well; empty if it is no JSON."""
    for status, response in operation.get("responses", {}).items():
        schema = response.get("content", {}).get("application/json", {}).get("schema", {})
        if status.startswith("2") and schema:
            named = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
            properties: Mapping[str, Any] = named.get("properties", {})
            return properties
    return {}


def _tell_precondition(operation: dict[str, Any]) -> None:
    """Wherever If-Match is read it is required, and may be refused."""
    for parameter in operation.get("parameters", []):
        if parameter["name"] == "If-Match":
            parameter["required"] = True
            operation["responses"] |= {
                s: _problem(told) for s, told in PRECONDITION_RESPONSES.items()
            }


def _tell_other_media(operation: dict[str, Any]) -> None:
    """Wherever a body of JSON is read."""
    if "application/json" in operation.get("requestBody", {}).get("content", {}):
        operation["responses"] |= {s: _problem(told) for s, told in MEDIA_TYPE_RESPONSES.items()}


def _tell_entity_tag(operation: dict[str, Any], schemas: Mapping[str, Any]) -> None:
    """Wherever one resource is answered whole."""
    if {"id", "version"} <= set(response_properties(operation, schemas)):
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                response.setdefault("headers", {})["ETag"] = ETAG_HEADER


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _tell_problems(operation: dict[str, Any]) -> None:
    """The framework writes `application/json` for a model."""
    for status, response in operation.get("responses", {}).items():
        content = response.get("content", {})
        if status.startswith(("4", "5")) and "application/json" in content:
            response["content"] = {"application/problem+json": content["application/json"]}
