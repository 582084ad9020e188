"""Response bodies of timelines, with titles in the language of the caller."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.foundation.texts import Text
from chassis.foundation.words import COLON, COMMA, in_words, joined
from chassis.web.references import PersonSubject
from kernel.personal import Personal
from mtl.leads.schemas.moves import words_of_reason
from mtl.texts import TEXTS
from mtl.timelines.domain import NOBODY, TimelineKind

_STATUS: Final = Text(
    "状态由“{before}”变为“{after}”", "Status changed from “{before}” to “{after}”"
)
_OWNER: Final = Text(
    "负责人由“{before}”变为“{after}”", "Owner changed from “{before}” to “{after}”"
)
_FIRST_OWNER: Final = Text("负责人：{after}", "Owner: {after}")
_NO_OWNER: Final = Text("“{before}”不再是负责人", "“{before}” is no longer the owner")
_MERGE: Final = Text("合并了 {called}", "Merged: {called}")
_CAPTURE: Final = Text("线索创建", "Lead captured")
_UNNAMED_LEAD: Final = Text("另一条线索", "another lead")
_UNKNOWN_PERSON: Final = Text("未知人员", "somebody unknown")
# The kind of record that an entry of each kind links to.
_RESOURCES: Final[Mapping[TimelineKind, str]] = {
    TimelineKind.TOUCH: "mtl.lead_touch",
    TimelineKind.FOLLOW_UP: "mtl.follow_up",
    TimelineKind.STATUS: "mtl.lead",
    TimelineKind.OWNER: "mtl.lead",
    TimelineKind.CAPTURE: "mtl.lead",
    TimelineKind.MERGE: "mtl.lead",
}


class TimelineEntryOut(BaseModel):
    """Something that happened to a lead."""

    kind: TimelineKind
    at: datetime
    actor: Annotated[str | None, PersonSubject] = Field(description="Who did it")
    actor_name: str | None = None
    title: Annotated[str, Personal("text")] = Field(
        description="What happened, as people read it in the preferred language"
    )
    resource: str = Field(description="The kind of the record for a link", examples=["mtl.lead"])
    record_id: UUID

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the entry of a row of `timeline_query`."""
        kind = TimelineKind(row["source"])
        return cls(
            kind=kind,
            at=row["at"],
            actor=row["actor"],
            title=_TITLES[kind](row),
            resource=_RESOURCES[kind],
            record_id=row["record_id"],
        )


def _label(enum: str, value: str) -> str:
    return in_words(TEXTS[f"{enum}.{value}"])


def _touch_title(row: Mapping[str, Any]) -> str:
    return joined(COLON, _label("TouchKind", row["after"]), row["text"])


def _follow_up_title(row: Mapping[str, Any]) -> str:
    parts = [_label("FollowUpKind", row["after"])]
    if row["before"] is not None:
        parts.append(_label("FollowUpResult", row["before"]))
    return joined(COLON, joined(COMMA, *parts), row["text"])


def _status_title(row: Mapping[str, Any]) -> str:
    before, after = (_label("LeadStatus", row[name]) for name in ("before", "after"))
    title = in_words(_STATUS, before=before, after=after)
    return joined(COLON, title, words_of_reason(row["reason"], row["text"]))


def _owner_title(row: Mapping[str, Any]) -> str:
    unknown = in_words(_UNKNOWN_PERSON)
    after = row["after"] or unknown
    if row["after"] == NOBODY:  # the lead went into a pool
        title = in_words(_NO_OWNER, before=row["before"] or unknown)
    elif row["reason"] is None:  # nobody owned it before
        title = in_words(_FIRST_OWNER, after=after)
    else:
        title = in_words(_OWNER, before=row["before"] or unknown, after=after)
    if row["code"] is None:
        return joined(COLON, title, row["text"])
    fell_back = in_words(TEXTS[f"LEAD_FELL_BACK_BY_RULE_{row['code']}"], rule=row["text"])
    return joined(COLON, title, fell_back)


def _capture_title(row: Mapping[str, Any]) -> str:
    return joined(COLON, in_words(_CAPTURE), row["text"])


def _merge_title(row: Mapping[str, Any]) -> str:
    return in_words(_MERGE, called=row["text"] or in_words(_UNNAMED_LEAD))


_TITLES: Final[Mapping[TimelineKind, Callable[[Mapping[str, Any]], str]]] = {
    TimelineKind.TOUCH: _touch_title,
    TimelineKind.FOLLOW_UP: _follow_up_title,
    TimelineKind.STATUS: _status_title,
    TimelineKind.OWNER: _owner_title,
    TimelineKind.CAPTURE: _capture_title,
    TimelineKind.MERGE: _merge_title,
}
