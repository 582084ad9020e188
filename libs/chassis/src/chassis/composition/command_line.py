"""Helpers of the command line: installed services, output, and failures as sentences.

Output is plain text, never wrapped or cut to the width of a terminal, so that ids can be copied
and other programs can read the lines.
"""

import json
import pkgutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer
from aiokafka.errors import KafkaError
from alembic.util import CommandError
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.composition.text_columns import aligned
from chassis.database.engine import Database
from chassis.database.write_cause import attribute_writes
from chassis.events.relay.epoch import EpochMismatch, RelayRunning
from chassis.foundation.context import current, operator_actor, use_context
from chassis.foundation.settings import Settings
from chassis.foundation.texts import Texts
from kernel.errors import DomainError, Invalid

DATABASE_ERRORS = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError)
PLAIN_ERRORS = (CommandError, EpochMismatch, RelayRunning)  # their messages are sentences
PARTS_OF_A_SERVICE = ("app.py", "worker.py", "database.py")
PARTS_OF_AN_API = ("app.py", "database.py")  # the sample service of the testkit has no worker


class CommandFailed(Exception):
    """A command failed. Its message is printed, and the exit code is 1."""


def installed_services() -> list[str]:
    """Return the sorted names of the services that this Python can import."""
    return _packages_with(PARTS_OF_A_SERVICE)


def _packages_with(parts: Sequence[str]) -> list[str]:
    names = {
        module.name for module in pkgutil.iter_modules() if module.ispkg and _has(module, parts)
    }
    return sorted(names)


def _has(module: pkgutil.ModuleInfo, parts: Sequence[str]) -> bool:
    folder = Path(getattr(module.module_finder, "path", ""), module.name)
    return all((folder / name).is_file() for name in parts)


def known_service(name: str) -> str:
    """Return the name. Raises BadParameter (exit code 2) if no such service is installed."""
    if name not in _packages_with(PARTS_OF_AN_API):
        installed = ", ".join(installed_services())
        raise typer.BadParameter(
            f"There is no service {name!r}; the services here are {installed}."
        )
    return name


Service = Annotated[str, typer.Argument(help="Name of a service", callback=known_service)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]
# The actor of the command, of whom the operator gives the name.
Operator = Annotated[str, typer.Option(help="Your name, for the audit", callback=operator_actor)]


def known_part(name: str) -> str:
    """Return the name of a service, or of an aggregate such as `l2o.account`.

    Raises BadParameter for a service that is not installed; the command checks the aggregate.
    """
    known_service(name.partition(".")[0])
    return name


ServiceOrAggregate = Annotated[
    str,
    typer.Argument(help="Name of a service, or of an aggregate: l2o.account", callback=known_part),
]


def parts_of(name: str) -> tuple[str, str | None]:
    """Return the service of a name, and the name itself if it is that of an aggregate."""
    service, _, aggregate = name.partition(".")
    return service, name if aggregate else None


def known_services(names: Sequence[str] | None) -> list[str]:
    """Return the names, or those of all installed services if the list is empty.

    Raises BadParameter for a name that is not installed.
    """
    return [known_service(name) for name in names] if names else installed_services()


def setting(service: str, name: str) -> str:
    """Return one of a service's database URLs, such as `worker_database_url`.

    Raises CommandFailed when its variable is not set.
    """
    value: str = getattr(Settings.of(service), name)
    return _ensure_set(f"{service.upper()}_{name.upper()}", value)


def kafka_bootstrap(service: str) -> str:
    """Return the broker's address. Raises CommandFailed when KAFKA_BOOTSTRAP is not set."""
    return _ensure_set("KAFKA_BOOTSTRAP", Settings.of(service).kafka_bootstrap)


@asynccontextmanager
async def worker_transaction(
    service: str, *, by: str | None = None
) -> AsyncIterator[AsyncConnection]:
    """Open a transaction of the worker's role, which sees the events of all tenants.

    Its writes are audited as those of the actor `by`.
    """
    database = Database(setting(service, "worker_database_url"), name=f"{service}-events")
    context = current() if by is None else replace(current(), actor=by)
    try:
        with use_context(context):
            async with database.begin(None) as tx:
                await attribute_writes(tx)  # BEGIN does so only with a tenant
                yield tx
    finally:
        await database.dispose()


def _ensure_set(variable: str, value: str) -> str:
    if not value:
        raise CommandFailed(f"{variable} is not set; `make run` sets it from the running system.")
    return value


@contextmanager
def failures_as_sentences(service: str, texts: Texts | None = None) -> Iterator[None]:
    """Raise CommandFailed for domain errors and for failures of the database or of Kafka."""
    try:
        yield
    except (DomainError, KafkaError, OSError, *DATABASE_ERRORS, *PLAIN_ERRORS) as error:
        raise CommandFailed(sentence(error, service, texts or Texts())) from error


def sentence(error: BaseException, service: str, texts: Texts) -> str:
    """Return the message that is printed instead of a traceback."""
    if isinstance(error, Invalid):
        violations = [
            f"{v.pointer or '/'}: {texts.say(v.code, v.params, 'en')}" for v in error.violations
        ]
        return "; ".join(violations)
    if isinstance(error, DomainError):
        return f"{texts.say(error.code, error.params, 'en')} ({error.code})"
    if isinstance(error, KafkaError):
        return f"Kafka cannot be used: {_reason(error)}."
    if isinstance(error, ArgumentError):
        return f"The URL of {service}'s database cannot be read: {_reason(error)}."
    if isinstance(error, DATABASE_ERRORS):
        return f"The database of {service} refuses: {_reason(error)}."
    if isinstance(error, OSError):
        return f"The database of {service} does not answer: {_reason(error)}."
    return str(error)


def _reason(error: BaseException) -> str:
    """Return the first line of the innermost error, without the SQL."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig.__cause__ or error.orig
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def show_rows(
    columns: Sequence[str], rows: Sequence[Mapping[str, Any]], *, as_json: bool, none: str
) -> None:
    """Print rows as aligned columns, or as JSON; `none` is printed if there are no rows."""
    if as_json:
        typer.echo(json.dumps(list(rows), ensure_ascii=False, indent=1))
    elif not rows:
        typer.echo(none)
    else:
        typer.echo(aligned(columns, rows))
