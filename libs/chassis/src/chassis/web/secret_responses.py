"""Responses that show a secret once."""

from typing import Any

from pydantic import BaseModel
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send


class SecretResponse(JSONResponse):
    """A response that sends a secret; the body stored for its Idempotency-Key lacks the secret."""

    def __init__(
        self, body: BaseModel, secret: dict[str, Any], *, status: int, location: str
    ) -> None:
        headers = {"Location": location, "Cache-Control": "no-store"}
        super().__init__(body.model_dump(mode="json"), status, headers)
        self._with_secret = body.model_copy(update=secret).model_dump(mode="json")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the secret with the headers that the route has set meanwhile, such as the ETag."""
        headers = {name: value for name, value in self.headers.items() if name != "content-length"}
        await JSONResponse(self._with_secret, self.status_code, headers)(scope, receive, send)
