"""Headers, statuses and media types that the framework does not add to the OpenAPI document."""

from collections.abc import Container, Iterator, Mapping
from typing import Any

from chassis.web.entrances import document_entrance
from chassis.web.patches import add_merge_patch_media_type

PRECONDITION_RESPONSES = {
    "412": "The record has changed: its version is none of those that `If-Match` names",
    "428": "The header `If-Match` is missing",
}
UPSERT_RESPONSES = {
    "412": "`If-Match` names no present version of a record, or `If-None-Match` found a record"
}
MEDIA_TYPE_RESPONSES = {"415": "The `Content-Type` is not JSON in UTF-8"}
ETAG_HEADER: dict[str, Any] = {
    "description": "The record's version; send it back in `If-Match` to change the record",
    "schema": {"type": "string", "examples": ['"3"']},
}


def complete_openapi(document: dict[str, Any]) -> dict[str, Any]:
    """Return the framework's document with the headers and responses that it leaves out.

    405 is not added: no documented operation answers it.
    """
    schemas = document.get("components", {}).get("schemas", {})
    for operation in operations_of(document):
        _add_precondition_responses(operation)
        _add_media_type_response(operation)
        _add_etag_header(operation, schemas)
        document_entrance(operation)
    document = add_merge_patch_media_type(document)
    for operation in operations_of(document):
        _set_problem_media_type(operation)
    return document


def operations_of(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every operation of every path."""
    for item in document.get("paths", {}).values():
        yield from item.values()


def response_properties(
    operation: Mapping[str, Any], schemas: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the properties of an operation's successful JSON response; empty without one."""
    for status, response in operation.get("responses", {}).items():
        schema = response.get("content", {}).get("application/json", {}).get("schema", {})
        if status.startswith("2") and schema:
            resolved = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
            properties: Mapping[str, Any] = resolved.get("properties", {})
            return properties
    return {}


def is_versioned_resource(fields: Container[str]) -> bool:
    """Return whether an answer with these fields is one resource, whose version is its ETag.

    The key of most resources is `id`; that of a number format is its `type`.
    """
    return "version" in fields and ("id" in fields or "type" in fields)


def _add_precondition_responses(operation: dict[str, Any]) -> None:
    """Operations that read If-Match may answer 412; all but upserts require it, or answer 428."""
    parameters = {one["name"]: one for one in operation.get("parameters", [])}
    if "If-None-Match" in parameters:
        operation["responses"] |= _problem_responses(UPSERT_RESPONSES)
    elif "If-Match" in parameters:
        parameters["If-Match"]["required"] = True
        operation["responses"] |= _problem_responses(PRECONDITION_RESPONSES)


def _add_media_type_response(operation: dict[str, Any]) -> None:
    """Operations with a JSON body may answer 415."""
    if "application/json" in operation.get("requestBody", {}).get("content", {}):
        operation["responses"] |= _problem_responses(MEDIA_TYPE_RESPONSES)


def _add_etag_header(operation: dict[str, Any], schemas: Mapping[str, Any]) -> None:
    """Operations that answer one whole resource send its ETag."""
    if is_versioned_resource(response_properties(operation, schemas)):
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                response.setdefault("headers", {})["ETag"] = ETAG_HEADER


def _problem_responses(descriptions: Mapping[str, str]) -> dict[str, Any]:
    """Response objects with a Problem body, by status."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": description, "content": dict(content)}
        for status, description in descriptions.items()
    }


def _set_problem_media_type(operation: dict[str, Any]) -> None:
    """Problems are `application/problem+json`; the framework writes `application/json`."""
    for status, response in operation.get("responses", {}).items():
        content = response.get("content", {})
        if status.startswith(("4", "5")) and "application/json" in content:
            response["content"] = {"application/problem+json": content["application/json"]}
