"""Reads what the page of an account shows, from the tables of several features."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns
from chassis.records.access.visibility import Visibility, is_visible
from l2o.accounts.store import accounts
from l2o.activities.store import activities
from l2o.contacts.domain import Contact
from l2o.contacts.store import contacts
from l2o.opportunities.domain import CLOSED_STAGES, Opportunity
from l2o.opportunities.store import OPPORTUNITIES, opportunities
from l2o.orders.store import orders
from l2o.payments.store import payments
from l2o.receivables.store import receivables

TOP: Final = 5  # contacts, and opportunities
_IS_OPEN: Final = opportunities.c.stage.not_in(sorted(CLOSED_STAGES))


async def top_contacts(tx: AsyncConnection, account_id: UUID) -> list[Contact]:
    """Return the primary contact of an account and the newest others."""
    c = contacts.c
    query = select(contacts).where(c.account_id == account_id, c.deleted_at.is_(None))
    found = await tx.execute(query.order_by(c.is_primary.desc(), c.id.desc()).limit(TOP))
    return [from_columns(Contact, dict(row), points=()) for row in found.mappings()]


async def top_opportunities(
    tx: AsyncConnection, account_id: UUID, seen: Visibility
) -> list[Opportunity]:
    """Return the open opportunities of an account that are to close first, of those seen."""
    c = opportunities.c
    query = select(opportunities).where(*_opportunities_of(account_id, seen), _IS_OPEN)
    soonest = query.order_by(c.expected_close_date.asc().nulls_last(), c.id.desc())
    found = await tx.execute(soonest.limit(TOP))
    return [from_columns(Opportunity, dict(row)) for row in found.mappings()]


async def count_records(
    tx: AsyncConnection, account_id: UUID, seen: Visibility, *, today: date
) -> dict[str, int]:
    """Count the records that hang on an account, by one statement.

    `seen` is what the caller sees of opportunities, `today` the tenant's business day.
    """
    done = activities.c
    deals = _opportunities_of(account_id, seen)
    is_activity = (done.account_id == account_id, done.deleted_at.is_(None))
    has_step = (*is_activity, done.next_step_done_at.is_(None))
    is_step = done.next_step.is_not(None) | done.next_step_on.is_not(None)
    counts = {
        "child_accounts": _number(
            accounts, accounts.c.parent_id == account_id, accounts.c.deleted_at.is_(None)
        ),
        "contacts": _number(
            contacts, contacts.c.account_id == account_id, contacts.c.deleted_at.is_(None)
        ),
        "opportunities": _number(opportunities, *deals),
        "open_opportunities": _number(opportunities, *deals, _IS_OPEN),
        "activities": _number(activities, *is_activity),
        "open_next_steps": _number(activities, *has_step, is_step),
        "overdue_next_steps": _number(activities, *has_step, done.next_step_on < today),
        **{
            table.name: _number(table, table.c.account_id == account_id, ~table.c.deleted)
            for table in (orders, receivables, payments)
        },
    }
    row = (await tx.execute(select(*(each.label(name) for name, each in counts.items())))).one()
    return dict(row._mapping)


def _opportunities_of(account_id: UUID, seen: Visibility) -> tuple[ColumnElement[bool], ...]:
    c = opportunities.c
    return c.account_id == account_id, c.deleted_at.is_(None), is_visible(OPPORTUNITIES, seen)


def _number(table: Table, *conditions: Any) -> ScalarSelect[int]:
    return select(func.count()).select_from(table).where(*conditions).scalar_subquery()
