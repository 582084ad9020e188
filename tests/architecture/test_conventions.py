"""The API conventions for every resource of every service, checked in OpenAPI.

A failing check lists the operations that break the convention.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from chassis.web.entrances import EVENT_ID_MARK, PURPOSE_MARK
from chassis.web.openapi import response_properties
from tests.architecture.applications import IN_ONE_PROCESS, document_of
from tests.architecture.test_routes import APPLICATIONS

pytestmark = IN_ONE_PROCESS

LISTED = {"limit", "cursor", "sort", "fields", "include_total"}
PAGED = {"limit", "cursor"}

# Operations that need no If-Match, each with its reason.
UNCONDITIONAL = {
    r"\w+_(team|share)_(put|delete)": "no part of the record, and whole; twice is fine",
    r"\w+_access_key_revoke": "what is revoked stays revoked",
    r"\w+_add_external_id": "one more name; the record stays as it is",
    r"\w+_event_(redrive|edit|skip)": "an event has no version; a resolved one refuses",
    r"(event_snapshot|event_resend|replica_rebuild)_cancel": "no version; an ended run refuses",
    "import_preview|lead_merge_preview": "reads only",
    "rule_set_(check|dry_run)": "reads only",
    "rule_version_(publish|restore)": "the next version: `based_on` names the latest one",
    "approval_flow_(check|dry_run)": "reads only",
    "approval_flow_(publish|restore)": "the next version: `based_on` names the latest one",
    "conversion_mapping_restore": "the next version: `based_on` names the latest one",
    "lead_convert_preview": "reads only",
    "quote_message": "one more notice; the quote stays as it is",
    "quote_clone": "reads only: the copy is a quote of its own",
    "bulk_change_undo": "no version; only what nobody has edited since is given back",
    "pool_(claim|assign)": "of many leads: each is locked, and has to wait in the pool",
    "lead_assign": "many leads at once, each locked",
    "lead_touch_create": "one more touch; the lead stays as it is",
    "lead_consent_(create|withdraw)": "one more fact about a person; the lead stays as it is",
    "channel_try": "reads only",
    "order_ship": "one more shipment; its quantities are what guards it",
    "payment_(allocate|refund)": "one more of its kind; the amount left is what guards it",
    "notification_read": "what is read stays read",
    "tenant_task_order": "one more task",
    "tenant_appoint_administrator": "one more administrator",
    "calendar_(put|remove)_day": "the day is its own key, and whole; twice is fine",
    r"\w+_file_(link|detach|restore)": "no part of the record; twice is fine",
    "message_template_preview": "reads only",
    "message_bounce": "a fact about a message that was sent; twice is fine",
    "file_put_part": "a part is whole; one sent again takes the place of the former",
    "import_put_(file|mapping)": "one person's own, and whole; a started import refuses",
    "notification_prefer": "one person's own, and whole",
}
# Lists without declared filters and sorts, each with its reason.
PLAIN_LISTS = {
    "tenant_export_list": "the few of the last days",
    "number_format_list": "one for each type of document",
    "conversion_mapping_version_list": "the versions of one mapping, newest first",
    "score_settings_versions": "the versions of one setting, newest first",
    "score_model_list": "the few models of a tenant, with their cards",
    "custom_field_list": "all fields of one resource, 200 at most",
    "calendar_list_days": "all days of a span",
    "calendar_add_working_days": "one day is the answer",
    r"reference_\w+": "constants of the world, whole",
    r"\w+_external_ids": "a record's few names",
    "notification_(count_unread|preferences)": "no list",
    "tenant_(get|audit)": "one's own tenant",
    "me_get": "one's own person",
    "event_counts_get": "machinery, for reconciliation",
    "event_list": "a feed in the order of the outbox, read on from a cursor for ever",
    "reconciliation_get": "one answer",
    "balance_get": "what one customer owes, a line for each currency",
}
# Resources without owner or transfer, each with its reason.
WITHOUT_TRANSFER = {
    "imports": "an import belongs to its creator",
}
# Resources without readable audit entries, each with its reason.
WITHOUT_AUDIT = {
    "imports": "a record of work: who, when and every row's outcome stand in it",
    "exports": "a record of one person's work",
    "saved-views": "one person's own",
    "notifications": "one person's own",
    "reminders": "one person's own",
    "tasks": "one person's own",
    "operations": "machinery",
    "approval-tasks": "parts of a request, whose audit has their changes",
    "rule-sets": "its versions are never changed: each says who published what, when and why",
    "parked-events": "machinery: a resolved one says by whom",
    "event-snapshots": "machinery: a run says who requested it",
    "replica-rebuilds": "machinery: a rebuild says who requested it",
    "admin/tenants": "audited as the tenant's own: /tenant/audit",
    "tenant-tasks": "a record of work",
    "notes": "the smallest record of the sample service",
}


@dataclass(frozen=True)
class Operation:
    """An operation of OpenAPI with the parts of its path behind `/<service>/v1/`."""

    method: str
    parts: tuple[str, ...]
    definition: Mapping[str, Any]
    schemas: Mapping[str, Any]

    @property
    def name(self) -> str:
        name: str = self.definition["operationId"]
        return name

    @property
    def parameters(self) -> set[str]:
        return {parameter["name"] for parameter in self.definition.get("parameters", [])}

    @property
    def collection(self) -> str:
        """The plain parts before the first id: `admin/tenants`."""
        return "/".join(self.parts[: self.depth])

    @property
    def depth(self) -> int:
        ids = [place for place, part in enumerate(self.parts) if part.startswith("{")]
        return ids[0] if ids else len(self.parts)

    @property
    def is_of_one(self) -> bool:
        """`/{collection}/{id}` itself."""
        return len(self.parts) == self.depth + 1

    @property
    def is_move(self) -> bool:
        """`POST /{collection}/{id}/.../{verb}`."""
        is_below = len(self.parts) > self.depth + 1 and not self.parts[-1].startswith("{")
        return self.method == "POST" and is_below

    @property
    def properties(self) -> Mapping[str, Any]:
        """Of what it answers."""
        return response_properties(self.definition, self.schemas)


def operations_of(document: Mapping[str, Any]) -> list[Operation]:
    schemas = document.get("components", {}).get("schemas", {})
    return [
        Operation(method.upper(), tuple(path.split("/")[3:]), definition, schemas)
        for path, item in document["paths"].items()
        for method, definition in item.items()
    ]


def among(name: str, exceptions: Mapping[str, str]) -> bool:
    return any(re.fullmatch(pattern, name) for pattern in exceptions)


Check = Callable[[list[Operation]], Iterator[str]]


def without_if_match(found: list[Operation]) -> Iterator[str]:
    """A change of an existing record needs `If-Match`."""
    for one in found:
        changes = one.method in ("PATCH", "PUT", "DELETE") or one.is_move
        if PURPOSE_MARK in one.definition:  # an access key may be bound to a version (decision 16)
            continue
        if changes and "If-Match" not in one.parameters and not among(one.name, UNCONDITIONAL):
            yield one.name


def lists_without_parameters(found: list[Operation]) -> Iterator[str]:
    """A collection has the parameters of a list; lists below a record have those of a page."""
    for one in found:
        if one.method != "GET" or among(one.name, PLAIN_LISTS):
            continue
        items = "items" in one.properties
        required = LISTED if len(one.parts) == one.depth else PAGED
        if items and not required <= one.parameters:
            yield f"{one.name} lacks {', '.join(sorted(required - one.parameters))}"


def without_idempotency_key(found: list[Operation]) -> Iterator[str]:
    """A POST or PATCH takes an Idempotency-Key, or the id that the sender gave its event."""
    for one in found:
        if EVENT_ID_MARK in one.definition:
            continue
        if one.method in ("POST", "PATCH") and "Idempotency-Key" not in one.parameters:
            yield one.name


def without_entity_tag(found: list[Operation]) -> Iterator[str]:
    """A record that is changed with `If-Match` answers its `ETag`, read as well as changed."""
    changed = {one.collection for one in found if "If-Match" in one.parameters}
    for one in found:
        is_changed = one.method in ("PATCH", "PUT") and "If-Match" in one.parameters
        is_read = one.method == "GET" and one.is_of_one and one.collection in changed
        if is_read or is_changed:
            answers = [r for s, r in one.definition["responses"].items() if s.startswith("2")]
            if not any("ETag" in answer.get("headers", {}) for answer in answers):
                yield one.name


def without_owners_routes(found: list[Operation]) -> Iterator[str]:
    """A resource with owners has routes for access, owners and transfer."""
    for one in found:
        if one.method != "GET" or not one.is_of_one or one.collection in WITHOUT_TRANSFER:
            continue
        if "owner_id" in one.properties:
            for verb in ("access", "owners", "transfer"):
                if not _has(found, one.collection, verb):
                    yield f"{one.collection} has no /{verb}"


def without_audit(found: list[Operation]) -> Iterator[str]:
    for one in found:
        mutable = one.method == "GET" and one.is_of_one and "version" in one.properties
        audited = one.collection in WITHOUT_AUDIT or _has(found, one.collection, "audit")
        if mutable and not audited:
            yield f"{one.collection} has no /audit"


def _has(found: list[Operation], collection: str, verb: str) -> bool:
    """Whether `/{collection}/{id}/{verb}` exists."""
    return any(
        one.collection == collection and one.parts[one.depth + 1 :] == (verb,) for one in found
    )


def refusals_not_told(found: list[Operation]) -> Iterator[str]:
    for one in found:
        statuses, body = set(one.definition["responses"]), one.definition.get("requestBody", {})
        required = {"429", "500"}
        required |= {"412"} if "If-Match" in one.parameters else set()
        is_optional = "If-None-Match" in one.parameters  # an upsert may send either or neither
        required |= {"428"} if "If-Match" in one.parameters and not is_optional else set()
        required |= {"415"} if "application/json" in body.get("content", {}) else set()
        if not required <= statuses:
            yield f"{one.name}: {sorted(required - statuses)}"


CHECKS: list[Check] = [
    without_if_match,
    lists_without_parameters,
    without_idempotency_key,
    without_entity_tag,
    without_owners_routes,
    without_audit,
    refusals_not_told,
]


@pytest.fixture(scope="module", params=APPLICATIONS)
def found(request: pytest.FixtureRequest) -> list[Operation]:
    return operations_of(document_of(request.param))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_resource_keeps_the_convention(check: Check, found: list[Operation]) -> None:
    assert list(check(found)) == []


def test_every_exception_names_an_existing_operation() -> None:
    everything = [one for name in APPLICATIONS for one in operations_of(document_of(name))]
    names, collections = {o.name for o in everything}, {o.collection for o in everything}
    for pattern in (*UNCONDITIONAL, *PLAIN_LISTS):
        assert any(re.fullmatch(pattern, name) for name in names), pattern
    assert {*WITHOUT_TRANSFER, *WITHOUT_AUDIT} <= collections


def a_document(method: str, path: str, **operation: Any) -> dict[str, Any]:
    answer = {"schema": {"properties": operation.pop("shows", {})}}
    operation = {"responses": {"200": {"content": {"application/json": answer}}}} | operation
    return {"paths": {path: {method: {"operationId": "thing_do"} | operation}}}


ONE = "/mtl/v1/things/{thing_id}"
OWNED: dict[str, Any] = {"id": {}, "version": {}, "owner_id": {}}
SAMPLES: list[tuple[Check, dict[str, Any]]] = [
    (without_if_match, a_document("patch", ONE)),
    (without_if_match, a_document("put", ONE)),
    (without_if_match, a_document("delete", ONE)),
    (without_if_match, a_document("post", f"{ONE}/finish")),
    (lists_without_parameters, a_document("get", "/mtl/v1/things", shows={"items": {}})),
    (lists_without_parameters, a_document("get", f"{ONE}/parts", shows={"items": {}})),
    (without_idempotency_key, a_document("post", "/mtl/v1/things")),
    (
        without_entity_tag,
        {
            "paths": a_document("get", ONE)["paths"]
            | a_document("delete", f"{ONE}/", parameters=[{"name": "If-Match"}])["paths"]
        },
    ),
    (without_entity_tag, a_document("put", ONE, parameters=[{"name": "If-Match"}])),
    (without_owners_routes, a_document("get", ONE, shows=OWNED)),
    (without_audit, a_document("get", ONE, shows=OWNED)),
    (refusals_not_told, a_document("get", ONE)),
]


@pytest.mark.parametrize(("check", "document"), SAMPLES, ids=lambda v: getattr(v, "__name__", ""))
def test_the_check_catches_its_sample(check: Check, document: dict[str, Any]) -> None:
    assert list(check(operations_of(document)))
