"""Batches: creates and edits of many records of one resource in one request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ValidationError
from sqlalchemy import select

from chassis.foundation.refusals import Unavailable
from chassis.foundation.violations import from_pydantic
from chassis.records.access.guards import check_access
from chassis.records.access.visibility import Access, ScopedResource
from chassis.records.resource import Resource
from chassis.web.commands import Command
from chassis.web.patches import MergePatch
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from kernel.errors import Conflict, DomainError, Invalid, Violation

CREATE, PATCH = "create", "patch"


@dataclass(frozen=True, kw_only=True)
class BatchItem:
    """A record to create from the body `create`, or the changes `patch` of the record `id`.

    `version` is that of the copy that the caller changed, or `*` for any; as with the header
    If-Match, a patch needs it.
    """

    create: Any = None
    id: UUID | None = None
    version: int | Literal["*"] | None = None
    patch: MergePatch[Any] | None = None

    @property
    def kind(self) -> str:
        return CREATE if self.patch is None else PATCH


class BatchRefused(Conflict):
    """An atomic batch was not carried out; each violation points to an item and says why."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("BATCH_REFUSED")
        self.violations = tuple(violations)


async def run_batch(
    command: Command, resource: Resource[Any, Any], items: Sequence[BatchItem]
) -> list[BaseModel | DomainError]:
    """Carry out each item in a savepoint of its own; return the records and the errors in order.

    The rules of the single routes hold: access, preconditions, quota, and the resource's commands.
    Records are locked in the order of their ids, so that concurrent batches do not deadlock.
    Raises Unavailable, after which the whole batch may be sent again.
    """
    await _lock(command, resource, [item.id for item in items if item.id is not None])
    results: list[BaseModel | DomainError] = []
    for item in items:
        try:
            async with command.tx.begin_nested():
                results.append(await _run_item(command, resource, item))
        except Unavailable:
            raise
        except DomainError as error:
            results.append(error)
    return results


async def run_atomic_batch(
    command: Command, resource: Resource[Any, Any], items: Sequence[BatchItem]
) -> list[BaseModel]:
    """Carry out all items or none; return the records in order.

    Raises BatchRefused with the reasons of every item that failed.
    """
    results = await run_batch(command, resource, items)
    violations = [
        violation
        for place, (item, result) in enumerate(zip(items, results, strict=True))
        if isinstance(result, DomainError)
        for violation in _violations(f"/items/{place}", item, result)
    ]
    if violations:
        raise BatchRefused(violations)
    return [result for result in results if isinstance(result, BaseModel)]


def _violations(pointer: str, item: BatchItem, error: DomainError) -> list[Violation]:
    if not isinstance(error, Invalid):
        return [Violation(pointer, error.code, error.params)]
    return [
        Violation(f"{pointer}/{item.kind}{each.pointer}", each.code, each.params)
        for each in error.violations
    ]


async def _lock(command: Command, resource: Resource[Any, Any], ids: Sequence[UUID]) -> None:
    if not ids:
        return
    table = resource.record_type.scoped.table
    locked = select(table.c.id).where(table.c.id.in_(ids)).order_by(table.c.id).with_for_update()
    await command.tx.execute(locked)


async def _run_item(command: Command, resource: Resource[Any, Any], item: BatchItem) -> BaseModel:
    if item.patch is None:
        body = _validated(resource.body, item.create)
        record = await resource.create_from(command.unconditional, body)
    else:
        assert item.id is not None, "a patch names its record"
        await _ensure_writable(command, resource, item.id)
        conditional = replace(command, expected=_precondition(item))
        record = await resource.edit_with(conditional, item.id, _edit(resource, item.patch))
    return resource.answer.model_validate(record)


def _edit(resource: Resource[Any, Any], patch: MergePatch[Any]) -> Callable[[Any], Any]:
    typed: Any = MergePatch[resource.edit_body]  # type: ignore[name-defined]  # known at run time
    edit: Callable[[Any], Any] = typed(patch.root).applied
    return edit


async def _ensure_writable(command: Command, resource: Resource[Any, Any], record_id: UUID) -> None:
    """Check that the caller may change the record. Raises NotFound, Forbidden."""
    scoped, caller = resource.record_type.scoped, command.caller
    assert caller is not None, "somebody sends a batch"
    if isinstance(scoped, ScopedResource):
        await check_access(command.tx, caller, scoped, record_id, Access.WRITE, command.now)


def _precondition(item: BatchItem) -> Precondition:
    if item.version is None:
        return Precondition(missing=True)
    if item.version == "*":
        return UNCONDITIONAL
    return Precondition(frozenset([item.version]))


def _validated(model: type[BaseModel], body: Mapping[str, Any]) -> BaseModel:
    """Validate a body as its own route does. Raises Invalid with every violation."""
    try:
        return model.model_validate(body)
    except ValidationError as invalid:
        errors = [{**error, "loc": ("body", *error["loc"])} for error in invalid.errors()]
        raise Invalid(from_pydantic(errors)) from None
