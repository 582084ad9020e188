"""Routes for custom field definitions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StringConstraints
from sqlalchemy import Table

from chassis.foundation.clock import Now
from chassis.records.audit.routes import audit_router
from chassis.records.custom_fields import actions, store
from chassis.records.custom_fields.domain import LONGEST_TEXT, FieldDefinition, FieldType
from chassis.records.custom_fields.tables import definitions
from chassis.records.lists.filters import EnumFilter
from chassis.records.lists.list_routes import add_list_routes
from chassis.records.lists.listing import Listing
from chassis.web.auth import allow
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.errors import Invalid, Violation
from kernel.ids import new_id
from kernel.texts import TrimmedText

FieldLabel = Annotated[str, TrimmedText(min_length=1, max_length=100)]
FieldKey = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=40)
]
ChoiceValue = Annotated[str, StringConstraints(pattern=r"^[^,\s\x00-\x1f]{1,100}$")]
FieldBound = Annotated[str, Field(max_length=40)]


class FieldChoice(BaseModel):
    """A choice; an inactive choice stays on the records that have it."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    value: ChoiceValue
    label_zh: FieldLabel
    label_en: FieldLabel
    active: StrictBool = True


class FieldEdit(BaseModel):
    """The editable properties of a custom field."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    label_zh: FieldLabel
    label_en: FieldLabel
    required: StrictBool = Field(default=False, description="New records must have it")
    filterable: StrictBool = Field(
        default=False, description="Lists take `custom.<key>=` and ranges"
    )
    active: StrictBool = True
    position: Annotated[StrictInt, Field(ge=0, le=10_000)] = 0
    max_length: Annotated[StrictInt, Field(ge=1, le=LONGEST_TEXT)] | None = None
    minimum: FieldBound | None = Field(default=None, description="Of numbers and dates, included")
    maximum: FieldBound | None = Field(default=None, description="Of numbers and dates, included")
    choices: Annotated[list[FieldChoice], Field(max_length=500)] = []


class FieldIn(FieldEdit):
    """A new custom field; its resource, key and type cannot be changed later."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "resource": "l2o.account",
                    "key": "credit_class",
                    "type": "CHOICE",
                    "label_zh": "信用等级",
                    "label_en": "Credit class",
                    "filterable": True,
                    "choices": [{"value": "A", "label_zh": "甲", "label_en": "A"}],
                }
            ]
        },
    )
    resource: str
    key: FieldKey = Field(description="Its name in `custom_fields`")
    type: FieldType


class FieldOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    resource: str
    key: str
    type: FieldType
    label_zh: str
    label_en: str
    required: bool
    filterable: bool
    active: bool
    position: int
    max_length: int | None
    minimum: str | None
    maximum: str | None
    choices: list[FieldChoice]
    version: int
    created_at: datetime
    updated_at: datetime


LISTING = Listing(
    definitions,
    FieldOut,
    resource="custom_field",
    collection="custom-fields",
    entity=FieldDefinition,
    filters=["resource", EnumFilter("type", FieldType), "active"],
    sorts=["position"],
    technical=True,
)


def custom_field_router(service: str, resources: Mapping[str, Table]) -> APIRouter:
    """Return the routes `/custom-fields` for resources such as `{"l2o.account": accounts}`."""
    router = new_router("/custom-fields", tag="custom-fields")
    may_read = allow(f"{service}.custom_field.read")
    may_write = allow(f"{service}.custom_field.write")

    @router.post("", status_code=201, name="custom_field_create", dependencies=[may_write])
    async def create(body: FieldIn, tx: Tx, now: Now, response: Response) -> FieldOut:
        """Add a custom field to a resource."""
        if body.resource not in resources:
            refused = {"expected": sorted(resources)}
            raise Invalid([Violation("/resource", "VALUE_UNKNOWN", refused)])
        added = await actions.add_definition(
            tx, FieldDefinition(id=new_id(), created_at=now, updated_at=now, **_values(body))
        )
        response.headers["Location"] = f"/{service}/v1/custom-fields/{added.id}"
        return FieldOut.model_validate(added)

    add_list_routes(
        router,
        LISTING,
        guard=[may_read],
        description="`?resource=l2o.account&sort=position` lists those of one form, in its order.",
    )

    @router.get("/{definition_id}", name="custom_field_get", dependencies=[may_read])
    async def get(definition_id: UUID, tx: Tx) -> FieldOut:
        """Get a custom field."""
        return FieldOut.model_validate(await store.get(tx, definition_id))

    _add_changes(router, resources, may_write)
    entries = audit_router(
        "/custom-fields",
        resource=f"{service}.custom_field",
        table=definitions,
        dependencies=[may_read],
    )
    router.routes.extend(entries.routes)
    return router


def _add_changes(router: APIRouter, resources: Mapping[str, Table], may_write: Any) -> None:
    @router.patch("/{definition_id}", name="custom_field_edit", dependencies=[may_write])
    async def edit(
        definition_id: UUID, body: MergePatch[FieldEdit], tx: Tx, now: Now, if_match: IfMatch
    ) -> FieldOut:
        """Change a custom field; values that records hold already stay valid."""
        table = resources[(await store.get(tx, definition_id)).resource]
        changed = await actions.change_definition(
            tx, table, definition_id, lambda one: _edited(one, body), expected=if_match, now=now
        )
        return FieldOut.model_validate(changed)

    @router.delete(
        "/{definition_id}", status_code=204, name="custom_field_delete", dependencies=[may_write]
    )
    async def remove(definition_id: UUID, tx: Tx, if_match: IfMatch) -> None:
        """Remove a custom field that no record has a value for; deactivate it otherwise."""
        table = resources[(await store.get(tx, definition_id)).resource]
        await actions.remove_definition(tx, table, definition_id, expected=if_match)


def _edited(before: FieldDefinition, body: MergePatch[FieldEdit]) -> FieldDefinition:
    after = body.applied(before)
    choices = [FieldChoice.model_validate(one).model_dump() for one in after.choices]
    return before if after == before else _with_choices(after, choices)


def _with_choices(definition: FieldDefinition, choices: list[dict[str, Any]]) -> FieldDefinition:
    values = {name: getattr(definition, name) for name in FieldDefinition.__dataclass_fields__}
    return FieldDefinition(**{**values, "choices": choices})


def _values(body: FieldIn) -> dict[str, Any]:
    values = {name: getattr(body, name) for name in type(body).model_fields}
    return {**values, "choices": [choice.model_dump() for choice in body.choices]}
