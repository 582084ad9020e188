"""Files of quotes: uploaded in parts, attached, fetched, detached, restored, and left behind."""

import asyncio
import base64
import hashlib
from collections import Counter
from typing import Final

from desk.file_settings.domain.limits import PART_BYTES
from tests.soak.client import Caller, Json, Refused, Unanswered
from tests.soak.evidence import Evidence
from tests.soak.stage import Stage, Violations, Walk

COURSES: Final = ("keep", "detach", "restore", "leave behind", "break off")
HEAD: Final = b"%PDF-1.7\n"


def content_of(nth: int) -> bytes:
    """Return the bytes of a walk's file: every eighth has two parts, the others one."""
    size = PART_BYTES + 1000 if nth % 8 == 0 else 20_000
    words = f"walk {nth} ".encode()
    return (HEAD + words * (size // len(words) + 1))[:size]


async def run(walk: Walk) -> None:
    """Upload a file, and do with it what the course of this walk says."""
    seller, course = walk.callers["seller"], COURSES[walk.nth % len(COURSES)]
    record, content = f"/cpq/v1/quotes/{walk.ids['quote']}", content_of(walk.nth)
    file = await _upload(seller, content, stop=course == "break off")
    if course in ("leave behind", "break off"):
        return
    attached = await seller.post(f"{record}/files", {"ticket": file["ticket"]})
    path = f"{record}/files/{attached['id']}"
    await _ensure_same(seller, path, content)
    if course == "keep":
        return
    await seller.delete(path)
    if course == "restore":
        await seller.post(f"{path}/restore")
        await _ensure_same(seller, path, content)


async def _upload(seller: Caller, content: bytes, *, stop: bool) -> Json:
    body = {"file_name": "扫描件.pdf", "size": len(content)}
    body["sha256"] = hashlib.sha256(content).hexdigest()
    file = await seller.post("/desk/v1/files", body)
    path = f"/desk/v1/files/{file['id']}"
    for start in range(0, len(content), PART_BYTES):
        part = content[start : start + PART_BYTES]
        digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
        number, headers = start // PART_BYTES + 1, {"Content-Digest": f"sha-256=:{digest}:"}
        await seller.put_bytes(f"{path}/parts/{number}", part, headers)
    return file if stop else await seller.post(f"{path}/complete", seen=file)


async def _ensure_same(seller: Caller, path: str, content: bytes) -> None:
    """Fetch the file until it has passed its check. Raises Unanswered for other bytes.

    Desk may not have heard of the attachment yet: its link opens nothing then.
    """
    for _ in range(200):
        link = await seller.post(f"{path}/link")
        try:
            fetched = await seller.fetch(link["url"])
        except Refused as refused:
            if refused.status not in (404, 409):
                raise
            await asyncio.sleep(0.5)
            continue
        if fetched != content:
            raise Unanswered(f"{path} has {len(fetched)} other bytes")
        return
    raise Unanswered(f"{path} was never served")


async def both_sides_agree(evidence: Evidence) -> Violations:
    """Desk knows exactly the attachments that the service of the records has."""
    here = await evidence.rows(
        "cpq", "SELECT id, file_id, deleted_at IS NOT NULL AS gone FROM attachments"
    )
    there = await evidence.rows("desk", "SELECT id, file_id, deleted AS gone FROM file_attachments")
    known = {row["id"]: (row["file_id"], row["gone"]) for row in there}
    return [
        f"attachment {row['id']} is {(row['file_id'], row['gone'])} in cpq and"
        f" {known.get(row['id'])} in desk"
        for row in here
        if known.get(row["id"]) != (row["file_id"], row["gone"])
    ]


async def files_have_their_bytes(evidence: Evidence) -> Violations:
    """The parts of a file that can be served are as long together as the file, each there once."""
    rows = await evidence.rows(
        "desk",
        "SELECT f.id, f.size, coalesce(sum(p.size), 0) AS stored, count(p.id) AS parts,"
        " count(DISTINCT p.number) AS numbers FROM files f LEFT JOIN file_parts p"
        " ON p.tenant_id = f.tenant_id AND p.file_id = f.id AND p.kept_at IS NOT NULL"
        " AND p.drop_after IS NULL WHERE f.status IN ('READY', 'CHECKING') GROUP BY f.id, f.size",
    )
    return [
        f"file {row['id']} of {row['size']} bytes has {row['stored']} in {row['parts']} parts"
        for row in rows
        if row["stored"] != row["size"] or row["parts"] != row["numbers"]
    ]


async def storage_is_counted(evidence: Evidence) -> Violations:
    """What a tenant uses is the sum of its files."""
    rows = await evidence.rows(
        "desk",
        "SELECT u.tenant_id, u.bytes, (SELECT coalesce(sum(f.size), 0) FROM files f"
        " WHERE f.tenant_id = u.tenant_id AND f.status NOT IN ('INFECTED', 'BROKEN', 'ERASED'))"
        " AS files FROM file_usage u",
    )
    return [
        f"tenant {row['tenant_id']} uses {row['bytes']} bytes and has {row['files']}"
        for row in rows
        if row["bytes"] != row["files"]
    ]


async def what_was_attached_is_there(evidence: Evidence) -> Violations:
    """Every file that a record has can be served: no fault took it, and no collector."""
    attached = await evidence.rows(
        "cpq", "SELECT file_id FROM attachments WHERE deleted_at IS NULL"
    )
    found = await evidence.rows("desk", "SELECT id, status FROM files")
    status_of = {row["id"]: row["status"] for row in found}
    wrong = Counter(
        status_of.get(row["file_id"], "gone")
        for row in attached
        if status_of.get(row["file_id"]) != "READY"
    )
    return [f"{count} attached files are {status}" for status, count in sorted(wrong.items())]


STAGE = Stage(
    "files",
    run,
    after=("cpq",),
    invariants={
        "both sides agree": both_sides_agree,
        "files have their bytes": files_have_their_bytes,
        "storage is counted": storage_is_counted,
        "what was attached is there": what_was_attached_is_there,
    },
)
