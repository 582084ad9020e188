"""Signs links as the services of records do, for tests."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from httpx import AsyncClient, Response

from chassis.foundation.clock import now as current_time
from chassis.records.attachments.signatures import FileLink, sign_link
from testkit.tokens import CALLER


def link_to(app: FastAPI, tenant: UUID, file_id: str, **changes: Any) -> str:
    """Return the path of a link to a file; `changes` replace its values."""
    values = {
        "tenant": tenant,
        "file_id": UUID(file_id),
        "attachment_id": None,
        "fetched_by": CALLER,
        "expires_at": current_time() + timedelta(minutes=5),
    }
    signed = sign_link(FileLink(**{**values, **changes}), app.state.settings.file_key)
    return f"/file-contents/{signed}"


async def fetch(
    client: AsyncClient, app: FastAPI, tenant: UUID, file_id: str, **headers: str
) -> Response:
    """Fetch a file by a link, without a token."""
    request = client.build_request("GET", link_to(app, tenant, file_id), headers=headers)
    del request.headers["Authorization"]
    return await client.send(request)
