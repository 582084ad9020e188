"""Routes for access, owners, team and shares of a record; the same for every resource."""

from dataclasses import replace
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request

from chassis.database.rows import ensure_row
from chassis.foundation.clock import Now
from chassis.records.access.explain_access import explain_access
from chassis.records.access.grants import (
    GranteeKind,
    GrantKind,
    GrantRequest,
    grant_access,
    revoke_access,
)
from chassis.records.access.guards import may_read, may_write
from chassis.records.access.schemas import (
    AccessOut,
    GrantOut,
    OwnerChangeOut,
    RecordOwnerOut,
    ShareIn,
    TeamAccessIn,
    TransferIn,
    TransferManyIn,
    TransferManyOut,
    TransferResult,
)
from chassis.records.access.transfers import (
    TransferAction,
    TransferredRecord,
    TransferRequest,
    active_owner_name,
    owner_changes_query,
    transfer_record,
    transfer_records,
)
from chassis.records.access.visibility import Access, ScopedResource
from chassis.web.auth import Caller, allow
from chassis.web.commands import ChangeCommand, CreateCommand
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.problems import problem_body, problem_details
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.errors import DomainError


def access_router(
    scoped: ScopedResource, *, collection: str, transfer: TransferAction
) -> APIRouter:
    """Build the access routes below `/{collection}`.

    `transfer` is the service's action that saves the new owner and publishes the event:
    `access_router(ACCOUNTS, collection="accounts", transfer=actions.transfer_account)`. Include
    this router before one that has `POST /{collection}/{id}`.
    """
    router = new_router(f"/{collection}", tag=collection)
    _add_explanations(router, scoped)
    _add_transfer_of_one(router, scoped, transfer)
    _add_transfer_of_many(router, scoped, collection, transfer)
    _add_team(router, scoped)
    _add_shares(router, scoped)
    return router


def _add_explanations(router: APIRouter, scoped: ScopedResource) -> None:
    readable = [may_read(scoped)]

    @router.get("/{record_id}/access", name=f"{scoped.name}_access", dependencies=readable)
    async def access(record_id: UUID, tx: Tx, now: Now, caller: Caller) -> AccessOut:
        """Explain who sees the record and why, and what the caller may do with it."""
        return AccessOut.of(await explain_access(tx, caller, scoped, record_id, now=now))

    @router.get("/{record_id}/owners", name=f"{scoped.name}_owners", dependencies=readable)
    async def owners(
        request: Request, record_id: UUID, tx: Tx, page: PageParams
    ) -> Page[OwnerChangeOut]:
        """List the changes of the record's owner, newest first."""
        await ensure_row(tx, scoped.table, record_id, scoped.name)
        query = owner_changes_query(scoped, record_id)
        shape = partial(OwnerChangeOut.of, texts=request.app.state.texts)
        return await fetch_page(tx, query, page, shape=shape)


def _add_transfer_of_one(
    router: APIRouter, scoped: ScopedResource, transfer: TransferAction
) -> None:
    @router.post(
        "/{record_id}/transfer",
        name=f"{scoped.name}_transfer",
        dependencies=[may_write(scoped)],
    )
    async def transfer_one(
        record_id: UUID, body: TransferIn, command: ChangeCommand
    ) -> RecordOwnerOut:
        """Transfer the record to another owner."""
        name = await active_owner_name(command.tx, body.owner_id)
        transfer_request = TransferRequest(scoped, transfer, body.owner_id)
        command = replace(command, reason=body.reason)
        owned = await transfer_record(command, transfer_request, record_id)
        return RecordOwnerOut(owner_name=name, **vars(owned))


def _add_transfer_of_many(
    router: APIRouter, scoped: ScopedResource, collection: str, transfer: TransferAction
) -> None:
    @router.post(
        "/transfer",
        name=f"{scoped.name}_transfer_many",
        status_code=207,
        dependencies=[allow(f"{scoped.resource}.write")],
    )
    async def transfer_many(
        request: Request, body: TransferManyIn, command: CreateCommand
    ) -> TransferManyOut:
        """Transfer many records to another owner, each independently of the others."""
        await active_owner_name(command.tx, body.owner_id)
        transfer_request = TransferRequest(scoped, transfer, body.owner_id, of_many=True)
        command = replace(command, reason=body.reason)
        results = await transfer_records(command, transfer_request, body.ids)
        items = [_result(request, key, results[key]) for key in dict.fromkeys(body.ids)]
        return TransferManyOut(items=items)


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


def _add_team(router: APIRouter, scoped: ScopedResource) -> None:
    writable = [may_write(scoped)]

    def member_grant(person_id: UUID, access: Access) -> GrantRequest:
        return GrantRequest(
            via=GrantKind.TEAM, grantee_kind=GranteeKind.PERSON, grantee_id=person_id, access=access
        )

    @router.put(
        "/{record_id}/team/{grantee_id}", name=f"{scoped.name}_team_put", dependencies=writable
    )
    async def team_put(
        record_id: UUID, grantee_id: UUID, body: TeamAccessIn, tx: Tx, now: Now, caller: Caller
    ) -> GrantOut:
        """Add a person to the record's team, or change their access."""
        requested = member_grant(grantee_id, body.access)
        grant = await grant_access(tx, caller, scoped, record_id, requested, now=now)
        return GrantOut.model_validate(grant)

    @router.delete(
        "/{record_id}/team/{grantee_id}",
        name=f"{scoped.name}_team_delete",
        status_code=204,
        dependencies=writable,
    )
    async def team_delete(
        record_id: UUID, grantee_id: UUID, tx: Tx, now: Now, caller: Caller
    ) -> None:
        """Remove a person from the record's team."""
        requested = member_grant(grantee_id, Access.READ)
        await revoke_access(tx, caller, scoped, record_id, requested, now=now)


def _add_shares(router: APIRouter, scoped: ScopedResource) -> None:
    writable = [may_write(scoped)]
    path = "/{record_id}/shares/{grantee_kind}/{grantee_id}"

    @router.put(path, name=f"{scoped.name}_share_put", dependencies=writable)
    async def share_put(
        record_id: UUID,
        grantee_kind: GranteeKind,
        grantee_id: UUID,
        body: ShareIn,
        tx: Tx,
        now: Now,
        caller: Caller,
    ) -> GrantOut:
        """Share the record with a person, a team, or a department and all below it."""
        requested = GrantRequest(
            via=GrantKind.SHARE, grantee_kind=grantee_kind, grantee_id=grantee_id, **vars(body)
        )
        grant = await grant_access(tx, caller, scoped, record_id, requested, now=now)
        return GrantOut.model_validate(grant)

    @router.delete(path, name=f"{scoped.name}_share_delete", status_code=204, dependencies=writable)
    async def share_delete(
        record_id: UUID,
        grantee_kind: GranteeKind,
        grantee_id: UUID,
        tx: Tx,
        now: Now,
        caller: Caller,
    ) -> None:
        """Stop sharing the record with this grantee."""
        requested = GrantRequest(
            via=GrantKind.SHARE,
            grantee_kind=grantee_kind,
            grantee_id=grantee_id,
            access=Access.READ,
        )
        await revoke_access(tx, caller, scoped, record_id, requested, now=now)
