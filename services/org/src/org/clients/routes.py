from typing import Annotated
from uuid import UUID

from starlette.responses import Response

from chassis.foundation.clock import Now
from chassis.records.audit.routes import audit_router
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import Listed
from chassis.web.auth import Caller, allow
from chassis.web.bodies import MoveIn
from chassis.web.pages import PageParams
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from org.clients import actions, store
from org.clients.domain import Client
from org.clients.schemas import ClientCreated, ClientEdit, ClientIn, ClientOut
from org.logins.routes import ToldOnce

router = new_router("/clients", tag="clients")
READ, WRITE = allow("org.client.read"), allow("org.client.write")


def _told_once(client: Client, secret: str, *, status: int) -> Response:
    shown = ClientCreated(**ClientOut.model_validate(client).model_dump(), client_secret=None)
    at = f"/org/v1/clients/{client.id}"
    return ToldOnce(shown, {"client_secret": secret}, status=status, at=at)


@router.post("", status_code=201, response_model=ClientCreated, dependencies=[WRITE])
async def client_create(body: ClientIn, caller: Caller, tx: Tx, now: Now) -> Response:
    """Add a service client, with scopes that the caller has too; its secret is told once.

    It sees every row of what it may read: to make one, the caller must, too.
    """
    client, secret = await actions.create_client(
        tx,
        name=body.name,
        client_id=body.client_id,
        scopes=tuple(body.scopes),
        may=caller.may,
        now=now,
    )
    return _told_once(client, secret, status=201)


@router.get("", dependencies=[READ])
async def client_list(
    tx: Tx, page: PageParams, asked: Annotated[ListQuery, store.LISTING.query]
) -> Listed[ClientOut]:
    """List service clients, newest first."""
    return await store.LISTING.page(tx, page, asked)


@router.get("/{client_key}", dependencies=[READ])
async def client_get(client_key: UUID, tx: Tx) -> ClientOut:
    """Read a service client."""
    return ClientOut.model_validate(await store.get(tx, client_key))


@router.patch("/{client_key}", dependencies=[WRITE])
async def client_change(
    client_key: UUID,
    body: MergePatch[ClientEdit],
    expected: IfMatch,
    caller: Caller,
    tx: Tx,
    now: Now,
) -> ClientOut:
    """Rename it, or change its scopes; that counts from its next token on."""
    client = await actions.change_client(
        tx, client_key, body.applied, may=caller.may, now=now, expected=expected
    )
    return ClientOut.model_validate(client)


@router.post("/{client_key}/deactivate", dependencies=[WRITE])
async def client_deactivate(
    client_key: UUID, expected: IfMatch, tx: Tx, now: Now, body: MoveIn | None = None
) -> ClientOut:
    """Shut it out; tokens it has end within five minutes."""
    client = await actions.set_client_activity(
        tx, client_key, active=False, now=now, expected=expected
    )
    return ClientOut.model_validate(client)


@router.post("/{client_key}/reactivate", dependencies=[WRITE])
async def client_reactivate(
    client_key: UUID, expected: IfMatch, tx: Tx, now: Now, body: MoveIn | None = None
) -> ClientOut:
    """Let it in again, with the secret it had."""
    client = await actions.set_client_activity(
        tx, client_key, active=True, now=now, expected=expected
    )
    return ClientOut.model_validate(client)


@router.post("/{client_key}/rotate-secret", response_model=ClientCreated, dependencies=[WRITE])
async def client_rotate_secret(
    client_key: UUID,
    expected: IfMatch,
    caller: Caller,
    tx: Tx,
    now: Now,
    body: MoveIn | None = None,
) -> Response:
    """Give it another secret, told once; the old one is good for nothing at once."""
    client, secret = await actions.rotate_secret(
        tx, client_key, may=caller.may, now=now, expected=expected
    )
    return _told_once(client, secret, status=200)


audit = audit_router("/clients", resource=store.CLIENT, table=store.clients, dependencies=[READ])
ROUTERS = (router, audit)
