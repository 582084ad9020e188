"""The commands on working hours, and which of them apply to a department."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.record_commands import (
    create_record,
    delete_record,
    edit_record,
    save_record,
)
from chassis.web.commands import Command
from kernel.errors import Invalid, Violation
from kernel.working_rules import BUILT_IN_HOURS, HoursRules, HoursSource, choose_hours
from org.departments.domain import Department
from org.departments.store import DEPARTMENT, department_active_flags, line_upwards
from org.working_hours import store
from org.working_hours.domain import WorkingHours
from org.working_hours.store import WORKING_HOURS


@dataclass(frozen=True)
class EffectiveHours:
    """The rules that apply to a department, where they come from, and the record they are in.

    `department` is the one that they are assigned to.
    """

    source: HoursSource
    rules: HoursRules
    hours: WorkingHours | None = None
    department: Department | None = None


async def create_working_hours(command: Command, hours: WorkingHours) -> WorkingHours:
    """Add working hours, which apply nowhere yet.

    Callers need `org.working_hours.write`. Raises Invalid with every violation.
    """
    hours.ensure_valid()
    return await create_record(command, WORKING_HOURS, hours)


async def edit_working_hours(
    command: Command, hours_id: UUID, edit: Callable[[WorkingHours], WorkingHours]
) -> WorkingHours:
    """Edit working hours.

    Callers need `org.working_hours.write`. Raises what `edit_record` raises, Invalid with every
    violation.
    """

    async def check(_: WorkingHours, after: WorkingHours) -> None:
        after.ensure_valid()

    return await edit_record(command, WORKING_HOURS, hours_id, edit, check=check)


async def delete_working_hours(command: Command, hours_id: UUID) -> None:
    """Delete working hours that apply nowhere.

    Callers need `org.working_hours.write`.
    Raises NotFound, PreconditionFailed, RuleBroken (WORKING_HOURS_IN_USE).
    """

    async def prepare(hours: WorkingHours) -> WorkingHours:
        hours.ensure_unused()
        return hours

    await store.lock_assignments(command.tx)
    await delete_record(command, WORKING_HOURS, hours_id, prepare=prepare)


async def set_default_working_hours(
    command: Command, hours_id: UUID, *, is_default: bool
) -> WorkingHours:
    """Make working hours the tenant's default, in place of the present one; or no longer.

    Callers need `org.working_hours.write`. Raises NotFound, PreconditionFailed.
    """

    async def replace_present(_: WorkingHours, after: WorkingHours) -> None:
        present_id = await store.find_default_id(command.tx) if after.is_default else None
        if present_id is not None:
            present = await WORKING_HOURS.get(command.tx, present_id, lock=True)
            await save_record(command, WORKING_HOURS, present, replace(present, is_default=False))

    def edit(hours: WorkingHours) -> WorkingHours:
        return replace(hours, is_default=is_default)

    await store.lock_assignments(command.tx)
    return await edit_record(command, WORKING_HOURS, hours_id, edit, check=replace_present)


async def assign_working_hours(
    command: Command, hours_id: UUID, department_id: UUID
) -> WorkingHours:
    """Assign working hours to a department, in place of those that it has.

    Callers need `org.working_hours.write`.
    Raises NotFound, PreconditionFailed, Invalid (DEPARTMENT_UNKNOWN, DEPARTMENT_INACTIVE).
    """

    async def take_from_present(_: WorkingHours, __: WorkingHours) -> None:
        await _ensure_active(command.tx, department_id)
        present_id = (await store.hours_of_departments(command.tx, [department_id])).get(
            department_id
        )
        if present_id is not None:
            present = await WORKING_HOURS.get(command.tx, present_id, lock=True)
            others = present.departments_without(department_id)
            await save_record(
                command, WORKING_HOURS, present, replace(present, department_ids=others)
            )

    def edit(hours: WorkingHours) -> WorkingHours:
        return replace(hours, department_ids=hours.departments_with(department_id))

    await store.lock_assignments(command.tx)
    return await edit_record(command, WORKING_HOURS, hours_id, edit, check=take_from_present)


async def unassign_working_hours(
    command: Command, hours_id: UUID, department_id: UUID
) -> WorkingHours:
    """Take working hours from a department, which then has those of the department above.

    Callers need `org.working_hours.write`. Raises NotFound, PreconditionFailed.
    """

    def edit(hours: WorkingHours) -> WorkingHours:
        return replace(hours, department_ids=hours.departments_without(department_id))

    await store.lock_assignments(command.tx)
    return await edit_record(command, WORKING_HOURS, hours_id, edit)


async def effective_hours(tx: AsyncConnection, department_id: UUID) -> EffectiveHours:
    """Return the working hours that apply to a department. Raises NotFound."""
    await DEPARTMENT.get(tx, department_id)
    line = await line_upwards(tx, department_id)
    choice = choose_hours(
        line, await store.hours_of_departments(tx, line), await store.find_default_id(tx)
    )
    if choice.hours_id is None:
        return EffectiveHours(choice.source, BUILT_IN_HOURS)
    hours = await WORKING_HOURS.get(tx, choice.hours_id)
    from_id = choice.department_id
    department = None if from_id is None else await DEPARTMENT.get(tx, from_id)
    return EffectiveHours(choice.source, hours, hours, department)


async def _ensure_active(tx: AsyncConnection, department_id: UUID) -> None:
    active = (await department_active_flags(tx, [department_id])).get(department_id)
    if active:
        return
    code = "DEPARTMENT_UNKNOWN" if active is None else "DEPARTMENT_INACTIVE"
    raise Invalid([Violation("/department_id", code)])
