"""Where the bytes of a file are fetched, by whoever holds a link that a service signed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Final
from urllib.parse import quote

import structlog
from cryptography.exceptions import InvalidTag
from fastapi import Depends, Header, Path, Request, Response
from starlette.responses import StreamingResponse

from chassis.foundation.clock import Now
from chassis.foundation.context import current, replace_current
from chassis.foundation.refusals import Unavailable
from chassis.foundation.settings import Settings
from chassis.records.access_keys.entry import AccessKeyRefused
from chassis.records.access_keys.limits import AccessKeyLimits
from chassis.records.attachments.signatures import FileLink, read_link
from chassis.web.auth import Principal
from chassis.web.client_address import request_source
from chassis.web.entrances import ENTRANCES, Entrance
from chassis.web.problems import ProblemDetails, problem_response
from chassis.web.routing import new_router
from chassis.web.streams import short_transaction
from desk.file_settings.domain.media_types import UNKNOWN_TYPE
from desk.files.actions.downloads import OpenedFile, open_link
from desk.files.domain.ranges import ByteRange, UnsatisfiableRange, requested_range
from desk.files.store.objects import file_store

log = structlog.get_logger()

REQUESTS_PER_MINUTE: Final = 600  # of one file; players and readers of PDFs ask for many ranges
DESCRIPTION: Final = (
    "No bearer token is needed: the link was signed by the service of the record that has the file,"
    " for who may see it, and expires after minutes. An expired or altered link, and one to a file"
    " that its record no longer has, are all answered by the same 404."
)
# Nothing that is fetched here runs: it is saved, not shown; not guessed to be a page; and if a
# browser shows it all the same, it has no origin, no scripts and no network.
SAFE_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-site",
    "Accept-Ranges": "bytes",
}
BINARY: Final = {"content": {"application/octet-stream": {"schema": {"type": "string"}}}}
content_router = new_router("/file-contents", tag="files")


async def _link(
    request: Request,
    link: Annotated[str, Path(description="The signed link", max_length=1000)],
    now: Now,
) -> FileLink:
    """Return what the link says, and make its holder the caller. Raises AccessKeyRefused."""
    settings: Settings = request.app.state.settings
    limits: AccessKeyLimits = request.app.state.access_key_limits
    found = read_link(link, settings.file_key, now=now)
    if found is None:
        limits.count_failure(request_source(request))
        raise AccessKeyRefused
    limits.count_request(found.file_id, REQUESTS_PER_MINUTE)
    request.state.principal = _caller(found)
    replace_current(replace(current(), actor=found.fetched_by, tenant=str(found.tenant)))
    return found


ENTRANCES[_link] = Entrance("desk.file.fetch", description=DESCRIPTION)


@content_router.get(
    "/{link}",
    response_class=Response,
    summary="Fetch a file, or a range of it",
    responses={
        200: {**BINARY, "description": "The whole file"},
        206: {**BINARY, "description": "The range that was asked for"},
        416: {"description": "The range begins behind the end of the file"},
    },
)
async def file_fetch(
    request: Request,
    link: Annotated[FileLink, Depends(_link)],
    range_header: Annotated[str | None, Header(alias="Range", examples=["bytes=0-1023"])] = None,
    if_range: Annotated[
        str | None, Header(alias="If-Range", description="The `ETag` of the first answer")
    ] = None,
) -> Response:
    """Stream the bytes as an attachment, one range at most; several ranges get the whole file."""
    async with short_transaction(request, _caller(link)) as tx:
        opened = await open_link(tx, link)
    if opened is None:
        raise AccessKeyRefused
    etag = f'"{opened.file.sha256}"'
    try:
        wanted = requested_range(
            range_header if if_range in (None, etag) else None, opened.file.size
        )
    except UnsatisfiableRange:
        details = ProblemDetails(416, "RANGE_UNSATISFIABLE", {})
        refused = problem_response(request, details)
        refused.headers["Content-Range"] = f"bytes */{opened.file.size}"
        return refused
    part = wanted or ByteRange(0, opened.file.size)
    first, rest = await _begun(opened, part)
    await log.ainfo("file_fetched", file=str(opened.file.id), by=link.fetched_by)
    headers = _headers(opened, part, etag)
    if wanted is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{opened.file.size}"
    status = 200 if wanted is None else 206
    return StreamingResponse(_pieces(first, rest), status_code=status, headers=headers)


def _caller(link: FileLink) -> Principal:
    """Return the holder of a link: who it was signed for, without any scope."""
    return Principal(link.tenant, link.fetched_by, "access_key", frozenset())


def _headers(opened: OpenedFile, part: ByteRange, etag: str) -> dict[str, str]:
    file = opened.file
    return {
        **SAFE_HEADERS,
        "Content-Type": file.media_type or UNKNOWN_TYPE,  # without a charset: nobody declared one
        "ETag": etag,
        "Content-Length": str(part.length),
        "Content-Disposition": disposition(file.display_name),
    }


async def _begun(opened: OpenedFile, part: ByteRange) -> tuple[bytes, AsyncIterator[bytes]]:
    """Return the first piece and the rest, so that a store that fails is answered with 503."""
    pieces = opened.contents.read(file_store(), part)
    try:
        return await anext(pieces), pieces
    except (OSError, InvalidTag) as error:
        await log.aerror("file_unreadable", file=str(opened.file.id), exc_info=error)
        raise Unavailable("FILE_STORE_UNAVAILABLE") from error


async def _pieces(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def disposition(name: str) -> str:
    """Return the header that lets a browser save a file under its name (RFC 6266)."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
