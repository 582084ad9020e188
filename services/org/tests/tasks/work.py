"""Work events of a service that org does not know, as its publisher would send them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from contracts.mtl.events import MtlWorkChanged, MtlWorkSnapshot
from contracts.work import (
    NoticeKind,
    ReminderKind,
    TaskKind,
    WorkNotice,
    WorkReminder,
    WorkState,
    WorkTask,
)
from kernel.ids import new_id

ME = "01990000-0000-7000-8000-000000000001"  # the test client's subject
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
VISIT = TaskKind("PLAN_VISIT", zh="安排拜访 {name}", en="Plan a visit to {name}")
AUDIT = TaskKind("AUDIT_STORE", zh="检查门店 {name}", en="Audit the store of {name}")
EXPIRES = ReminderKind(
    "OFFER_EXPIRES", zh="{name} 的报价即将到期", en="The offer to {name} expires soon"
)
PRAISED = NoticeKind("PRAISED", zh="{name} 表扬了您。", en="{name} has praised you.")


@dataclass
class Publisher:
    """The work about one record, as the service that publishes it states it event by event."""

    resource: str = "future.store"
    record_id: UUID = field(default_factory=new_id)
    sequence: int = 0
    tasks: Mapping[str, WorkTask] = field(default_factory=dict)
    reminders: tuple[WorkReminder, ...] = ()

    def raise_task(
        self,
        kind: TaskKind = VISIT,
        assignee: str = ME,
        *,
        name: str = "上海测试",
        due_date: date | None = None,
    ) -> MtlWorkChanged:
        task = WorkTask(
            kind=kind.code,
            assignee=assignee,
            text=kind.text,
            params=kind.checked({"name": name}),
            due_date=due_date,
            open=True,
            changed_in=self.sequence + 1,
        )
        return self._next({**self.tasks, kind.code: task})

    def raise_reminder(
        self, remind_at: datetime, *, recipient: str = ME, name: str = "上海测试"
    ) -> MtlWorkChanged:
        reminder = WorkReminder(
            kind=EXPIRES.code,
            recipient=recipient,
            text=EXPIRES.text,
            params=EXPIRES.checked({"name": name}),
            remind_at=remind_at,
            open=True,
            changed_in=self.sequence + 1,
        )
        self.reminders = (reminder,)
        return self._next(self.tasks)

    def settle_reminder(self) -> MtlWorkChanged:
        changes: dict[str, Any] = {"open": False, "changed_in": self.sequence + 1}
        self.reminders = tuple(one.model_copy(update=changes) for one in self.reminders)
        return self._next(self.tasks)

    def settle(self, kind: TaskKind = VISIT) -> MtlWorkChanged:
        changes: dict[str, Any] = {"open": False, "changed_in": self.sequence + 1}
        return self._next(
            {**self.tasks, kind.code: self.tasks[kind.code].model_copy(update=changes)}
        )

    def notify(self, kind: NoticeKind = PRAISED, recipient: str = ME) -> MtlWorkChanged:
        return self._next(self.tasks, kind.notice(recipient, {"name": "王芳"}))

    def snapshot(self) -> MtlWorkSnapshot:
        return MtlWorkSnapshot(snapshot_id=new_id(), work=self._state())

    def _state(self) -> WorkState:
        tasks = tuple(self.tasks.values())
        return WorkState(
            resource=self.resource,
            record_id=self.record_id,
            tasks=tasks,
            reminders=self.reminders,
        )

    def _next(self, tasks: Mapping[str, WorkTask], *notices: WorkNotice) -> MtlWorkChanged:
        self.sequence, self.tasks = self.sequence + 1, tasks
        return MtlWorkChanged(work=self._state(), notices=notices)
