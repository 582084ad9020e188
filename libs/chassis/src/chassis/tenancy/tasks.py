"""Tenant tasks: each service exports, erases or deletes its part in chunks, then reports.

Every service subscribes to tasks and runs them; `chassis.composition.worker` adds both.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.tombstones import leave_tombstone
from chassis.events.outbox import publish
from chassis.events.subscriptions import EventMeta, Subscription, process
from chassis.foundation.clock import now
from chassis.jobs.queue import Again, Done, GivenUpHandler, Job, JobHandler, enqueue
from chassis.records.tenant_settings import settings_of
from chassis.tenancy import delete, erase, export, personal_data_map, redaction_scan
from chassis.tenancy.redaction import ErasureSubject, contact_spellings
from chassis.tenancy.row_pages import next_row_page
from contracts.event import EVENT_CLASSES
from contracts.org.events import TenantTaskRequested
from contracts.tenant_tasks import COLLECT, TASK_FAILED, PersonData, TableReport
from contracts.work import RecordRef
from kernel.errors import NotYet

TASK_JOB_KIND = redaction_scan.TASK_JOB_KIND
TABLES, ROWS = 20, 1_000  # of a transaction
SETTLE = timedelta(
    seconds=60
)  # events on their way when the tenant is deleted arrive within this time
POLL_INTERVAL = timedelta(seconds=5)
# Notes of the report: what stays after a task, and why.
REPORT_NOTES: Mapping[str, tuple[str, ...]] = {
    "EXPORT": ("SECRETS_LEFT_OUT",),
    COLLECT: (),
    "ERASE": ("KAFKA_14_DAYS", "SPELLINGS_WITH_SPACES_IN_FILES", "TENANT_EXPORTS_7_DAYS"),
    "DELETE": ("KAFKA_14_DAYS", "TOMBSTONE"),
}
TaskState = dict[str, Any]
TaskStep = Callable[[AsyncConnection, str, Table, TaskState], Any]
# Called before the rows of a deleted tenant go, until it returns True: nothing is left elsewhere.
EmptiedElsewhere = Callable[[AsyncConnection, datetime], Awaitable[bool]]
# Called with the ids of the rows that an erasure changed, so that the service publishes them.
ErasedHandler = Callable[[AsyncConnection, Collection[UUID], datetime], Awaitable[None]]


@dataclass(frozen=True)
class TaskPart:
    """A service's part of a task: the aggregate of its report event."""

    id: UUID
    version: int


def task_subscription(service: str, *, deletes_last: bool = False) -> Subscription:
    """Return the subscription by which a service receives tenant tasks.

    A service that `deletes_last` starts a deletion itself, by `enqueue_task`, after the others.
    """

    async def on_tenant_task_requested(
        tx: AsyncConnection, event: TenantTaskRequested, meta: EventMeta
    ) -> None:
        if event.kind == "DELETE" and (await settings_of(tx)).status != "DELETED":
            raise NotYet("TENANT_NOT_READY")  # its status arrives on another topic
        if event.kind != "DELETE" or not deletes_last:
            await enqueue_task(tx, event)

    return process(f"{service}.tenant_tasks", {TenantTaskRequested: on_tenant_task_requested})


async def enqueue_task(tx: AsyncConnection, event: TenantTaskRequested) -> None:
    """Enqueue the job that does this service's part of the task."""
    state = {**event.model_dump(mode="json"), "place": 0, "part": 0, "after": None, "rows": {}}
    await enqueue(
        tx,
        TASK_JOB_KIND,
        str(event.task_id),
        run_at=now(),
        payload=state,
        about=RecordRef(resource="org.tenant_task", record_id=event.task_id),
        actor=event.requested_by,
    )


def task_job(
    service: str,
    erased: ErasedHandler | None = None,
    emptied: EmptiedElsewhere | None = None,
) -> JobHandler:
    """Return the job handler that does this service's part, one chunk per call.

    A deletion waits until `emptied` returns True, such as for the bytes in an object store.
    """
    return partial(_chunk, service, erased, emptied)


def task_failure(service: str) -> GivenUpHandler:
    """Return the handler of a job that failed for good: it reports the failure and the progress."""

    async def on_given_up(tx: AsyncConnection, job: Job) -> None:
        if "until" not in job.payload:  # otherwise the report is already published
            await _report(service, tx, dict(job.payload), failed=True)

    return on_given_up


async def _chunk(
    service: str,
    erased: ErasedHandler | None,
    emptied: EmptiedElsewhere | None,
    tx: AsyncConnection,
    job: Job,
) -> Done | Again:
    state: TaskState = dict(job.payload)
    if "until" in state:
        return await _settled(service, tx, job, state)
    is_deletion = state["kind"] == "DELETE"
    if is_deletion and emptied is not None and not await emptied(tx, job.now):
        return Again(job.now + POLL_INTERVAL, state)
    if state["kind"] == COLLECT:
        await _collect(service, tx, state)
        return Done()
    tables = _tables(service, state["kind"])
    if state["place"] < len(tables):
        await _steps(tx, service, tables, state)
        return Again(job.now, state)
    if erased is not None and state["kind"] == "ERASE":
        await erased(tx, {UUID(one) for one in state.get("changed", ())}, job.now)
    await _report(service, tx, state)
    if not is_deletion:
        return Done()
    return Again(job.now + POLL_INTERVAL, {**state, "until": (job.now + SETTLE).isoformat()})


async def _steps(
    tx: AsyncConnection, service: str, tables: Sequence[Table], state: TaskState
) -> None:
    """Do one transaction's work: many small tables, or a part of a large one."""
    last = min(state["place"] + TABLES, len(tables))
    before = sum(state["rows"].values())
    while state["place"] < last and sum(state["rows"].values()) - before < ROWS:
        await STEPS[state["kind"]](tx, service, tables[state["place"]], state)
        if state["after"] is not None:  # this table has more rows
            return


def _tables(service: str, kind: str) -> list[Table]:
    """Return the tables of a task in their order; an erasure visits them twice.

    The first pass erases marked columns, digests first because they need the rows they refer to;
    the second redacts free texts with the values found, the audit trail last.
    """
    if kind == "EXPORT":
        return list(personal_data_map.exported_tables(service))
    if kind == "DELETE":
        return [
            table
            for table in personal_data_map.tenant_tables(service)
            if table.name not in delete.DELETED_LAST
        ]
    tables = personal_data_map.tenant_tables(service)
    digests_first = sorted(
        tables,
        key=lambda table: (
            not personal_data_map.personal_columns(table, personal_data_map.DIGEST_KIND)
        ),
    )
    return digests_first + sorted(tables, key=lambda table: table.name == "audit_entries")


def _count(state: TaskState, table: Table, rows: int) -> None:
    if rows:
        name = str(table.name)  # a plain string: SQLAlchemy's own type is not serialised to JSON
        state["rows"] = {**state["rows"], name: state["rows"].get(name, 0) + rows}


def _next(state: TaskState) -> None:
    state.update(place=state["place"] + 1, part=0, after=None)


async def _export(tx: AsyncConnection, _: str, table: Table, state: TaskState) -> None:
    rows, after = await export.export_part(
        tx, table, task_id=UUID(state["task_id"]), part=state["part"], after=state["after"]
    )
    _count(state, table, rows)
    if after is None:
        return _next(state)
    state.update(part=state["part"] + 1, after=after)
    return None


def _subject(state: TaskState) -> ErasureSubject:
    return ErasureSubject(
        ids={UUID(one) for one in state["ids"]},
        requested_values=contact_spellings(state["phones"], state["emails"]),
        found_values=set(state["values"]),
        beside_values=set(state.get("beside", ())),
        changed_ids={UUID(one) for one in state.get("changed", ())},
    )


async def _collect(service: str, tx: AsyncConnection, state: TaskState) -> None:
    """Report the names, phones and emails of the person's own records, for all services."""
    subject = _subject(state)
    await erase.collect_subject_data(tx, personal_data_map.tenant_tables(service), subject)
    person = PersonData(
        ids=tuple(sorted(subject.ids)),
        phones=tuple(state["phones"]),
        emails=tuple(state["emails"]),
        values=tuple(sorted(subject.found_values)),
    )
    await _report(service, tx, state, person=person)


async def _erase(tx: AsyncConnection, service: str, table: Table, state: TaskState) -> None:
    """Erase the person's rows in every table first, then redact texts with the values found."""
    subject = _subject(state)
    tables = personal_data_map.tenant_tables(service)
    if "beside" not in state:
        await erase.collect_subject_data(tx, tables, subject)
        state.update(
            ids=sorted(map(str, subject.ids)),
            values=sorted(subject.found_values),
            beside=sorted(subject.beside_values),
        )
    page = await next_row_page(tx, table, state["after"])
    if state["place"] < len(tables):
        rows = await erase.erase_rows(tx, page, subject)
    else:
        rows = await redaction_scan.redact_rows(tx, page, subject, tables)
    _count(state, table, rows)
    state.update(changed=sorted(map(str, subject.changed_ids)))
    if page.last is None:
        return _next(state)
    state.update(after=dict(page.last))
    return None


async def _delete(tx: AsyncConnection, _: str, table: Table, state: TaskState) -> None:
    rows = await delete.delete_chunk(tx, table)
    _count(state, table, rows)
    if rows < delete.DELETE_CHUNK_ROWS:
        _next(state)


STEPS: Mapping[str, TaskStep] = {"EXPORT": _export, "ERASE": _erase, "DELETE": _delete}


async def _report(
    service: str,
    tx: AsyncConnection,
    state: TaskState,
    *,
    failed: bool = False,
    person: PersonData | None = None,
) -> None:
    event_class = EVENT_CLASSES[f"{service}.tenant_task.finished.v1"]
    tables = [TableReport(table=name, rows=rows) for name, rows in sorted(state["rows"].items())]
    event = event_class.model_validate(
        {
            "task_id": state["task_id"],
            "kind": state["kind"],
            "tables": tables,
            "notes": (*REPORT_NOTES[state["kind"]], *([TASK_FAILED] if failed else [])),
            "person": person,
        }
    )
    await publish(tx, event, of=TaskPart(UUID(state["task_id"]), _version(service, state["kind"])))


def _version(service: str, kind: str) -> int:
    """Return the task's version: an erasure is the second report, after what was collected.

    In org each report follows the request, which is a version too.
    """
    reports = 2 if kind == "ERASE" else 1
    return reports * 2 if TenantTaskRequested.type.startswith(f"{service}.") else reports


async def _settled(service: str, tx: AsyncConnection, job: Job, state: TaskState) -> Done | Again:
    """Finish a deletion once no event is on its way: delete late rows and leave the tombstone."""
    if job.now.isoformat() < state["until"] or not await delete.all_events_sent(tx):
        return Again(job.now + POLL_INTERVAL, state)
    for table in personal_data_map.tenant_tables(service):
        if table.name not in ("jobs", delete.TOMBSTONE_TABLE):
            while await delete.delete_chunk(tx, table) == delete.DELETE_CHUNK_ROWS:
                pass
    await delete.delete_other_jobs(tx, job.id)
    await leave_tombstone(tx)
    return Done()
