"""Work: what people have to do and should know about a record, as every service publishes it.

The publisher declares the kinds of its tasks, reminders and notices with their texts; org shows
them to their people and knows none of the kinds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from string import Formatter
from typing import Annotated, Final
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.event import Event, Snapshot, State
from kernel.personal import Personal

KIND_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{1,39}")


class WorkText(State):
    """A text in both languages; `{name}` stands for the parameter of that name."""

    zh: str
    en: str


# What fills a text; `name` and `document_no` name the record.
WorkParams = Annotated[
    dict[str, str], Personal("name"), Field(description="`name` and `document_no` name the record")
]


class WorkTask(State):
    """A task about a record, with all that shows it to its assignee.

    It is open until it is settled. `changed_in` is the sequence of the event that last raised or
    settled it: a reader applies a task only if that is newer than what it has applied.
    """

    kind: str
    assignee: str
    text: WorkText
    params: WorkParams
    due_date: date | None = None
    open: bool
    changed_in: int


class WorkNotice(State):
    """A notice to one person, sent with the event that carries it."""

    kind: str
    recipient: str
    text: WorkText
    params: WorkParams


class WorkReminder(State):
    """A reminder about a record, with all that shows it to its recipient at `remind_at`.

    It is open until it is settled, by itself or with the task of the kind `task`. `changed_in` is
    as in a task.
    """

    kind: str
    recipient: str
    text: WorkText
    params: WorkParams
    remind_at: AwareDatetime
    task: str | None = None
    open: bool
    changed_in: int


class WorkState(State):
    """All tasks and reminders that were ever raised about one record, one of each kind."""

    resource: Annotated[str, Field(description="The kind of record, such as `l2o.opportunity`")]
    record_id: UUID
    tasks: tuple[WorkTask, ...] = ()
    reminders: tuple[WorkReminder, ...] = ()


class WorkChanged(Event):
    """The fields of `<service>.work.changed.v1`; the aggregate is the work about one record."""

    work: WorkState
    notices: tuple[WorkNotice, ...] = ()


class WorkSnapshot(Snapshot):
    """The fields of `<service>.work.snapshot.v1`: the tasks again, without any notice."""

    work: WorkState


@dataclass(frozen=True, kw_only=True)
class RecordRef:
    """The record that work is about: its resource, such as `l2o.opportunity`, and its id."""

    resource: str
    record_id: UUID

    @classmethod
    def from_optional(cls, resource: str | None, record_id: UUID | None) -> RecordRef | None:
        """Return the reference, or None if there is no record."""
        if resource is None or record_id is None:
            return None
        return cls(resource=resource, record_id=record_id)


@dataclass(frozen=True)
class WorkKind:
    """A kind of work: its stable code and its text in both languages.

    A code means the same in every service. Raises ValueError for a code that is not UPPER_SNAKE,
    or texts that do not name the same parameters.
    """

    code: str
    zh: str
    en: str

    def __post_init__(self) -> None:
        if KIND_CODE.fullmatch(self.code) is None:
            raise ValueError(f"{self.code!r} should be UPPER_SNAKE")
        if set(_parameters(self.zh)) != set(_parameters(self.en)):
            raise ValueError(f"the texts of {self.code} differ in their parameters")

    @property
    def text(self) -> WorkText:
        """The text as events carry it."""
        return WorkText(zh=self.zh, en=self.en)

    def checked(self, params: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters. Raises ValueError if one that the text names is missing."""
        missing = set(_parameters(self.zh)) - params.keys()
        if missing:
            raise ValueError(f"the text of {self.code} needs {', '.join(sorted(missing))}")
        return dict(params)


class TaskKind(WorkKind):
    """A kind of task; a record has at most one task of each kind."""


@dataclass(frozen=True)
class ReminderKind(WorkKind):
    """A kind of reminder; a record has at most one of each kind.

    It is settled together with the task of the kind `with_task`, if it names one.
    """

    with_task: TaskKind | None = None


class NoticeKind(WorkKind):
    """A kind of notice; people can switch it off, so its resource declares it (`notices`)."""

    def notice(self, recipient: str, params: Mapping[str, str]) -> WorkNotice:
        """Return a notice of this kind. Raises ValueError if a parameter is missing."""
        checked_params = self.checked(params)
        return WorkNotice(
            kind=self.code, recipient=recipient, text=self.text, params=checked_params
        )


def _parameters(template: str) -> Iterator[str]:
    return (name for _, name, _, _ in Formatter().parse(template) if name is not None)
