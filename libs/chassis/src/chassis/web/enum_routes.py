"""`GET /{service}/v1/enums`: every enum of a service's API with labels in the caller's language."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from chassis.foundation.context import current
from chassis.foundation.resource_texts import declared_labels
from chassis.foundation.texts import Texts
from chassis.web.auth import Caller
from chassis.web.routing import new_router
from chassis.web.transaction import Tx  # reads the tenant, and so its language

EnumValues = Mapping[str, Sequence[str]]


class EnumValueOut(BaseModel):
    """A value of an enum and its label."""

    value: str
    label: str = Field(description="In the language that `Accept-Language` prefers")


class EnumsOut(BaseModel):
    """All enums of the service."""

    enums: dict[str, list[EnumValueOut]] = Field(
        description="By the name that the OpenAPI document gives the enum: `LeadStatus`, or, for"
        " a field whose values have no name of their own, `CallerOut.kind`. `Resource`,"
        " `NoticeKind` and `TaskKind` have the names that all services declare"
    )


def enum_router() -> APIRouter:
    """Return the router of a service's enums."""
    router = new_router("/enums", tag="enums")
    known: dict[str, Sequence[str]] = {}  # filled by the first request, when all routes exist

    @router.get("")
    async def enum_list(request: Request, caller: Caller, tx: Tx) -> EnumsOut:
        """List every enum with the labels of its values."""
        if not known:
            declared = {name: list(labels) for name, labels in declared_labels().items()}
            known.update(sorted({**enums_of(request.app.openapi()), **declared}.items()))
        texts: Texts = request.app.state.texts
        return EnumsOut(
            enums={
                name: [_labelled(texts, name, value, current().language) for value in values]
                for name, values in known.items()
            }
        )

    return router


def _labelled(texts: Texts, enum: str, value: str, language: str) -> EnumValueOut:
    label = texts.say(label_code(enum, value), {}, language)
    return EnumValueOut(value=value, label=label)


def label_code(enum: str, value: str) -> str:
    """Return the code of a label in the catalogs of texts: `LeadStatus.NEW`."""
    return f"{enum}.{value}"


def enums_of(document: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """Return the enums of an OpenAPI document, in the order of their names.

    The values of a field without a named enum count under `<model>.<field>`, unless all of them
    belong to a named enum, and unless they are words of a protocol, which are not in capitals.
    """
    schemas: Mapping[str, Any] = document.get("components", {}).get("schemas", {})
    named = {name: schema["enum"] for name, schema in schemas.items() if "enum" in schema}
    known = [set(values) for values in named.values()]
    inline = {
        name: values
        for name, values in _inline_enums(schemas)
        if all(value.isupper() for value in values) and not any(set(values) <= one for one in known)
    }
    return dict(sorted({**named, **inline}.items()))


def _inline_enums(schemas: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield the enums that stand in the fields of models, by `<model>.<field>`."""
    for name, schema in schemas.items():
        for field, definition in schema.get("properties", {}).items():
            for values in _values_in(definition):
                yield f"{name}.{field}", values


def _values_in(schema: Any) -> Iterator[list[str]]:
    """Yield the lists of texts that a schema or a part of it allows."""
    if isinstance(schema, Mapping):
        values = schema.get("enum", [schema["const"]] if "const" in schema else [])
        if values and all(isinstance(value, str) for value in values):
            yield list(values)
        for name in ("anyOf", "items"):
            yield from _values_in(schema.get(name))
    elif isinstance(schema, list):
        for each in schema:
            yield from _values_in(each)
