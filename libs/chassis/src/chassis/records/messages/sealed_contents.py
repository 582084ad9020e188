"""The address and the values of a message on their way to desk: sealed for the tenant.

All services hold the keys of encrypted columns (`L2C_ENCRYPTION_KEYS`), so what one has sealed the
other reads; a topic, an outbox and their backups hold ciphertext.
"""

from base64 import b64decode, b64encode
from typing import Any, Final

import orjson

from chassis.database.encryption.sealing import seal, unseal

_PLACE: Final = "message_request.content"


def seal_content(content: dict[str, Any]) -> str:
    """Return a content as text that only the services of the transaction's tenant can read."""
    return b64encode(seal(orjson.dumps(content).decode(), _PLACE)).decode()


def read_content(sealed: str) -> dict[str, Any]:
    """Return what was sealed. Raises Unreadable: by a key that is not here, or changed."""
    content: dict[str, Any] = orjson.loads(unseal(b64decode(sealed), _PLACE))
    return content
