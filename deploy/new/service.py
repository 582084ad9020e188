"""Adds a new service to the files of the workspace."""

import re
from datetime import date

from chassis.database.migrate import script_directory
from deploy.migration import newest_of_backbone
from deploy.new.edits import Edit, Files, after_last
from deploy.new.names import Names
from deploy.new.templates import render

READMES = ("README.md", "README.zh-CN.md", "services/README.md")


def add_service(files: Files, names: Names, day: date) -> None:
    """Plan all files of a service. Raises CannotGoOn if a file exists or an edit does not fit."""
    backbone = newest_of_backbone(script_directory("org"), "org")
    render(files, names, "service", xdate=f"{day:%Y%m%d}", xbackbone=backbone or "")
    files.edit("pyproject.toml", *_tools(names.service))
    files.edit("docker-compose.yml", _addresses(names.service))
    roles = rf"\set service {names.service}" + "\n\\ir access/service.sql\n"
    files.edit("deploy/docker/roles.sql", after_last(r"^\\ir access/service\.sql\n", roles))
    for readme in READMES:
        if files.exists(readme):
            files.edit(readme, _listed(names.service))


def _tools(name: str) -> list[Edit]:
    """Return the edits for the paths of mypy and the contracts of the import linter."""
    path = '  "$MYPY_CONFIG_FILE_DIR/services/{}/src",\n'
    return [
        after_last(r'^  "\$MYPY_CONFIG_FILE_DIR/services/\w+/src",\n', path.format(name)),
        lambda content: _linted(content, name),
    ]


def _linted(content: str, name: str) -> str:
    head, section, contracts = content.partition("[tool.importlinter]")
    contracts = contracts.replace('"org | ', f'"org | {name} | ')
    contracts = re.sub(
        r'"org((\.\*[^"]*)?)"',
        lambda match: f"{match.group()}, {match.group().replace('org', name)}",
        contracts,
    )
    return head + section + contracts


def _addresses(name: str) -> Edit:
    roles = {"": "app", "WORKER_": "worker", "OWNER_": "owner"}
    lines = [
        f"    {name.upper()}_{part}DATABASE_URL: postgresql+asyncpg://{name}_{role}:l2c@postgres/{name}\n"
        for part, role in roles.items()
    ]
    return after_last(r"^    \w+_OWNER_DATABASE_URL: .*\n", "".join(lines))


def _listed(name: str) -> Edit:
    """Return the edit that adds the service to the lists in the READMEs."""
    return lambda content: re.sub(
        r"org(, |、)(\w+\1)+rms\b", lambda match: f"{match.group()}{match.group(1)}{name}", content
    )
