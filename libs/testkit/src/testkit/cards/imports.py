"""Imports of cards: a sample target, whose rows may name another row as their parent."""

from dataclasses import replace
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.formats.findings import Finding
from chassis.files.imports.target import (
    Cells,
    ImportContext,
    ImportField,
    ImportTarget,
    ParsedRow,
    RowResult,
    created,
    row_by_row,
    unchanged,
    updated,
    validate_row,
)
from chassis.foundation.texts import Text
from chassis.records.custom_fields.cells import parse_custom_field_cells
from chassis.records.record_commands import create_record, save_record
from chassis.web.commands import Command
from kernel.errors import RuleBroken
from kernel.ids import new_id
from testkit.cards.store import CARD, Card
from testkit.database import Stage, cards

RESOURCE = CARD.scoped.resource


class CardRow(BaseModel):
    """A row of the file; cards are identified by their title."""

    title: Annotated[str, Field(min_length=1, max_length=100)]
    stage: Stage = Stage.TO_DO
    due_date: date | None = None
    parent: str | None = None
    custom_fields: dict[str, str] = {}


def _parse_card(cells: Cells) -> ParsedRow[CardRow]:
    warnings = [] if "due_date" in cells.fields else [Finding("CARD_UNDATED", field="due_date")]
    body = {**cells.fields, "custom_fields": cells.custom}
    return validate_row(CardRow, body, lambda row: row, warnings=warnings)


async def _import_card(tx: AsyncConnection, row: CardRow, context: ImportContext) -> RowResult:
    if row.title == "forbidden":
        raise RuleBroken("NOTE_FORBIDDEN", text=row.title)
    command = Command(tx, context.now, actor=context.actor)
    card_id = await _find_card(tx, row.title)
    if card_id is None:
        card = Card(
            id=new_id(),
            title=row.title,
            stage=row.stage,
            due_date=row.due_date,
            custom_fields=await parse_custom_field_cells(tx, RESOURCE, row.custom_fields),
            owner_id=context.actor,
            created_at=context.now,
            updated_at=context.now,
        )
        return created((await create_record(command, CARD, card, validate=False)).id)
    before = await CARD.get(tx, card_id, lock=True)
    before_fields = before.custom_fields
    custom = await parse_custom_field_cells(tx, RESOURCE, row.custom_fields, before=before_fields)
    after = replace(before, stage=row.stage, due_date=row.due_date, custom_fields=custom)
    if after == before:
        return unchanged(card_id)
    return updated((await save_record(command, CARD, before, after)).id)


async def _link_parent(tx: AsyncConnection, row: CardRow, context: ImportContext) -> RowResult:
    card_id = await _find_card(tx, row.title)
    assert card_id is not None
    if row.parent is None:
        return unchanged(card_id)
    parent = await _find_card(tx, row.parent)
    if parent is None:
        return unchanged(card_id, Finding("CARD_PARENT_UNKNOWN", field="parent"))
    before = await CARD.get(tx, card_id, lock=True)
    if before.board_id == parent:
        return unchanged(card_id)
    command = Command(tx, context.now, actor=context.actor)
    await save_record(command, CARD, before, replace(before, board_id=parent))
    return updated(card_id)


async def _find_card(tx: AsyncConnection, title: str) -> UUID | None:
    query = select(cards.c.id).where(cards.c.title == title)
    found: UUID | None = (await tx.execute(query.limit(1))).scalar_one_or_none()
    return found


CARD_IMPORT = ImportTarget(
    resource=RESOURCE,
    fields=(
        ImportField(
            "title",
            ("标题", "subject"),
            required=True,
            example=Text("给王芳回电话", "Call Alex Morgan"),
        ),
        ImportField("stage", ("阶段",), example="TO_DO"),
        ImportField("due_date", ("到期日",), example="2027-01-31"),
        ImportField("parent", ("上级",)),
    ),
    read=_parse_card,
    import_rows=row_by_row(_import_card),
    link=row_by_row(_link_parent),
    custom_fields=True,
)
