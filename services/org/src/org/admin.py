"""`python -m org.admin suspend <tenant>`: what an operator does to tenants, from a shell.

`create <file>` takes what the API takes as JSON; `delete`, `export` and `erase` print the task
whose reports `GET /org/v1/tenant-tasks/{id}` gathers. The operators' tenant is ORG_OPERATOR_TENANT.
"""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import Database
from chassis.foundation import clock, logs
from chassis.foundation.context import Context, use_context
from kernel.errors import DomainError
from kernel.ids import new_id
from org.operators import actions
from org.operators.schemas import NewTenant
from org.settings import OrgSettings
from org.tenant_tasks.domain import TaskKind
from org.tenant_tasks.schemas import TenantTaskIn
from org.tenants.domain import TenantStatus

log = structlog.get_logger()

MOVES = {"suspend": TenantStatus.SUSPENDED, "resume": TenantStatus.ACTIVE}


async def run(database: Database, operator: UUID, asked: argparse.Namespace) -> dict[str, Any]:
    """Do what was asked in one transaction of the operators' tenant; what there is to tell."""
    context = Context(actor=f"org.admin {asked.by}", tenant=str(operator))
    with use_context(context):
        async with database.begin(operator) as tx:
            return await _command(tx, operator, asked)


async def _command(
    tx: AsyncConnection, operator: UUID, asked: argparse.Namespace
) -> dict[str, Any]:
    now = clock.now()
    if asked.command == "create":
        new = NewTenant.model_validate_json(asked.file.read_bytes())
        tenant = await actions.open_tenant(tx, new_id(), *new.opened(), now=now)
        return {"tenant": str(tenant.id), "status": tenant.status}
    if asked.command in MOVES:
        status = MOVES[asked.command]
        tenant = await actions.move(tx, asked.tenant, status, operator=operator, now=now)
        return {"tenant": str(tenant.id), "status": tenant.status}
    if asked.command == "delete":
        task = await actions.delete_tenant(
            tx, asked.tenant, operator=operator, actor=asked.by, now=now
        )
        return {"task": str(task.id)}
    whom = TenantTaskIn(
        kind=asked.command.upper(),
        ids=asked.ids,
        phones=asked.phones,
        emails=asked.emails,
    )
    task = await actions.order_task(
        tx,
        asked.tenant,
        TaskKind(whom.kind),
        ids=whom.ids,
        phones=whom.phones,
        emails=whom.emails,
        actor=asked.by,
        now=now,
    )
    return {"task": str(task.id)}


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m org.admin", description=__doc__)
    parser.add_argument("--by", default="operator", help="who does it, for the audit")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("create").add_argument("file", type=Path)
    for name in (*MOVES, "delete", "export", "erase"):
        command = commands.add_parser(name)
        command.add_argument("tenant", type=UUID)
        for option, kind in (("ids", UUID), ("phones", str), ("emails", str)):
            command.add_argument(f"--{option}", type=kind, nargs="*", default=[])
    return parser.parse_args(arguments)


async def _run(settings: OrgSettings, asked: argparse.Namespace) -> dict[str, Any]:
    if settings.operator_tenant is None:
        raise ValueError("ORG_OPERATOR_TENANT is not set.")
    database = Database(settings.database_url, name="org-admin", pool_size=1)
    try:
        return await run(database, settings.operator_tenant, asked)
    finally:
        await database.dispose()


def main(arguments: list[str]) -> int:
    """The exit code: 2 when it cannot be done."""
    asked = _parsed(arguments)
    settings = OrgSettings.of()
    logs.configure(settings.log_level, service="org")
    try:
        told = asyncio.run(_run(settings, asked))
    except ValidationError as error:
        flaws = error.errors(include_url=False, include_context=False, include_input=False)
        return _refuse("; ".join(f"{flaw['loc']}: {flaw['msg']}" for flaw in flaws))
    except DomainError as refused:
        return _refuse(f"{refused.code} {refused.params}")
    except (OSError, ValueError) as unusable:
        return _refuse(str(unusable))
    log.info("done", command=asked.command, **told)
    return 0


def _refuse(why: str) -> int:
    log.error("admin_refused", why=why)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
