"""The routes of service clients."""

from uuid import UUID

from starlette.responses import Response

from chassis.records.audit.routes import audit_router
from chassis.records.lists.list_routes import add_list_routes
from chassis.web.auth import allow
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand, CreateCommand
from chassis.web.patches import MergePatch
from chassis.web.routing import new_router
from chassis.web.secret_responses import SecretResponse
from chassis.web.transaction import Tx
from kernel.ids import new_id
from org.clients import actions
from org.clients.domain import Client, new_client
from org.clients.schemas import ClientEdit, ClientIn, ClientOut, ClientWithSecret
from org.clients.store import CLIENT, LISTING

router = new_router("/clients", tag="clients")
READ, WRITE = allow("org.client.read"), allow("org.client.write")


def _secret_response(client: Client, secret: str, *, status: int) -> Response:
    body = ClientWithSecret(**ClientOut.model_validate(client).model_dump(), client_secret=None)
    location = f"/org/v1/clients/{client.id}"
    return SecretResponse(body, {"client_secret": secret}, status=status, location=location)


@router.post("", status_code=201, response_model=ClientWithSecret, dependencies=[WRITE])
async def client_create(body: ClientIn, command: CreateCommand) -> Response:
    """Add a service client; its secret is shown only in this answer.

    Callers can grant only scopes they have. A client sees every row of the resources it may read,
    so the caller needs the `.all` scopes of these resources.
    """
    client = new_client(new_id(), **vars(body), now=command.now)
    return _secret_response(*await actions.create_client(command, client), status=201)


add_list_routes(router, LISTING)


@router.get("/{client_key}", dependencies=[READ])
async def client_get(client_key: UUID, tx: Tx) -> ClientOut:
    """Read a service client."""
    return ClientOut.model_validate(await CLIENT.get(tx, client_key))


@router.patch("/{client_key}", dependencies=[WRITE])
async def client_edit(
    client_key: UUID, body: MergePatch[ClientEdit], command: ChangeCommand
) -> ClientOut:
    """Rename a client or change its scopes; a client that loses one needs a new token."""
    client = await actions.edit_client(command, client_key, body.applied)
    return ClientOut.model_validate(client)


@router.post("/{client_key}/deactivate", dependencies=[WRITE])
async def client_deactivate(
    client_key: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> ClientOut:
    """Deactivate a client; its tokens are refused, in other services within seconds."""
    client = await actions.set_client_active(command, client_key, active=False)
    return ClientOut.model_validate(client)


@router.post("/{client_key}/reactivate", dependencies=[WRITE])
async def client_reactivate(
    client_key: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> ClientOut:
    """Reactivate a client with the secret it had."""
    client = await actions.set_client_active(command, client_key, active=True)
    return ClientOut.model_validate(client)


@router.post("/{client_key}/rotate-secret", response_model=ClientWithSecret, dependencies=[WRITE])
async def client_rotate_secret(
    client_key: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> Response:
    """Issue a new secret, shown only in this answer; the old one and its tokens stop working."""
    client, secret = await actions.rotate_client_secret(command, client_key)
    return _secret_response(client, secret, status=200)


audit = audit_router("/clients", resource="org.client", table=CLIENT.table, dependencies=[READ])
ROUTERS = (router, audit)
