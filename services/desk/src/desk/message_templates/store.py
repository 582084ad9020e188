"""The table of message templates and all SQL on it."""

from sqlalchemy import Index, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.record_columns import record_columns
from chassis.database.rows import from_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, upper_case
from chassis.records.record_types import RecordType
from contracts.desk.events import (
    MessageTemplateChanged,
    MessageTemplateCreated,
    MessageTemplateDeleted,
    MessageTemplateRestored,
)
from contracts.messages import MessageChannel
from desk.database import metadata
from desk.message_templates.domain import MessageTemplate
from desk.message_templates.schemas import MessageTemplateOut
from kernel.errors import Conflict

message_templates = Table(
    "message_templates",
    metadata,
    *record_columns(MessageTemplate),
    Index(None, "tenant_id", "code", "channel", "language", unique=True),
)


async def _duplicate(tx: AsyncConnection, template: MessageTemplate) -> Conflict:
    c = message_templates.c
    query = select(c.deleted_at).where(
        c.code == template.code,
        c.channel == template.channel,
        c.language == template.language,
    )
    deleted = (await tx.execute(query)).scalar_one() is not None
    kind = "DELETED" if deleted else "DUPLICATE"
    return Conflict(f"MESSAGE_TEMPLATE_{kind}", code=template.code)


MESSAGE_TEMPLATE = RecordType(
    scoped=UnownedResource("desk.message_template", message_templates),
    entity=MessageTemplate,
    created=MessageTemplateCreated,
    changed=MessageTemplateChanged,
    deleted=MessageTemplateDeleted,
    restored=MessageTemplateRestored,
    unique=("code", "channel", "language"),
    duplicate=_duplicate,
)
LISTING = Listing(
    MESSAGE_TEMPLATE.scoped,
    MessageTemplateOut,
    entity=MessageTemplate,
    filters=[
        CodeFilter("code", upper_case),
        "name",
        "channel",
        "active",
        "created_at",
        "updated_at",
    ],
    sorts=["code", "name", "created_at", "updated_at"],
    words=["name"],
    custom=custom_conditions,
)


async def templates_of(
    tx: AsyncConnection, code: str, channel: MessageChannel
) -> dict[str, MessageTemplate]:
    """Return the active templates of a code for a channel, by their languages."""
    c = message_templates.c
    query = select(message_templates).where(
        c.code == code, c.channel == channel, c.active, c.deleted_at.is_(None)
    )
    rows = (await tx.execute(query.order_by(c.language))).mappings()
    return {row["language"]: from_columns(MessageTemplate, dict(row)) for row in rows}
