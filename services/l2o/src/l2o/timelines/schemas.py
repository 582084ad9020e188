"""Response bodies of timelines, with titles in the language of the caller."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.foundation.context import current
from chassis.foundation.texts import Text
from chassis.foundation.words import COLON, COMMA, in_words, joined
from chassis.web.pages import Page
from chassis.web.references import PersonSubject
from kernel.money import Money
from kernel.personal import Personal
from l2o.texts import TEXTS
from l2o.timeline_texts import TITLES
from l2o.timelines.domain import TimelineKind, TimelineMark

_OPENED: Final = Text("商机“{name}”开始于“{after}”", "Opportunity “{name}” opened at “{after}”")
_MOVED: Final = Text(
    "商机“{name}”由“{before}”变为“{after}”",
    "Opportunity “{name}” went from “{before}” to “{after}”",
)


class TimelineEntryOut(BaseModel):
    """Something that happened with an account."""

    id: UUID
    kind: TimelineKind
    at: datetime
    actor: Annotated[str | None, PersonSubject] = Field(description="Who did it")
    actor_name: str | None = None
    title: Annotated[str, Personal("text")] = Field(
        description="What happened, as people read it in the preferred language"
    )
    amount: Money | None
    mark: TimelineMark | None = Field(
        description="Set if what it is about was deleted or cancelled since"
    )
    resource: str = Field(description="The kind of the record for a link", examples=["rms.order"])
    record_id: UUID

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the entry of a row of `timeline_query`."""
        kind = TimelineKind(row["kind"])
        amount = None if row["amount"] is None else Money(row["amount"], row["amount_currency"])
        return cls(
            id=row["id"],
            kind=kind,
            at=row["at"],
            actor=row["actor"],
            title=_TITLES.get(kind, _document_title)(row),
            amount=amount,
            mark=row["mark"],
            resource=row["resource"],
            record_id=row["record_id"],
        )


class TimelineCount(BaseModel):
    """How many entries of one kind there are."""

    kind: TimelineKind
    count: int


class TimelinePage(Page[TimelineEntryOut]):
    """A page of a timeline; `counts` on request."""

    counts: list[TimelineCount] | None = None


def _label(enum: str, value: str) -> str:
    return in_words(TEXTS[f"{enum}.{value}"])


def _lead_title(row: Mapping[str, Any]) -> str:
    is_chinese = current().language.startswith("zh")
    return joined(COLON, row["before"] if is_chinese else row["after"], row["text"])


def _activity_title(row: Mapping[str, Any]) -> str:
    parts = [_label("ActivityKind", row["fact"])]
    if row["after"] is not None:
        parts.append(_label("ActivityResult", row["after"]))
    return joined(COLON, joined(COMMA, *parts), row["text"])


def _stage_title(row: Mapping[str, Any]) -> str:
    named = {"name": row["record_no"], "after": _label("Stage", row["fact"])}
    if row["before"] is None:
        return joined(COLON, in_words(_OPENED, **named), row["text"])
    title = in_words(_MOVED, before=_label("Stage", row["before"]), **named)
    return joined(COLON, title, row["text"])


def _document_title(row: Mapping[str, Any]) -> str:
    title = in_words(TITLES[row["fact"]], no=row["record_no"])
    return joined(COLON, title, row["text"])


_TITLES: Final[Mapping[TimelineKind, Callable[[Mapping[str, Any]], str]]] = {
    TimelineKind.LEAD: _lead_title,
    TimelineKind.ACTIVITY: _activity_title,
    TimelineKind.OPPORTUNITY: _stage_title,
}
