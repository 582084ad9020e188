"""The commands on xwords."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.custom_fields.values import validated_custom_fields
from chassis.records.deletion import mark_deleted
from chassis.records.deletion import mark_restored
from chassis.events.outbox import publish
from chassis.web.preconditions import Precondition
from chassis.web.preconditions import UNCONDITIONAL
from contracts.event import Event
from contracts.xservice.events import XresourceCreated
from contracts.xservice.events import XresourceDeleted
from contracts.xservice.events import XresourceRestored
from kernel.ids import new_id
from xservice.xresources import store
from xservice.xresources.domain import Xresource


@dataclass(frozen=True, kw_only=True)
class XresourceDetails:
    """The fields of a new xword that a person fills in."""

    name: str
    description: str | None = None
    custom_fields: Mapping[str, Any]


async def create_xresource(
    tx: AsyncConnection, details: XresourceDetails, *, owner_id: str, now: datetime
) -> Xresource:
    """Create a xword. Raises Invalid for custom fields that do not fit their definitions."""
    fields = await validated_custom_fields(tx, store.XRESOURCES.resource, details.custom_fields)
    xresource = Xresource(
        **vars(details) | {"custom_fields": fields},
        id=new_id(),
        owner_id=owner_id,
        created_at=now,
        updated_at=now,
    )
    await store.add(tx, xresource)
    await publish(tx, XresourceCreated(xresource=xresource.state()), of=xresource)
    return xresource


async def edit_xresource(
    tx: AsyncConnection,
    xresource_id: UUID,
    edit: Callable[[Xresource], Xresource],
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Xresource:
    """Change a xword; an edit without a difference changes nothing.

    Raises NotFound, Invalid for custom fields, and what `edit` and `expected` raise.
    """
    before = await store.get(tx, xresource_id, lock=True)
    edited = edit(before)
    fields = await validated_custom_fields(
        tx, store.XRESOURCES.resource, edited.custom_fields, before=before.custom_fields
    )
    edited = replace(edited, custom_fields=fields)
    if edited == before:
        return before
    expected.check(before)
    return await _saved(tx, *before.edited(edited, now=now))


async def transfer_xresource(
    tx: AsyncConnection,
    xresource_id: UUID,
    owner_id: str,
    expected: Precondition,
    actor: str,
    now: datetime,
    *,
    reason: str | None = None,
) -> Xresource:
    """Transfer a xword to another owner; repeating it changes nothing. Raises NotFound."""
    before = await store.get(tx, xresource_id, lock=True)
    if before.owner_id == owner_id:
        return before
    expected.check(before)
    return await _saved(tx, *before.assigned(owner_id, actor=actor, reason=reason, now=now))


async def delete_xresource(
    tx: AsyncConnection,
    xresource_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Soft-delete a xword; repeating it changes nothing. Raises NotFound."""
    before = await store.get(tx, xresource_id, lock=True, with_deleted=True)
    after = mark_deleted(before, now=now, expected=expected)
    if after is not before:
        await _saved(tx, after, XresourceDeleted(xresource=after.state()))


async def restore_xresource(
    tx: AsyncConnection,
    xresource_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Xresource:
    """Restore a deleted xword; one that is not deleted stays unchanged. Raises NotFound."""
    before = await store.get(tx, xresource_id, lock=True, with_deleted=True)
    after = mark_restored(before, now=now, expected=expected)
    if after is before:
        return before
    return await _saved(tx, after, XresourceRestored(xresource=after.state()))


async def _saved(tx: AsyncConnection, xresource: Xresource, event: Event) -> Xresource:
    saved = await store.save(tx, xresource)
    await publish(tx, event, of=saved)
    return saved
