"""The commands on imports; `chunks` holds the work of the job."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.files.formats.code_pages import Encoding
from chassis.files.formats.findings import Finding
from chassis.files.imports import store
from chassis.files.imports.custom_columns import target_with_custom_fields
from chassis.files.imports.model import (
    CANCELLED,
    FAILED,
    IMPORT_RETENTION,
    JOB_FAILED,
    QUEUED,
    RUNNING,
    SUCCEEDED,
    Import,
)
from chassis.files.imports.owner_notices import notify_owners
from chassis.files.imports.target import Imports, ImportTarget
from chassis.jobs import queue
from chassis.records.work.actions import notify
from chassis.tenancy.quotas import ensure_import_quota
from chassis.web.auth import Principal
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.imports import ImportCounts
from contracts.resources import IMPORT_NOTICE
from contracts.work import NoticeKind, RecordRef
from kernel.errors import Forbidden, Invalid, Violation
from kernel.ids import new_id
from kernel.json_pointers import child

IMPORT_JOB, IMPORT_EXPIRY_JOB = "import", "import_expiry"
FINISHED_NOTICES: Final = {
    state: NoticeKind(
        IMPORT_NOTICE,
        zh=f"文件“{{file_name}}”的导入{zh}。",
        en=f"The import of {{file_name}} {en}.",
    )
    for state, (zh, en) in {
        SUCCEEDED: ("已完成", "has finished"),
        FAILED: ("失败", "has failed"),
        CANCELLED: ("已取消", "was cancelled"),
    }.items()
}


@dataclass(frozen=True)
class FinishedImport:
    """The aggregate of the event of a finished import: its version counts endings, not chunks."""

    id: UUID
    version: int


async def open_import(
    tx: AsyncConnection,
    target: ImportTarget[object],
    *,
    file_name: str,
    mapping: Mapping[str, str | None] | None,
    sheet: str | None = None,
    encoding: Encoding | None = None,
    dry_run: bool = False,
    caller: Principal,
    now: datetime,
) -> Import:
    """Create an import that waits for its file. Raises Invalid (see `validate_mapping`)."""
    validate_mapping(target, mapping)
    new = Import(
        id=new_id(),
        resource=target.resource,
        file_name=file_name,
        mapping=mapping,
        sheet=sheet,
        encoding=encoding,
        dry_run=dry_run,
        created_by=caller.subject,
        created_at=now,
        updated_at=now,
    )
    await store.add(tx, new)
    return new


def validate_mapping(
    target: ImportTarget[object], mapping: Mapping[str, str | None] | None
) -> None:
    """Check that columns map to known fields, each field once.

    Raises Invalid (VALUE_UNKNOWN, MAPPING_AMBIGUOUS) with all violations.
    """
    requested = mapping or {}
    violations = [
        Violation(child("/mapping", name), "VALUE_UNKNOWN", {"expected": list(target.names)})
        for name, field in requested.items()
        if field is not None and field not in target.names
    ]
    uses = Counter(
        field for field in requested.values() if field not in (None, target.extra_columns)
    )
    ambiguous = sorted(field for field, count in uses.items() if field and count > 1)
    if ambiguous:
        columns = [name for name, field in requested.items() if field in ambiguous]
        params = {"fields": ambiguous, "columns": columns}
        violations.append(Violation("/mapping", "MAPPING_AMBIGUOUS", params))
    if violations:
        raise Invalid(violations)


async def replace_mapping(
    tx: AsyncConnection,
    imports: Imports,
    import_id: UUID,
    mapping: Mapping[str, str | None] | None,
    *,
    encoding: Encoding | None = None,
    caller: Principal,
    now: datetime,
) -> Import:
    """Replace the mapping of an open import, and its encoding if one is given.

    Raises NotFound, Forbidden (RECORD_READ_ONLY), Invalid, RuleBroken (IMPORT_NOT_OPEN).
    """
    run = await _get_own(tx, import_id, caller)
    validate_mapping(await target_with_custom_fields(tx, imports, run.resource), mapping)
    return await store.save(tx, run.with_mapping(mapping, encoding, now=now))


async def upload_file(
    tx: AsyncConnection, import_id: UUID, content: bytes, *, caller: Principal, now: datetime
) -> Import:
    """Store the file of an open import, replacing an earlier one.

    Raises NotFound, Forbidden (RECORD_READ_ONLY), Invalid, RuleBroken.
    """
    if not content:
        raise Invalid([Violation("", "FILE_EMPTY")])
    run = (await _get_own(tx, import_id, caller)).with_file(len(content), now=now)
    await store.put_file(tx, import_id, content)
    await queue.enqueue(tx, IMPORT_EXPIRY_JOB, str(import_id), run_at=now + IMPORT_RETENTION)
    return await store.save(tx, run)


async def start_import(
    tx: AsyncConnection,
    imports: Imports,
    import_id: UUID,
    *,
    caller: Principal,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Import:
    """Queue the job of an import; one whose job failed resumes after its last finished chunk.

    It runs with the rights the caller has now. Raises NotFound, Forbidden (RECORD_READ_ONLY),
    PreconditionFailed, RuleBroken (IMPORT_FILE_MISSING, IMPORT_EXPIRED,
    IMPORT_CANCELLED), Conflict (QUOTA_IMPORTS).
    """
    run = await _get_own(tx, import_id, caller)
    if not run.is_started:
        expected.check(run)
        started = run.start(now=now, caller_kind=caller.kind, scopes=sorted(caller.scopes))
        await ensure_import_quota(tx, store.active_count_query())
        run = await store.save(tx, started)
    if run.state in (QUEUED, RUNNING):
        about = RecordRef(resource=imports.run_resource, record_id=run.id)
        await queue.enqueue(tx, IMPORT_JOB, str(import_id), run_at=now, about=about)
    return run


async def _get_own(tx: AsyncConnection, import_id: UUID, caller: Principal) -> Import:
    """Lock an import of the caller; its writes are attributed to its creator, so nobody else acts.

    Raises NotFound, Forbidden (RECORD_READ_ONLY).
    """
    run = await store.get(tx, import_id, lock=True)
    if run.created_by != caller.subject:
        raise Forbidden("RECORD_READ_ONLY")
    return run


async def cancel_import(
    tx: AsyncConnection,
    imports: Imports,
    import_id: UUID,
    *,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Import:
    """Cancel an import; rows already imported stay.

    Raises NotFound, PreconditionFailed, RuleBroken (IMPORT_FINISHED).
    """
    run = await store.get(tx, import_id, lock=True)
    if run.state is CANCELLED:
        return run
    expected.check(run)
    await queue.cancel(tx, IMPORT_JOB, str(import_id))
    return await save_finished(tx, imports, run.cancel(now=now))


async def fail_import(
    tx: AsyncConnection, imports: Imports, import_id: UUID, *, now: datetime
) -> None:
    """Fail an import whose job was given up; rows already imported stay.

    A finished import is left unchanged. Raises NotFound.
    """
    run = await store.get(tx, import_id, lock=True)
    if run.may_fail:
        await save_finished(tx, imports, run.fail([Finding(JOB_FAILED)], now=now))


async def expire_import(tx: AsyncConnection, import_id: UUID, *, now: datetime) -> datetime | None:
    """Delete the expired file and row results; else return when to try again. Raises NotFound."""
    run = await store.get(tx, import_id, lock=True)
    if run.expires_at is None:
        return now + timedelta(days=1)
    if now < run.expires_at:
        return run.expires_at
    await store.delete_rows(tx, import_id)
    await store.save(tx, run.without_file(now=now))
    return None


async def save_finished(tx: AsyncConnection, imports: Imports, run: Import) -> Import:
    """Save an import that has just finished, publish its event, notify creator and owners."""
    saved = await store.save(tx, run)
    counts = ImportCounts(**{name: getattr(saved, name) for name in ImportCounts.model_fields})
    event = imports.finished(
        import_id=saved.id,
        resource=saved.resource,
        file_name=saved.file_name,
        state=saved.state,
        dry_run=saved.dry_run,
        counts=counts,
        created_by=saved.created_by,
    )
    await publish(tx, event, of=FinishedImport(saved.id, saved.endings))
    await notify(
        tx,
        FINISHED_NOTICES[saved.state],
        RecordRef(resource=imports.run_resource, record_id=saved.id),
        recipient=saved.created_by,
        params={"file_name": saved.file_name, "state": saved.state},
    )
    await notify_owners(tx, saved)
    return saved
