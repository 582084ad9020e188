"""The body of an uploaded file and of a downloaded one, as the API page describes them."""

from typing import Annotated, Any

from fastapi import Depends, Request

from chassis.files.formats.rows import MAX_FILE_BYTES
from chassis.files.imports.template_routes import XLSX_MEDIA_TYPE

FILE_REQUEST = {
    "x-max-body-bytes": MAX_FILE_BYTES,
    "requestBody": {
        "required": True,
        "description": "A file with a header: CSV (RFC 4180, in any `Encoding`), XLSX, or JSON"
        " Lines. The format is detected from the content",
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": "姓名,手机\n王芳,13800138000\n"},
            XLSX_MEDIA_TYPE: {"schema": {"type": "string", "contentMediaType": XLSX_MEDIA_TYPE}},
            "application/jsonl": {"schema": {"type": "string"}},
        },
    },
}
CSV_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The rows"}
}


async def _body(request: Request) -> bytes:
    return await request.body()


# Read before the route's guard opens `Tx`: a slow upload must not hold a transaction open.
RAW_BODY = Depends(_body)
FileContent = Annotated[bytes, RAW_BODY]
