"""The clock of files: their checks, and the removal of what no record has."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Done, Job
from chassis.jobs.split_jobs import SplitJob
from chassis.web.commands import Command
from desk.files.actions import checks, drops
from desk.files.actions.attachments import collect_file
from desk.files.domain.file import Check
from desk.files.store.contents import Contents

# A check reads the whole file: at 5 MB/s, 9 GB in this time.
CHECK_FILE: SplitJob[Contents, Check] = SplitJob(
    prepare=checks.prepare_check,
    perform=checks.perform_check,
    record=checks.record_check,
    lease=timedelta(minutes=30),
)
DROP_OBJECTS: SplitJob[drops.Dropped, None] = SplitJob(
    prepare=drops.prepare_drop, perform=drops.perform_drop, record=drops.record_drop
)


async def collect_unattached(tx: AsyncConnection, job: Job) -> Done:
    """Remove a file that nobody attached, or whose last attachment was removed long ago."""
    await collect_file(Command(tx, job.now), UUID(job.key))
    return Done()
