"""Adds a new resource to the files of its service, of the contracts and of the tests."""

import json
import re
from datetime import date

from deploy.migration import revision_of
from deploy.new.edits import (
    Files,
    after,
    appended,
    imports,
    where_it_fits,
)
from deploy.new.names import Names
from deploy.new.templates import FRAGMENTS, render

PAYLOADS = "tests/contracts/payloads"


def add_resource(files: Files, names: Names, day: date) -> None:
    """Plan all files of a resource. Raises CannotGoOn if a file exists or an edit does not fit."""
    revision = revision_of(names.service, f"add_{names.plural}", day)
    render(files, names, "resource", xdate=f"{day:%Y%m%d}", xprevious=revision.down_revision or "")
    _add_events(files, names)
    _serve(files, names)
    _grant(files, names)
    _describe(files, names)


def _add_events(files: Files, names: Names) -> None:
    module = f"contracts/src/contracts/{names.service}/events.py"
    classes = names.fill((FRAGMENTS / "events.py").read_text())
    modules = (
        "from typing import Any",
        "from typing import ClassVar",
        "from uuid import UUID",
        "from pydantic import Field",
        "from contracts.event import AggregateState",
        "from contracts.event import Event",
        "from contracts.event import Snapshot",
    )
    files.edit(module, imports(*modules), appended(classes))
    for type_ in re.findall(r'    type: ClassVar\[str\] = "(.+?)"', classes):
        payload = json.dumps(_payload(names, type_), indent=2) + "\n"
        files.create(f"{PAYLOADS}/{type_}.json", payload)


def _payload(names: Names, type_: str) -> dict[str, object]:
    state = {
        f"{names.resource}_id": "01990000-0000-7000-8000-0000000000f1",
        "name": "A name",
        "description": "What it is about",
        "owner_id": "li",
        "custom_fields": {},
        "deleted": ".deleted." in type_,
    }
    assigned = {"from_owner_id": "zhou", "assigned_by": "sun", "reason": "parental leave"}
    snapshot = {"snapshot_id": "01990000-0000-7000-8000-0000000000f2"}
    more: dict[str, dict[str, object]] = {"assigned": {**assigned}, "snapshot": {**snapshot}}
    return {names.resource: state, **more.get(type_.split(".")[2], {})}


def _serve(files: Files, names: Names) -> None:
    """Add the routes to the service's API; what else it declares is found in its rooms."""
    routers = names.plural.upper()
    files.edit(
        f"services/{names.service}/src/{names.service}/app.py",
        imports(f"from {names.service}.{names.plural}.routes import ROUTERS as {routers}"),
        after(r"routers=\[", f"*{routers}, "),
    )


def _grant(files: Files, names: Names) -> None:
    """Declare the resource, with owners, and grant its scopes to the sales roles."""
    resource = f"{names.service}.{names.resource}"
    noun = names.resource.replace("_", " ")
    named = f'"{resource}", zh="{noun}", en="{noun}"'
    declaration = f"\n    editable({named}, read=SALES, write=SALES, owned=True),"
    files.edit(
        f"contracts/src/contracts/{names.service}/resources.py",
        imports("from contracts.resources import SALES, editable"),
        after(r"^RESOURCES: Final = \(", declaration),
    )


def _describe(files: Files, names: Names) -> None:
    """Add rows to the two tables of the service's README, if they exist."""
    kinds = "created,changed,assigned,deleted,restored"
    files.edit(
        f"services/{names.service}/README.md",
        where_it_fits(
            after(
                r"^\| table \| holds \|\n\|[-|]+\|\n",
                f"| `{names.plural}` | each save is one event, each write an audit entry |\n",
            )
        ),
        where_it_fits(
            after(
                r"^\| out \| when \|\n\|[-|]+\|\n",
                f"| `{names.service}.{names.resource}.{{{kinds}}}.v1` | with the whole record |\n",
            )
        ),
    )
