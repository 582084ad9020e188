"""Who sees a record, who owned it, its team and its shares: the same for every resource."""

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
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.preconditions import IfMatch
from chassis.web.problems import problem_body, problem_details
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.errors import DomainError


def access_router(
    scoped: ScopedResource, *, collection: str, transfer: TransferAction
) -> APIRouter:
    """The routes below `/{collection}`; `transfer` is the service's action that saves and tells.

    `access_router(ACCOUNTS, collection="accounts", transfer=actions.transfer_account)`. Include it
    before a router that has `POST /{collection}/{id}`.
    """
    router = new_router(f"/{collection}", tag=collection)
    _add_sight(router, scoped)
    _add_transfers(router, scoped, transfer)
    _add_transfer_of_many(router, scoped, collection, transfer)
    _add_team(router, scoped)
    _add_shares(router, scoped)
    return router


def _add_sight(router: APIRouter, scoped: ScopedResource) -> None:
    readable = [may_read(scoped)]

    @router.get("/{record_id}/access", name=f"{scoped.name}_access", dependencies=readable)
    async def access(record_id: UUID, tx: Tx, now: Now, caller: Caller) -> AccessOut:
        """Who sees it and why, and what the caller may do."""
        return AccessOut.of(await explain_access(tx, caller, scoped, record_id, now=now))

    @router.get("/{record_id}/owners", name=f"{scoped.name}_owners", dependencies=readable)
    async def owners(record_id: UUID, tx: Tx, page: PageParams) -> Page[OwnerChangeOut]:
        """Who owned it before, the last change first."""
        await ensure_row(tx, scoped.table, record_id, scoped.name)
        query = owner_changes_query(scoped, record_id)
        return await fetch_page(tx, query, page, shape=OwnerChangeOut.of)


def _add_transfers(router: APIRouter, scoped: ScopedResource, transfer: TransferAction) -> None:
    @router.post(
        "/{record_id}/transfer",
        name=f"{scoped.name}_transfer",
        dependencies=[may_write(scoped)],
    )
    async def transfer_one(
        record_id: UUID, body: TransferIn, tx: Tx, now: Now, caller: Caller, if_match: IfMatch
    ) -> RecordOwnerOut:
        """Give it to another owner."""
        name = await active_owner_name(tx, body.owner_id)
        handover = TransferRequest(scoped, transfer, caller, body.owner_id, body.reason, now)
        owned = await transfer_record(tx, handover, record_id, expected=if_match)
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
        request: Request, body: TransferManyIn, tx: Tx, now: Now, caller: Caller
    ) -> TransferManyOut:
        """Give many to another owner, each for itself."""
        await active_owner_name(tx, body.owner_id)
        handover = TransferRequest(scoped, transfer, caller, body.owner_id, body.reason, now)
        done = await transfer_records(tx, handover, body.ids)
        items = [_result(request, key, done[key]) for key in dict.fromkeys(body.ids)]
        return TransferManyOut(items=items)


def _result(
    request: Request, record_id: UUID, done: TransferredRecord | DomainError
) -> TransferResult:
    if isinstance(done, TransferredRecord):
        return TransferResult(
            id=record_id, status=200, owner_id=done.owner_id, version=done.version
        )
    refusal = problem_details(done)
    instance = f"{request.url.path.removesuffix('/transfer')}/{record_id}/transfer"
    body = problem_body(request.app.state.texts, refusal, instance=instance)
    return TransferResult(id=record_id, status=refusal.status, problem=body)


def _add_team(router: APIRouter, scoped: ScopedResource) -> None:
    writable = [may_write(scoped)]

    def member(person_id: UUID, access: Access) -> GrantRequest:
        return GrantRequest(
            via=GrantKind.TEAM, grantee_kind=GranteeKind.PERSON, grantee_id=person_id, access=access
        )

    @router.put(
        "/{record_id}/team/{grantee_id}", name=f"{scoped.name}_team_put", dependencies=writable
    )
    async def team_put(
        record_id: UUID, grantee_id: UUID, body: TeamAccessIn, tx: Tx, now: Now, caller: Caller
    ) -> GrantOut:
        """Put a person on its team."""
        offer = member(grantee_id, body.access)
        granted = await grant_access(tx, caller, scoped, record_id, offer, now=now)
        return GrantOut.model_validate(granted)

    @router.delete(
        "/{record_id}/team/{grantee_id}",
        name=f"{scoped.name}_team_delete",
        status_code=204,
        dependencies=writable,
    )
    async def team_delete(
        record_id: UUID, grantee_id: UUID, tx: Tx, now: Now, caller: Caller
    ) -> None:
        """Take a person off its team."""
        offer = member(grantee_id, Access.READ)
        await revoke_access(tx, caller, scoped, record_id, offer, now=now)


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
        """Share it with a person, a department with all below it, or a team."""
        offer = GrantRequest(
            via=GrantKind.SHARE, grantee_kind=grantee_kind, grantee_id=grantee_id, **vars(body)
        )
        granted = await grant_access(tx, caller, scoped, record_id, offer, now=now)
        return GrantOut.model_validate(granted)

    @router.delete(path, name=f"{scoped.name}_share_delete", status_code=204, dependencies=writable)
    async def share_delete(
        record_id: UUID,
        grantee_kind: GranteeKind,
        grantee_id: UUID,
        tx: Tx,
        now: Now,
        caller: Caller,
    ) -> None:
        """Share it no longer."""
        offer = GrantRequest(
            via=GrantKind.SHARE,
            grantee_kind=grantee_kind,
            grantee_id=grantee_id,
            access=Access.READ,
        )
        await revoke_access(tx, caller, scoped, record_id, offer, now=now)
