from uuid import UUID

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from chassis.auth import Caller, allow
from chassis.clock import Now
from chassis.pages import Page, PageParams
from chassis.routing import new_router
from chassis.transaction import Tx
from org.clients import actions, store
from org.clients.domain import Client
from org.clients.schemas import ClientCreated, ClientIn, ClientOut
from org.logins.actions import ensure_may_grant

router = new_router("/clients", tag="clients")
READ, WRITE = allow("org.client.read"), allow("org.client.write")


class ToldOnce(JSONResponse):
    """Sends the secret; its body, which an Idempotency-Key stores and replays, is without it."""

    def __init__(self, client: Client, secret: str) -> None:
        location = {"Location": f"/org/v1/clients/{client.id}", "Cache-Control": "no-store"}
        shown = ClientCreated(**ClientOut.model_validate(client).model_dump(), client_secret=None)
        super().__init__(shown.model_dump(mode="json"), 201, location)
        told = shown.model_copy(update={"client_secret": secret})
        self._told = JSONResponse(told.model_dump(mode="json"), 201, location)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._told(scope, receive, send)


@router.post("", status_code=201, response_model=ClientCreated, dependencies=[WRITE])
async def client_create(body: ClientIn, caller: Caller, tx: Tx, now: Now) -> Response:
    """Add a service client, with scopes that the caller has too; its secret is told once."""
    ensure_may_grant(body.scopes, may=caller.may)
    client, secret = await actions.create_client(
        tx, name=body.name, client_id=body.client_id, scopes=tuple(body.scopes), now=now
    )
    return ToldOnce(client, secret)


@router.get("", dependencies=[READ])
async def client_list(tx: Tx, page: PageParams) -> Page[ClientOut]:
    """List service clients, newest first."""
    return await store.read_page(tx, page)


@router.get("/{client_key}", dependencies=[READ])
async def client_get(client_key: UUID, tx: Tx) -> ClientOut:
    """Read a service client."""
    return ClientOut.model_validate(await store.get(tx, client_key))
