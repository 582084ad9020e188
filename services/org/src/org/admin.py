"""Manages tenants from a shell, such as `python -m org.admin suspend <tenant>`.

`create <file>` reads the JSON body that the API takes. `appoint <tenant> <file>`, or with
`--person <id>` for one of its people, gives a tenant an administrator. `delete`, `export` and
`erase` print the id of a tenant task; `GET /org/v1/tenant-tasks/{id}` shows its progress.
ORG_OPERATOR_TENANT names the operators' tenant.
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

from chassis.composition.command_line import CommandFailed, failures_as_sentences
from chassis.database.engine import Database
from chassis.foundation import clock, logs
from chassis.foundation.context import Context, use_context
from chassis.foundation.resource_texts import resource_texts
from chassis.foundation.texts import Texts
from chassis.web.commands import Command
from kernel.ids import new_id
from org.operators import actions
from org.operators.domain import FirstAdministrator
from org.operators.schemas import AdministratorIn, NewTenantIn
from org.settings import OrgSettings
from org.tenant_tasks.domain import TenantTaskKind
from org.tenant_tasks.schemas import TenantTaskIn
from org.tenants.domain import TenantStatus
from org.texts import TEXTS

log = structlog.get_logger()

STATUS_BY_COMMAND = {"suspend": TenantStatus.SUSPENDED, "resume": TenantStatus.ACTIVE}


async def run_command(
    database: Database, operator: UUID, options: argparse.Namespace
) -> dict[str, Any]:
    """Run one command in a transaction of the operators' tenant; return what to print.

    Raises the errors of the command it runs (see `org.operators.actions`).
    """
    context = Context(actor=f"org.admin {options.by}", tenant=str(operator))
    with use_context(context):
        async with database.begin(operator) as tx:
            return await _execute(tx, operator, options)


async def _execute(
    tx: AsyncConnection, operator: UUID, options: argparse.Namespace
) -> dict[str, Any]:
    command = Command(tx, clock.now(), actor=options.by)
    if options.command == "create":
        tenant_in = NewTenantIn.model_validate_json(_content(options.file))
        tenant = await actions.provision_tenant(command, new_id(), *tenant_in.provision_arguments())
        return {"tenant": str(tenant.id), "status": tenant.status}
    if options.command == "appoint":
        appointee = _appointee(options)
        person = await actions.appoint_administrator(command, options.tenant, appointee)
        return {"tenant": str(options.tenant), "administrator": str(person.id)}
    if options.command in STATUS_BY_COMMAND:
        status = STATUS_BY_COMMAND[options.command]
        tenant = await actions.set_tenant_status(command, options.tenant, status, operator=operator)
        return {"tenant": str(tenant.id), "status": tenant.status}
    if options.command == "delete":
        task = await actions.delete_tenant(command, options.tenant, operator=operator)
        return {"task": str(task.id)}
    request = TenantTaskIn(
        kind=options.command.upper(),
        ids=options.ids,
        phones=options.phones,
        emails=options.emails,
    )
    task = await actions.request_export_or_erasure(
        command,
        options.tenant,
        TenantTaskKind(request.kind),
        ids=request.ids,
        phones=request.phones,
        emails=request.emails,
    )
    return {"task": str(task.id)}


def _appointee(options: argparse.Namespace) -> UUID | FirstAdministrator:
    if options.file is None:
        return AdministratorIn(person_id=options.person).appointee()
    return AdministratorIn.model_validate_json(_content(options.file)).appointee()


def _content(file: Path) -> bytes:
    """Read the file of a command. Raises CommandFailed when it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}.") from error


def _parse_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m org.admin", description=__doc__)
    parser.add_argument("--by", default="operator", help="name of the operator, for the audit")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("create").add_argument("file", type=Path)
    appoint = commands.add_parser("appoint")
    appoint.add_argument("tenant", type=UUID)
    appoint.add_argument("file", type=Path, nargs="?")
    appoint.add_argument("--person", type=UUID)
    for name in (*STATUS_BY_COMMAND, "delete", "export", "erase"):
        command = commands.add_parser(name)
        command.add_argument("tenant", type=UUID)
        for option, kind in (("ids", UUID), ("phones", str), ("emails", str)):
            command.add_argument(f"--{option}", type=kind, nargs="*", default=[])
    return parser.parse_args(arguments)


async def _run(settings: OrgSettings, options: argparse.Namespace) -> dict[str, Any]:
    if settings.operator_tenant is None:
        raise CommandFailed("ORG_OPERATOR_TENANT is not set.")
    if not settings.database_url:
        raise CommandFailed("ORG_DATABASE_URL is not set.")
    database = Database(settings.database_url, name="org-admin", pool_size=1)
    try:
        return await run_command(database, settings.operator_tenant, options)
    finally:
        await database.dispose()


def main(arguments: list[str]) -> int:
    """Run the command line; return the exit code, 2 when the command failed."""
    options = _parse_options(arguments)
    settings = OrgSettings.of()
    logs.configure(settings.log_level, service="org")
    try:
        with failures_as_sentences("org", Texts(resource_texts("org"), TEXTS)):
            result = asyncio.run(_run(settings, options))
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        return _report_failure("; ".join(f"{item['loc']}: {item['msg']}" for item in errors))
    except (CommandFailed, ValueError) as error:
        return _report_failure(str(error))
    log.info("done", command=options.command, **result)
    return 0


def _report_failure(why: str) -> int:
    log.error("admin_refused", why=why)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
