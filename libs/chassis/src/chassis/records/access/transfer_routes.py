"""Routes that transfer records to another owner, with what goes along."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request

from chassis.records.access.along import Along, TransferredRecord, WentAlong
from chassis.records.access.guards import may_write
from chassis.records.access.schemas import (
    AlongResult,
    RecordOwnerOut,
    TransferAlongIn,
    TransferIn,
    TransferManyAlongIn,
    TransferManyIn,
    TransferManyOut,
    TransferResult,
)
from chassis.records.access.transfers import (
    TransferAction,
    TransferRequest,
    active_owner_name,
    transfer_record,
    transfer_records,
)
from chassis.records.access.visibility import ScopedResource
from chassis.web.auth import allow
from chassis.web.commands import ChangeCommand, Command, CreateCommand
from chassis.web.problems import problem_body, problem_details
from kernel.errors import DomainError


def add_transfers(
    router: APIRouter, scoped: ScopedResource, transfer: TransferAction, along: Along | None
) -> None:
    """Add the transfer of one record, and that of many."""
    _add_transfer_of_one(router, scoped, transfer, along)
    _add_transfer_of_many(router, scoped, transfer, along)


def _add_transfer_of_one(
    router: APIRouter, scoped: ScopedResource, transfer: TransferAction, along: Along | None
) -> None:
    body_type: Any = TransferIn if along is None else TransferAlongIn

    @router.post(
        "/{record_id}/transfer",
        name=f"{scoped.name}_transfer",
        dependencies=[may_write(scoped)],
    )
    async def transfer_one(
        request: Request,
        record_id: UUID,
        body: body_type,
        command: ChangeCommand,
    ) -> RecordOwnerOut:
        """Transfer the record to another owner."""
        name = await active_owner_name(command.tx, body.owner_id)
        transfer_request = TransferRequest(scoped, transfer, body.owner_id, along=along)
        command = await _command_of(command, body, along)
        owned = await transfer_record(command, transfer_request, record_id)
        return RecordOwnerOut(
            id=owned.id,
            owner_id=owned.owner_id,
            owner_name=name,
            version=owned.version,
            along=_along_results(request, owned.along),
        )


def _add_transfer_of_many(
    router: APIRouter, scoped: ScopedResource, transfer: TransferAction, along: Along | None
) -> None:
    body_type: Any = TransferManyIn if along is None else TransferManyAlongIn

    @router.post(
        "/transfer",
        name=f"{scoped.name}_transfer_many",
        status_code=207,
        dependencies=[allow(f"{scoped.resource}.write")],
    )
    async def transfer_many(
        request: Request,
        body: body_type,
        command: CreateCommand,
    ) -> TransferManyOut:
        """Transfer many records to another owner, each independently of the others."""
        await active_owner_name(command.tx, body.owner_id)
        transfer_request = TransferRequest(
            scoped, transfer, body.owner_id, of_many=True, along=along
        )
        command = await _command_of(command, body, along)
        results = await transfer_records(command, transfer_request, body.ids)
        made = [one for one in results.values() if isinstance(one, TransferredRecord)]
        went = [each for one in made for each in one.along]
        return TransferManyOut(
            items=[_result(request, key, results[key]) for key in dict.fromkeys(body.ids)],
            along=_along_results(request, went),
        )


async def _command_of(command: Command, body: TransferIn, along: Along | None) -> Command:
    """Return the command of a transfer, with its reason and what goes along."""
    command = replace(command, reason=body.reason)
    if along is None:
        return command
    named = getattr(body, "along", None)
    return replace(command, along=await along.chosen(command, named))


def _along_results(request: Request, went: Sequence[WentAlong]) -> list[AlongResult]:
    return [
        AlongResult(
            resource=one.resource, **_result(request, key, outcome).model_dump(exclude_unset=True)
        )
        for one in went
        for key, outcome in one.outcomes.items()
    ]


def _result(
    request: Request, record_id: UUID, result: TransferredRecord | DomainError
) -> TransferResult:
    if isinstance(result, TransferredRecord):
        return TransferResult(
            id=record_id, status=200, owner_id=result.owner_id, version=result.version
        )
    details = problem_details(result)
    instance = f"{request.url.path.removesuffix('/transfer')}/{record_id}/transfer"
    body = problem_body(request.app.state.texts, details, instance=instance)
    return TransferResult(id=record_id, status=details.status, problem=body)
