"""The routes of service clients."""

from uuid import UUID

from starlette.responses import Response

from chassis.foundation.clock import Now
from chassis.records.audit.routes import audit_router
from chassis.records.lists.list_routes import add_list_routes
from chassis.web.auth import Caller, allow
from chassis.web.bodies import EmptyBody
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from org.clients import actions, store
from org.clients.domain import Client
from org.clients.schemas import ClientEdit, ClientIn, ClientOut, ClientWithSecret
from org.logins.routes import SecretResponse

router = new_router("/clients", tag="clients")
READ, WRITE = allow("org.client.read"), allow("org.client.write")


def _secret_response(client: Client, secret: str, *, status: int) -> Response:
    body = ClientWithSecret(**ClientOut.model_validate(client).model_dump(), client_secret=None)
    location = f"/org/v1/clients/{client.id}"
    return SecretResponse(body, {"client_secret": secret}, status=status, location=location)


@router.post("", status_code=201, response_model=ClientWithSecret, dependencies=[WRITE])
async def client_create(body: ClientIn, caller: Caller, tx: Tx, now: Now) -> Response:
    """Add a service client; its secret is shown only in this answer.

    Callers can grant only scopes they have. A client sees every row of the resources it may read,
    so the caller needs the `.all` scopes of these resources.
    """
    client, secret = await actions.create_client(
        tx,
        name=body.name,
        client_id=body.client_id,
        scopes=tuple(body.scopes),
        has_scope=caller.may,
        now=now,
    )
    return _secret_response(client, secret, status=201)


add_list_routes(router, store.LISTING)


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
    """Rename a client or change its scopes, which take effect with its next token."""
    client = await actions.change_client(
        tx, client_key, body.applied, has_scope=caller.may, now=now, expected=expected
    )
    return ClientOut.model_validate(client)


@router.post("/{client_key}/deactivate", dependencies=[WRITE])
async def client_deactivate(
    client_key: UUID, expected: IfMatch, tx: Tx, now: Now, body: EmptyBody | None = None
) -> ClientOut:
    """Deactivate a client; its existing tokens expire within five minutes."""
    client = await actions.set_client_active(
        tx, client_key, active=False, now=now, expected=expected
    )
    return ClientOut.model_validate(client)


@router.post("/{client_key}/reactivate", dependencies=[WRITE])
async def client_reactivate(
    client_key: UUID, expected: IfMatch, tx: Tx, now: Now, body: EmptyBody | None = None
) -> ClientOut:
    """Reactivate a client with the secret it had."""
    client = await actions.set_client_active(
        tx, client_key, active=True, now=now, expected=expected
    )
    return ClientOut.model_validate(client)


@router.post("/{client_key}/rotate-secret", response_model=ClientWithSecret, dependencies=[WRITE])
async def client_rotate_secret(
    client_key: UUID,
    expected: IfMatch,
    caller: Caller,
    tx: Tx,
    now: Now,
    body: EmptyBody | None = None,
) -> Response:
    """Issue a new secret, shown only in this answer; the old one stops working at once."""
    client, secret = await actions.rotate_client_secret(
        tx, client_key, has_scope=caller.may, now=now, expected=expected
    )
    return _secret_response(client, secret, status=200)


audit = audit_router("/clients", resource=store.CLIENT, table=store.clients, dependencies=[READ])
ROUTERS = (router, audit)
