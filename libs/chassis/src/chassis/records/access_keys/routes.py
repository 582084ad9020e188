"""The routes by which those who may change a record list and revoke its access keys."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import ensure_row, from_columns
from chassis.foundation.clock import Now
from chassis.foundation.words import in_words
from chassis.records.access.tables import people
from chassis.records.access.visibility import ScopedResource, UnownedResource
from chassis.records.access_keys import store
from chassis.records.access_keys.keys import revoke_access_key
from chassis.records.access_keys.purposes import (
    AccessKey,
    AccessKeyState,
    AccessPurpose,
    declare_purpose,
)
from chassis.records.access_keys.tables import access_keys
from chassis.web.commands import CreateCommand
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.texts import TrimmedText


class AccessKeyOut(BaseModel):
    """An access key of the record; the key itself was shown once, when it was issued."""

    id: UUID
    purpose: str = Field(description="What the key admits to", examples=["cpq.quote.view"])
    purpose_name: str | None = Field(
        description="The purpose in the language of Accept-Language; null if it no longer exists"
    )
    state: AccessKeyState
    tail: str = Field(description="Its last four characters", examples=["x7Qk"])
    record_version: int | None = Field(description="The record's version when it was issued")
    created_by: str | None = Field(description="Who issued it; null if no request caused it")
    created_by_name: str | None
    created_at: datetime
    expires_at: datetime
    revoked_by: str | None
    revoked_by_name: str | None
    revoked_at: datetime | None
    max_uses: int | None = Field(description="How often it admits; null if it is not limited")
    uses: int = Field(description="How often it has admitted")
    last_used_at: datetime | None


class AccessKeyRevokeIn(BaseModel):
    """Why the access key is revoked."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "发错了客户"}]}
    )
    reason: Annotated[str, TrimmedText(min_length=1, max_length=500)] | None = None


def access_key_router(
    scoped: ScopedResource | UnownedResource,
    *,
    collection: str,
    purposes: Sequence[AccessPurpose],
    guard: Any,
) -> APIRouter:
    """Build `GET /{collection}/{id}/access-keys` and `POST .../{key_id}/revoke`.

    `guard` checks who may change the record: `RESOURCE.write_guard`. `purposes` are those that its
    keys are issued for, which the list names. Raises ValueError for one of another resource.
    """
    for purpose in purposes:
        declare_purpose(purpose)
        if purpose.scoped.resource != scoped.resource:
            raise ValueError(f"keys for {purpose.code} belong to {purpose.scoped.resource}")
    router = new_router(f"/{collection}", tag=collection)
    titles = {purpose.code: purpose.title for purpose in purposes}

    def shape(row: Mapping[str, Any], now: datetime) -> AccessKeyOut:
        title = titles.get(row["purpose"])
        state = from_columns(AccessKey, row).state(now=now)
        name = None if title is None else in_words(title)
        return AccessKeyOut.model_validate({**row, "state": state, "purpose_name": name})

    @router.get("/{record_id}/access-keys", name=f"{scoped.name}_access_keys", dependencies=[guard])
    async def list_keys(record_id: UUID, tx: Tx, now: Now, page: PageParams) -> Page[AccessKeyOut]:
        """List the access keys of the record, newest first."""
        await ensure_row(tx, scoped.table, record_id, scoped.name)
        query = _with_names(store.keys_of_record(scoped, record_id))
        return await fetch_page(tx, query, page, shape=lambda row: shape(row, now))

    @router.post(
        "/{record_id}/access-keys/{key_id}/revoke",
        name=f"{scoped.name}_access_key_revoke",
        dependencies=[guard],
    )
    async def revoke_key(
        record_id: UUID,
        key_id: UUID,
        command: CreateCommand,
        body: AccessKeyRevokeIn | None = None,
    ) -> AccessKeyOut:
        """Revoke an access key of the record; from then on it admits nobody."""
        reason = None if body is None else body.reason
        await revoke_access_key(replace(command, reason=reason), scoped, record_id, key_id)
        return shape(await _row(command.tx, scoped, record_id, key_id), command.now)

    return router


def _with_names(query: Select[Any]) -> Select[Any]:
    """Add the names of who issued and who revoked a key."""
    for column in (access_keys.c.created_by, access_keys.c.revoked_by):
        name = select(people.c.name).where(people.c.subject == column).limit(1)
        query = query.add_columns(name.scalar_subquery().label(f"{column.name}_name"))
    return query


async def _row(
    tx: AsyncConnection, scoped: ScopedResource | UnownedResource, record_id: UUID, key_id: UUID
) -> Mapping[str, Any]:
    query = _with_names(store.keys_of_record(scoped, record_id))
    row = (await tx.execute(query.where(access_keys.c.id == key_id))).one()
    return dict(row._mapping)
