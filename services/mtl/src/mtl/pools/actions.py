"""The commands on pools."""

from collections.abc import Callable, Collection, Iterator
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.grants_of_records import replace_team
from chassis.records.access.tables import departments, people
from chassis.records.access.visibility import Access
from chassis.records.record_commands import create_record, edit_record
from chassis.web.commands import Command
from kernel.errors import Invalid, Violation
from mtl.pools.domain import Pool
from mtl.pools.store import POOL


async def create_pool(command: Command, pool: Pool) -> Pool:
    """Create a pool. Raises Invalid (GRANTEE_UNKNOWN, custom fields)."""
    await _ensure_known(command.tx, pool, before=None)
    created = await create_record(command, POOL, pool)
    await _keep_admins(command, created)
    return created


async def edit_pool(command: Command, pool_id: UUID, edit: Callable[[Pool], Pool]) -> Pool:
    """Apply an edit to a pool. Raises what `edit_record` raises, Invalid (GRANTEE_UNKNOWN)."""

    async def check(before: Pool, after: Pool) -> None:
        await _ensure_known(command.tx, after, before=before)
        if after.admin_ids != before.admin_ids:
            await _keep_admins(command, after)

    return await edit_record(command, POOL, pool_id, edit, check=check)


async def _keep_admins(command: Command, pool: Pool) -> None:
    """Let the admins see and change all leads of the pool, by a grant that names the pool."""
    await replace_team(
        command.tx,
        POOL.scoped.resource,
        pool.id,
        pool.admin_ids,
        access=Access.WRITE,
        by=command.actor or "",
        now=command.now,
    )


async def _ensure_known(tx: AsyncConnection, pool: Pool, *, before: Pool | None) -> None:
    """Refuse new members and admins whom the directory does not know, all at once.

    Those who were there before stay, although they may have left the company.
    """
    stayed = set() if before is None else {*before.members, *before.admin_ids}
    new = [one for one in pool.members if one not in stayed]
    admins = [one for one in pool.admin_ids if one not in stayed]
    known_people = await _known(tx, people, {*admins, *(m.person_id for m in new if m.person_id)})
    known = known_people | await _known(
        tx, departments, {m.department_id for m in new if m.department_id}
    )

    def violations() -> Iterator[Violation]:
        for position, member in enumerate(pool.members):
            if member in new and member.grantee_id not in known:
                yield Violation(f"/members/{position}", "GRANTEE_UNKNOWN")
        for position, admin in enumerate(pool.admin_ids):
            if admin in admins and admin not in known_people:
                yield Violation(f"/admin_ids/{position}", "GRANTEE_UNKNOWN")

    if found := list(violations()):
        raise Invalid(found)


async def _known(tx: AsyncConnection, table: Table, ids: Collection[UUID]) -> set[UUID]:
    """Return those of the ids that an active record of the directory has."""
    if not ids:
        return set()
    query = select(table.c.id).where(table.c.id.in_(ids), table.c.active, ~table.c.deleted)
    return set((await tx.execute(query)).scalars())
