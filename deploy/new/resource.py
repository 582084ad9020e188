"""Adds a new resource to the files of its service, of the contracts and of the tests."""

import hashlib
import json
import re
from datetime import date

from deploy.migration import revision_of
from deploy.new.edits import (
    Files,
    after,
    appended,
    imports,
    sorted_row,
    where_it_fits,
)
from deploy.new.names import Names
from deploy.new.templates import FRAGMENTS, render

PAYLOADS = "tests/contracts/payloads"
MANUAL = "contracts/README.md"


def add_resource(files: Files, names: Names, day: date) -> None:
    """Plan all files of a resource. Raises CannotGoOn if a file exists or an edit does not fit."""
    revision = revision_of(names.service, f"add_{names.plural}", day)
    render(files, names, "resource", xdate=f"{day:%Y%m%d}", xprevious=revision.down_revision or "")
    _add_events(files, names)
    _wire(files, names)
    _grant(files, names)
    _add_sample(files, names)
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
    for type_, docstring in events_of(classes):
        payload = json.dumps(_payload(names, type_), indent=2) + "\n"
        files.create(f"{PAYLOADS}/{type_}.json", payload)
        describe_event(files, type_, docstring)


def events_of(source: str) -> list[tuple[str, str]]:
    """Return the type and the docstring's first line of every event class."""
    classes = re.findall(r'"""(.+?)"""\n\n    type: ClassVar\[str\] = "(.+?)"', source)
    return [(type_, docstring) for docstring, type_ in classes]


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
    snapshot = {"snapshot_id": "01990000-0000-7000-8000-0000000000f2", "is_last": False}
    more: dict[str, dict[str, object]] = {"assigned": {**assigned}, "snapshot": {**snapshot}}
    return {names.resource: state, **more.get(type_.split(".")[2], {})}


def describe_event(files: Files, type_: str, docstring: str) -> None:
    """Record an event's payload in SHA256SUMS, and the event in the manual if it exists."""
    payload = files.read(f"{PAYLOADS}/{type_}.json")
    digest = hashlib.sha256(payload.encode()).hexdigest()
    sums = files.read(f"{PAYLOADS}/SHA256SUMS").rstrip()
    files.edit(f"{PAYLOADS}/SHA256SUMS", lambda _: f"{sums}\n{digest}  {type_}.json\n")
    if files.exists(MANUAL):
        files.edit(MANUAL, sorted_row(f"| `{type_}` | {docstring} |\n"))


def _wire(files: Files, names: Names) -> None:
    """Add the routes, the custom fields, the snapshots and the texts."""
    service, feature = names.service, f"{names.service}.{names.plural}"
    app = f"services/{service}/src/{service}/app.py"
    match = re.search(r'custom_field_router\("\w+", (\w+)\)', files.read(app))
    mapping = match.group(1) if match else "CUSTOM_FIELDS"
    files.edit(
        app,
        imports(
            f"from {feature}.routes import ROUTERS as {names.plural.upper()}",
            f"from {feature}.store import {names.plural}",
        ),
        after(r"routers=\[", f"*{names.plural.upper()}, "),
        after(
            rf"^{mapping}\b[^=\n]*= \{{",
            f'"{service}.{names.resource}": {names.plural}, ',
        ),
    )
    record_type = names.resource.upper()
    source = f"SnapshotSource({names.pascal}State, {names.plural}, partial({record_type}.get, "
    files.edit(
        f"services/{service}/src/{service}/snapshots.py",
        imports(
            "from functools import partial",
            f"from contracts.{service}.events import {names.pascal}State",
            f"from {feature}.store import {record_type}",
            f"from {feature}.store import {names.plural}",
        ),
        after(r"^SNAPSHOTS\b[^=\n]*= \(", f"\n    {source}with_deleted=True)),\n"),
    )
    code = f"{names.resource.upper()}_NOT_FOUND"
    text = (
        f'"{code}": Text("没有该记录。", "There is no such {names.resource.replace("_", " ")}."),'
    )
    files.edit(
        f"services/{service}/src/{service}/texts.py",
        after(r"^TEXTS\b[^=\n]*= \{", f"\n    {text}\n"),
    )


def _grant(files: Files, names: Names) -> None:
    """Declare the resource, with owners, and grant its scopes to the sales roles."""
    resource = f"{names.service}.{names.resource}"
    declaration = f'\n    editable("{resource}", read=SALES, write=SALES, owned=True),'
    files.edit(
        f"contracts/src/contracts/{names.service}/resources.py",
        imports("from contracts.resources import SALES, editable"),
        after(r"^RESOURCES: Final = \(", declaration),
    )


def _add_sample(files: Files, names: Names) -> None:
    """Add the sample that the tests of what all resources share are run with."""
    sample = 'Sample(body=always(name="A name"), patch={"name": "Another"})'
    entry = f'"{names.service}.{names.resource}": {sample}, '
    files.edit("tests/resources/samples.py", after(r"^SAMPLES\b[^=\n]*= \{", entry))


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
