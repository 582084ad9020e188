"""Routes of cards that are entered with an access key: a link, a signature, a callback."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from chassis.foundation.texts import Text
from chassis.records.access_keys.entry import AccessEntry, may_enter
from chassis.records.access_keys.event_ids import event_id_in_body, event_id_in_header
from chassis.records.access_keys.keys import issue_access_key
from chassis.records.access_keys.purposes import AccessPurpose
from chassis.records.access_keys.routes import access_key_router
from chassis.web.commands import ChangeCommand
from chassis.web.references import PersonSubject
from chassis.web.routing import new_router
from chassis.web.secret_responses import SecretResponse
from testkit.cards.actions import add_words_to_title, finish_card
from testkit.cards.routes import RESOURCE
from testkit.cards.store import CARD, Card

VIEW = AccessPurpose(
    code="testkit.card.view",
    title=Text("查看卡片", "View the card"),
    scoped=CARD.scoped,
    lifetime=timedelta(days=30),
    requests_per_minute=1000,
)
FINISH = AccessPurpose(
    code="testkit.card.finish",
    title=Text("完成卡片", "Finish the card"),
    scoped=CARD.scoped,
    lifetime=timedelta(days=7),
    max_uses=1,
    bound_to_version=True,
)
REPORT = AccessPurpose(
    code="testkit.card.report",
    title=Text("上报", "Report to the card"),
    scoped=CARD.scoped,
    lifetime=timedelta(days=3650),
)
PURPOSES = {purpose.code: purpose for purpose in (VIEW, FINISH, REPORT)}

card_router = new_router("/cards", tag="cards")
link_router = new_router("/card-links", tag="card-links")


class LinkIn(BaseModel):
    """What the link is for, and for how long."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"purpose": "testkit.card.view"}]}
    )
    purpose: str
    expires_at: datetime | None = None
    max_uses: int | None = None


class LinkOut(BaseModel):
    """An access key of a card."""

    key_id: UUID
    key: str | None = Field(
        description="Shown only once; null when the answer is replayed by its Idempotency-Key"
    )
    expires_at: datetime


class LinkedCardOut(BaseModel):
    """What the holder of a link sees of a card."""

    title: str
    stage: str
    clerk: Annotated[str | None, PersonSubject]
    clerk_name: str | None = None
    record_version: int | None


class ReportIn(BaseModel):
    """What another system reports about a card."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"event_id": "e-1", "words": "done"}]}
    )
    event_id: str | None = None
    words: Annotated[str, Field(min_length=1, max_length=20)]


@card_router.post(
    "/{card_id}/links",
    status_code=201,
    response_model=LinkOut,
    dependencies=[RESOURCE.write_guard],
)
async def card_link(card_id: UUID, body: LinkIn, command: ChangeCommand) -> Response:
    """Issue an access key to a card."""
    issued = await issue_access_key(
        command,
        PURPOSES[body.purpose],
        card_id,
        expires_at=body.expires_at,
        max_uses=body.max_uses,
    )
    answer = LinkOut(key_id=issued.row.id, key=None, expires_at=issued.row.expires_at)
    location = f"/testkit/v1/cards/{card_id}/access-keys"
    return SecretResponse(answer, {"key": issued.key}, status=201, location=location)


@link_router.get("/{access_key}")
async def card_link_view(entry: Annotated[AccessEntry, may_enter(VIEW)]) -> LinkedCardOut:
    """Read the card of a link."""
    card = await CARD.get(entry.command.tx, entry.record_id)
    return _shown(entry, card)


@link_router.post("/{access_key}/finish")
async def card_link_finish(entry: Annotated[AccessEntry, may_enter(FINISH)]) -> LinkedCardOut:
    """Finish the card of a link."""
    return _shown(entry, await finish_card(entry.command, entry.record_id))


@link_router.post("/reports")
async def card_link_report(
    entry: Annotated[
        AccessEntry,
        may_enter(REPORT, key_in="header", event_id=event_id_in_header("X-Event-Id")),
    ],
    body: ReportIn,
) -> LinkedCardOut:
    """Add words to the title of a card; the id of the event is in a header."""
    return _shown(entry, await add_words_to_title(entry.command, entry.record_id, body.words))


@link_router.post("/{access_key}/notices")
async def card_link_notice(
    entry: Annotated[AccessEntry, may_enter(REPORT, event_id=event_id_in_body("event_id"))],
    body: ReportIn,
) -> LinkedCardOut:
    """Add words to the title of a card; the id of the event is in the body."""
    return _shown(entry, await add_words_to_title(entry.command, entry.record_id, body.words))


def _shown(entry: AccessEntry, card: Card) -> LinkedCardOut:
    return LinkedCardOut(
        title=card.title,
        stage=card.stage,
        clerk=card.owner_id,
        record_version=entry.record_version,
    )


ROUTERS = (
    card_router,
    access_key_router(
        CARD.scoped,
        collection="cards",
        purposes=list(PURPOSES.values()),
        guard=RESOURCE.write_guard,
    ),
    link_router,
)
