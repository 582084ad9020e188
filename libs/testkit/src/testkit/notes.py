"""Notes: a small feature of the sample service."""

from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import fetch_row
from chassis.events.outbox import publish
from chassis.records.writes import insert_row, update_row
from chassis.web.auth import allow
from chassis.web.idempotency import IDEMPOTENCY_KEY_REQUIRED
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.errors import RuleBroken
from kernel.ids import new_id
from testkit.database import notes
from testkit.events import NoteState, NoteWritten


@dataclass(frozen=True, kw_only=True)
class Note:
    id: UUID
    text: str
    version: int = 1

    def written(self) -> NoteWritten:
        state = NoteState(note_id=self.id, text=self.text)
        return NoteWritten(note_id=self.id, text=self.text, note=state)


async def write(tx: AsyncConnection, text: str, *, note_id: UUID | None = None) -> Note:
    """Store a new note and publish it."""
    note = Note(id=note_id or new_id(), text=text)
    await insert_row(tx, notes, note)
    await publish(tx, note.written(), of=note)
    return note


async def rewrite(tx: AsyncConnection, note_id: UUID, text: str) -> Note:
    """Replace a note's text and publish it. Raises NotFound."""
    note = await fetch_row(tx, notes, note_id, Note, lock=True)
    note = await update_row(tx, notes, replace(note, text=text))
    await publish(tx, note.written(), of=note)
    return note


class NoteIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: Annotated[str, Field(min_length=1, max_length=100)]
    count: int = Field(1, ge=1)


class NoteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    text: str
    version: int


router = new_router("/notes", tag="notes")


@router.post("", status_code=201, dependencies=[allow("testkit.note.write")])
async def note_write(body: NoteIn, tx: Tx) -> NoteOut:
    """Write a note; the text `forbidden` breaks a rule after the row is written."""
    note = await write(tx, body.text)
    if body.text == "forbidden":
        raise RuleBroken("NOTE_FORBIDDEN", text=body.text)
    if body.text == "bug":
        raise ZeroDivisionError
    return NoteOut.model_validate(note)


@router.post(
    "/paid", status_code=201, dependencies=[allow("testkit.note.write"), IDEMPOTENCY_KEY_REQUIRED]
)
async def note_write_paid(body: NoteIn, tx: Tx) -> NoteOut:
    """Write a note where a key is required."""
    return NoteOut.model_validate(await write(tx, body.text))


@router.get("/{note_id}", dependencies=[allow("testkit.note.read")])
async def note_get(note_id: UUID, tx: Tx) -> NoteOut:
    """Read a note."""
    return NoteOut.model_validate(await fetch_row(tx, notes, note_id, Note))
