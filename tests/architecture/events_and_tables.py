"""Rules: only the owner of a table writes it, records are written by the shared functions, every
write publishes an event, and org reads no event of a service in particular."""

import ast
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Table

from chassis.records.record_quota import is_counted
from deploy.services import SERVICES
from tests.architecture.record_writes import (
    COMMANDS,
    SQL,
    Function,
    Modules,
    Write,
    declared,
    feature_of,
    named_functions,
)

OWNERS = {*SERVICES, "chassis"}
SERVICES_BESIDE_ORG = frozenset(SERVICES) - {"org"}
SHARED_WRITES = "chassis.records.writes"
# Tables of records whose writes publish no event, each with its reason.
UNPUBLISHED = {
    "import_runs": "an import is a record of work; its end is published",
    "exports": "an export is a record of work of one person's",
    "saved_views": "a person's own way to look at lists",
    "custom_field_definitions": "which fields records have is the service's own",
    "number_formats": "how the service numbers its documents is its own",
    "notifications": "notifications are for one person only",
    "reminders": "a person's own, as are tasks",
    "tasks": "a person's own; the facts behind it were published",
    "record_grants": "`write_grants` publishes them where the service declares it (decision 58)",
    "rfm_settings": "for how many days orders count is l2o's own",
    "collision_policies": "what becomes of accounts that are there already is l2o's own",
    "captures": "what senders hand in; the leads and touches of it are published (decision 39)",
    "capture_settings": "how long mtl keeps what senders hand in is its own",
    "approval_settings": "how people approve is desk's own",
    "files": "desk's own: services publish which records have them",
    "file_settings": "what may be uploaded is desk's own",
    "message_bans": "whom desk writes to is its own",
    "price_book_versions": "history; the event of the book carries it whole",
}
_GRANTS = "grants are no records; `write_grants` publishes them (decision 58)"
# Plain SQL on records outside the shared functions, each with its reason. None inserts records
# that a quota counts.
PLAIN_WRITES = {
    "chassis.records.access.expiry._delete_expired_grant": _GRANTS,
    "chassis.records.access.grants.grant_access": _GRANTS,
    "chassis.records.access.grants.revoke_access": _GRANTS,
    "chassis.records.access.grants_of_records.end_grants": _GRANTS,
    "chassis.records.access.grants_of_records.move_grants": _GRANTS,
    "chassis.records.access.grants_of_records.let_read": _GRANTS,
    "chassis.records.access.grants_of_records.replace_team": _GRANTS,
    "chassis.records.access.grants_of_records.return_grants": _GRANTS,
    "chassis.records.lists.saved_views._ensure_unique": "the former default, whichever it is",
    "chassis.records.numbers.number_formats.save_number_format": "inserts or updates at once",
    "chassis.records.work.actions._change": "inserts or updates what was published of a record",
    "chassis.records.work.many._LOCK": "inserts or updates what was published of many records",
    "cpq.price_books.store._replace_rows": "prices and tiers are parts of a book",
    "cpq.price_books.store.add_version": "history, which is only appended to",
    "l2o.accounts.store.touches.raise_last_activity": "the last touch leaves the version",
    "l2o.accounts.store.touches.save_last_activity": "the last touch leaves the version",
    "l2o.accounts.store.touches.save_review": "the last review leaves the version",
    "l2o.activities.store._add_people": "who took part: parts of an activity",
    "l2o.activities.store._update": "who took part: parts of an activity",
    "l2o.conversions.store.set_outcome": "the outcome of a row that was just inserted",
    "mtl.captures.store.empty_payloads": "erases what is old, many at once; it is unpublished",
    "l2o.opportunities.store.raise_last_activity": "the last touch leaves the version",
    "l2o.opportunities.store.save_last_activity": "the last touch leaves the version",
    "mtl.captures.store.settle": "what the transaction has just inserted, many at once",
    "mtl.leads.store.save_bans": "bans of media, which leave the version: withdrawals count",
    "mtl.leads.store.keys._RELEASE": "releases many keys at once, which are no records",
    "mtl.leads.store.keys._RESERVE": "reserves keys and returns their holders in one statement",
    "mtl.leads.store.recyclings._write": "clocks and owners of many, whose rows are locked",
    "mtl.leads.store.recyclings.postpone_clock": "of a lead that perhaps cannot be read",
    "mtl.leads.store.save_totals": "totals of follow-ups, which leave the version (decision 38)",
    "org.notifications.store.read_all": "marks many at once",
    "org.principals.store.revoke": "revokes many at once, as the lock of rights allows",
    "org.tenants.store._insert": "the row of a tenant is mapped by hand",
    "org.tenants.store._update": "the row of a tenant is mapped by hand",
}
# Writes of columns that no event carries, each with its reason.
UNPUBLISHED_COLUMNS = {
    "l2o.accounts.store.touches.raise_last_activity": "the activities behind it publish themselves",
    "l2o.accounts.store.touches.save_last_activity": "the activities behind it publish themselves",
    "l2o.accounts.store.touches.save_review": "what publishes is the task that it settles",
    "l2o.opportunities.store.raise_last_activity": "the activities behind it publish themselves",
    "l2o.opportunities.store.save_last_activity": "the activities behind it publish themselves",
    "mtl.leads.store.recyclings.postpone_clock": "when a lead is looked at again is no news",
    "mtl.leads.store.recyclings.write_clocks": "clocks follow from what is published (decision 41)",
    "mtl.leads.store.save_bans": "for lists: what counts are the withdrawals",
    "mtl.leads.store.save_totals": "the follow-ups behind the totals publish themselves",
}
# Functions of another feature's `store` that a feature may write by, each with its reason.
PARTS_ELSEWHERE = {
    "mtl.score_models.store.add_model": "a model is stored by the training that made it",
    "org.departments.store.replace_posts": "posts are saved with their person, who publishes them",
    "org.roles.store.replace_roles": "the roles of a person are saved and published with them",
}


def plain_writes(function: Function, modules: Modules) -> Iterator[str]:
    """Only the shared functions write records: they check versions and keep search words.

    A table of records has a version. Plain SQL names its table, so that the rule can read it, and
    is no text in a service.
    """
    if function.module.dotted == SHARED_WRITES or function.dotted in PLAIN_WRITES:
        return
    for write in function.writes:
        table = _table(function, write.target)
        refused = _is_record(table) or _is_hidden(function, write)
        if write.form in SQL and (refused or _is_text_of_service(function, write)):
            yield f"{function} {write.form}s {write.target or write.root} by plain SQL"


def uncounted_inserts(function: Function, modules: Modules) -> Iterator[str]:
    """Records that a quota counts are inserted by the shared functions, which count them."""
    for write in function.writes:
        table = _table(function, write.target)
        if write.form == "insert" and table is not None and is_counted(table):
            yield f"{function} inserts {write.target} without counting"


def _is_hidden(function: Function, write: Write) -> bool:
    """The ground writes any table for those who ask; a service names what it writes."""
    return write.target is None and function.module.service != "chassis"


def _is_text_of_service(function: Function, write: Write) -> bool:
    return write.is_text and function.module.service != "chassis"


def _is_record(table: Table | None) -> bool:
    return table is not None and "version" in table.c


def _table(function: Function, name: str | None) -> Table | None:
    known = declared(function.module.service).tables.values()
    return next((table for table in known if table.name == name), None)


def foreign_writes(function: Function, modules: Modules) -> Iterator[str]:
    """Only the owner writes a table.

    A feature writes no table or record that it has from another one, and calls no function of
    another one's `store` that writes. The ground offers functions that write its tables.
    """
    module = function.module
    if module.service == "chassis":
        return
    for write in function.writes:
        origin = feature_of(module.imported.get(write.root, (module.dotted, ""))[0])
        if origin != module.feature and origin.split(".")[0] in OWNERS:
            yield f"{function} writes {write.target or write.root} of {origin}"
    for named in named_functions(modules, function):
        writes_there = named.module.holds_sql and named.writes
        is_foreign = named.module.feature != module.feature and named.module.service != "chassis"
        if writes_there and is_foreign and named.dotted not in PARTS_ELSEWHERE:
            yield f"{function} writes by {named.dotted}"


def silent_saves(function: Function, modules: Modules) -> Iterator[str]:
    """Whoever writes a record publishes an event.

    Functions of a `store` and private ones are checked with those that call them. The commands
    that all records have publish by themselves (`RecordType.is_published`).
    """
    if function.is_part or function.publishes:
        return
    for table in sorted(_silent(modules, function, frozenset())):
        yield f"{function} writes {table} without an event"


def _silent(modules: Modules, function: Function, seen: frozenset[str]) -> set[str]:
    """The published tables that a function writes, itself or by its parts, without an event."""
    published = {
        write.target
        for write in function.writes
        if write.form not in COMMANDS and _is_record(_table(function, write.target))
    }
    found = {table for table in published if table is not None and table not in UNPUBLISHED}
    for named in named_functions(modules, function):
        silent = named.is_part and not named.publishes and named.dotted not in UNPUBLISHED_COLUMNS
        if silent and named.dotted not in seen:
            found |= _silent(modules, named, seen | {named.dotted})
    return found


def foreign_facts(path: Path, tree: ast.Module) -> Iterator[str]:
    """Nothing in org imports the contracts of another service: it reads what all services share."""
    if _service(path) != "org":
        return
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            root, _, rest = name.partition(".")
            if root == "contracts" and rest.split(".")[0] in SERVICES_BESIDE_ORG:
                yield f"{path}:{getattr(node, 'lineno', 0)}: imports {name}"


def _service(path: Path) -> str:
    """The service whose source the file is; empty for tests and libraries."""
    parts = path.parts
    if "services" not in parts or "src" not in parts:
        return ""
    return parts[parts.index("src") + 1]
