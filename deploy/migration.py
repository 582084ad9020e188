"""`make migration SERVICE=l2o NAME=add_activities`: writes a dated migration of one service.

The operations are the difference between the tables in the code and a temporary database with
all existing migrations. It is created on the PostgreSQL of `make up` or of kept test servers; if
neither runs, the migration is written without operations and says so.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from string import Template
from typing import Annotated

import typer
from alembic.script import Script, ScriptDirectory

from chassis.database.migrate import script_directory
from deploy.local import state
from deploy.local.errors import CannotGoOn
from deploy.local.passwords import passwords
from deploy.local.places import place_of_tests, place_of_up
from deploy.migration_operations import Operations, operations_of
from deploy.services import ROOT, SERVICES
from testkit import databases

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST_REVISION = 32  # characters that alembic_version can store
NO_SERVER = "No PostgreSQL was running, so nothing was compared: write the operations by hand."
NO_DIFFERENCE = "The tables in the code and the migrations agree: write the operations by hand."
FILE = Template('''"""$title."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.database.columns import tenant_column
from chassis.database.migration_operations import audited
from chassis.database.migration_operations import secure
from chassis.database.migration_operations import with_custom_fields

revision = "$revision"
down_revision = $down_revision
branch_labels = $branch_labels
depends_on = $depends_on


def upgrade() -> None:
    $upgrade


def downgrade() -> None:
    $downgrade
''')


@dataclass(frozen=True)
class Revision:
    """A new migration: the successor of `down_revision`, or the first of its service."""

    service: str
    name: str
    day: date
    down_revision: str | None
    depends_on: str | None  # the newest revision of the backbone, for the first of a service

    @property
    def id(self) -> str:
        return f"{self.service}_{self.name}"

    @property
    def path(self) -> Path:
        folder = ROOT / "services" / self.service / "migrations"
        return folder / f"{self.day:%Y%m%d}_{self.name}.py"


def revision_of(service: str, name: str, day: date) -> Revision:
    """Return the next revision of a service. Raises CannotGoOn for an unusable name."""
    if service not in SERVICES:
        raise CannotGoOn(f"SERVICE={service} is unknown: it is one of {', '.join(SERVICES)}.")
    if not NAME.fullmatch(name):
        raise CannotGoOn(f"NAME={name!r} is no name: use lower-case words, like add_activities.")
    scripts = script_directory(service)
    own, backbone = newest_of_service(scripts, service), newest_of_backbone(scripts, service)
    revision = Revision(service, name, day, own, None if own else backbone)
    if len(revision.id) > LONGEST_REVISION:
        longest = LONGEST_REVISION - len(service) - 1
        raise CannotGoOn(f"NAME={name} is too long: {longest} characters at most.")
    if revision.id in {script.revision for script in scripts.walk_revisions()}:
        raise CannotGoOn(f"The migration {revision.id} exists already: choose another NAME.")
    return revision


def newest_of_service(scripts: ScriptDirectory, service: str) -> str | None:
    """Return the service's last revision; None if it has none."""
    folder = ROOT / "services" / service / "migrations"
    return _newest(
        [script for script in scripts.walk_revisions() if Path(script.path).parent == folder]
    )


def newest_of_backbone(scripts: ScriptDirectory, service: str) -> str | None:
    """Return the last revision of the tables that every service has."""
    folder = ROOT / "services" / service / "migrations"
    return _newest(
        [script for script in scripts.walk_revisions() if Path(script.path).parent != folder]
    )


def _newest(branch: list[Script]) -> str | None:
    """Return the last revision of a branch. Raises CannotGoOn if there are several."""
    older = {script.down_revision for script in branch}
    heads = sorted(script.revision for script in branch if script.revision not in older)
    if len(heads) > 1:
        raise CannotGoOn(f"{' and '.join(heads)} are both last: correct a down_revision first.")
    return heads[0] if heads else None


def server() -> dict[str, str] | None:
    """Return the variables of a PostgreSQL for the temporary database; None if none runs."""
    if os.environ.get(databases.SERVER):
        return {}
    up, tests = state.read(place_of_up().state), state.read(place_of_tests().state)
    if up.living() and up.postgres.startswith("127.0.0.1:"):
        secret = passwords(place_of_up())
        return {
            databases.SERVER: f"postgresql://postgres:{secret.superuser}@{up.postgres}/postgres",
            "L2C_TEST_ROLE_PASSWORD": secret.roles,
        }
    return tests.variables if tests.living() and tests.variables else None


async def compare(service: str) -> Operations:
    """Return the operations that change a migrated database to the tables in the code."""
    os.environ[databases.RUN] = f"m{os.getpid()}"
    database = await databases.create_database(service, "migration")
    try:
        return await operations_of(service, database.owner_url)
    finally:
        await databases.drop(database)
        await databases.drop_templates()


def text_of(revision: Revision, operations: Operations | None) -> str:
    """Return the migration's source, before it is formatted."""
    sentence = NO_SERVER if operations is None else NO_DIFFERENCE
    empty = f'"""{sentence}"""'
    first = revision.down_revision is None
    return FILE.substitute(
        title=revision.name.replace("_", " ").capitalize(),
        revision=revision.id,
        down_revision=json.dumps(revision.down_revision) if not first else None,
        branch_labels=f'("{revision.service}",)' if first else None,
        depends_on=json.dumps(revision.depends_on) if revision.depends_on else None,
        upgrade=operations.upgrade if operations and operations.upgrade else empty,
        downgrade=operations.downgrade if operations and operations.downgrade else empty,
    )


def tidy(*files: Path) -> None:
    """Remove unused imports, sort the others, and format, as `make fix` does."""
    ruff = str(Path(sys.executable).with_name("ruff"))
    names = [str(file) for file in files]
    for command in (["check", "--fix", "--exit-zero", "--silent"], ["format", "--silent"]):
        subprocess.run([ruff, *command, *names], cwd=ROOT, check=True)


def write(revision: Revision, operations: Operations | None) -> Iterator[str]:
    """Write the file; yield the lines to print."""
    revision.path.write_text(text_of(revision, operations))
    tidy(revision.path)
    yield f"{revision.path.relative_to(ROOT)} follows {revision.down_revision or 'nothing'}."
    if operations is None:
        yield NO_SERVER
    elif not operations.upgrade:
        yield NO_DIFFERENCE
    else:
        yield "Review it before use: an operation may need a default, or a migration of data."


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def main(service: Annotated[str, typer.Argument()], name: Annotated[str, typer.Argument()]) -> None:
    """Write a migration of a service."""
    try:
        revision = revision_of(service, name, datetime.now(UTC).date())
        variables = server()
        os.environ.update(variables or {})
        operations = None if variables is None else asyncio.run(compare(service))
        for line in write(revision, operations):
            print(line)
    except CannotGoOn as reason:
        print(reason, file=sys.stderr)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    app()
