"""Routes for access, owners, team and shares of a record; the same for every resource."""

from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request

from chassis.database.rows import ensure_row
from chassis.foundation.clock import Now
from chassis.records.access.along import Along
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
    ShareIn,
    TeamAccessIn,
)
from chassis.records.access.transfer_routes import add_transfers
from chassis.records.access.transfers import (
    TransferAction,
    owner_changes_query,
)
from chassis.records.access.visibility import Access, ScopedResource
from chassis.web.auth import Caller
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.routing import new_router
from chassis.web.transaction import Tx


def access_router(
    scoped: ScopedResource,
    *,
    collection: str,
    transfer: TransferAction,
    along: Along | None = None,
) -> APIRouter:
    """Build the access routes below `/{collection}`.

    `transfer` is the service's action that saves the new owner and publishes the event:
    `access_router(ACCOUNTS, collection="accounts", transfer=actions.transfer_account)`; `along`
    is what may go along. Include this router before one that has `POST /{collection}/{id}`.
    """
    router = new_router(f"/{collection}", tag=collection)
    _add_explanations(router, scoped)
    add_transfers(router, scoped, transfer, along)
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
