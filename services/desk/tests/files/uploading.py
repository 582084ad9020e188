"""Uploads files as front-ends do, for tests."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from httpx import AsyncClient, Response

from desk.file_settings.domain.limits import PART_BYTES

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(2000)


def digest_of(content: bytes) -> str:
    """Return the Content-Digest of some bytes."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


def parts_of(content: bytes) -> list[bytes]:
    return [content[n : n + PART_BYTES] for n in range(0, len(content), PART_BYTES)]


async def begin(client: AsyncClient, content: bytes, name: str = "合同.pdf", **more: Any) -> str:
    body = {"file_name": name, "size": len(content), **more.pop("body", {})}
    begun = await client.post("/files", json=body, **more)
    assert begun.status_code == 201, begun.text
    file_id: str = begun.json()["id"]
    return file_id


async def put(
    client: AsyncClient, file_id: str, number: int, content: bytes, **more: Any
) -> Response:
    headers = {"Content-Digest": digest_of(content), **more.pop("headers", {})}
    path = f"/files/{file_id}/parts/{number}"
    return await client.put(path, content=content, headers=headers, **more)


async def upload(
    client: AsyncClient, content: bytes = PDF, name: str = "合同.pdf", **more: Any
) -> dict[str, Any]:
    """Upload a whole file and complete it; return it as the API shows it."""
    headers = more.pop("headers", {})
    file_id = await begin(client, content, name, headers=headers, **more)
    for number, part in enumerate(parts_of(content), start=1):
        sent = await put(client, file_id, number, part, headers=headers)
        assert sent.status_code == 200, sent.text
    completed = await client.post(f"/files/{file_id}/complete", headers=headers)
    assert completed.status_code == 200, completed.text
    file: dict[str, Any] = completed.json()
    return file


def code_of(refused: Response) -> tuple[int, str]:
    """Return the status and the code of a problem, or of its first violation."""
    body = refused.json()
    return refused.status_code, (body.get("errors") or [body])[0]["code"]


def objects_in(folder: Path) -> list[Path]:
    """Return the objects of a store that is a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]
