"""Erasure of a person from files of every format, and from tables of any size."""

import io
import zipfile
from uuid import UUID

import pytest
import xlsxwriter
from sqlalchemy import insert, select, text

from chassis.files.exports.tables import export_parts
from chassis.files.imports.tables import import_sources
from chassis.tenancy import row_pages, tasks
from chassis.tenancy.redacted_files import redact_file
from chassis.tenancy.redaction import ErasureSubject
from kernel.ids import new_id
from libs.chassis.tests.tenancy.running import reported, request_task, run, write_notes
from testkit.plugin import Committed

PHONE, MAIL = "+8613800138000", "li.na@example.com"
LINES = f"name,phone,email\n李娜上,13800138000,{MAIL.upper()}\n王芳,13900139000,w@example.com\n"
CLEAN = f"name,phone,email\n李娜上,{'*' * 11},{'*' * 17}\n王芳,13900139000,w@example.com\n"


def workbook(*cells: str) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    sheet = book.add_worksheet()
    for row, cell in enumerate(cells):
        sheet.write_string(row, 0, cell)
    book.close()
    return out.getvalue()


async def put_file(committed: Committed, tenant: UUID, content: bytes) -> UUID:
    import_id = new_id()
    async with committed.app.begin(tenant) as tx:
        await tx.execute(insert(import_sources).values(import_id=import_id, content=content))
    return import_id


async def file_of(committed: Committed, tenant: UUID, import_id: UUID) -> bytes:
    async with committed.app.begin(tenant) as tx:
        is_import = import_sources.c.import_id == import_id
        result = await tx.execute(select(import_sources.c.content).where(is_import))
        return bytes(result.scalar_one())


async def erase(committed: Committed, tenant: UUID) -> int:
    await request_task(committed, tenant, "ERASE", phones=(PHONE,), emails=(MAIL,))
    return await run(committed, tenant)


@pytest.mark.parametrize(
    ("content", "clean"),
    [
        (LINES.encode(), CLEAN.encode()),
        (LINES.encode("gb18030"), CLEAN.encode("gb18030")),
        (
            LINES.encode("utf-16"),
            LINES.replace("13800138000", "***").replace(MAIL.upper(), "***").encode("utf-16"),
        ),
        (
            b"\xfe\xff" + "上\n+8613800138000".encode("utf-16-be"),
            b"\xfe\xff" + "上\n***".encode("utf-16-be"),
        ),
        (b"\xff\xfe" + "13800138000".encode("utf-16-le") + b"x", b""),
        (workbook("王芳", "call 13800138000"), b""),
        (workbook("王芳", MAIL.upper()), b""),
        (b"PK\x03\x04 no archive", b""),
    ],
    ids=["utf-8", "gb18030", "utf-16", "utf-16-be", "broken", "xlsx", "xlsx-mail", "no-archive"],
)
async def test_files_naming_the_person_are_redacted(
    committed: Committed, tenant: UUID, content: bytes, clean: bytes
) -> None:
    import_id = await put_file(committed, tenant, content)
    await erase(committed, tenant)
    assert await file_of(committed, tenant, import_id) == clean


SPELLINGS = [
    "138-0013-8000",
    "+86 138 0013 8000",
    "138\u20130013\u20138000",
    "0086(138)0013.8000",
    "138/0013/8000",
    "138\u00a00013\u00a08000",
    "１３８００１３８０００",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
async def test_a_number_is_found_in_files_as_in_texts(
    committed: Committed, tenant: UUID, spelling: str, encoding: str
) -> None:
    content = f"李娜上,{spelling},x\n王芳,139-0013-9000,y\n".encode(encoding)
    stars = "*" * len(spelling.encode(encoding))
    import_id = await put_file(committed, tenant, content)
    await erase(committed, tenant)
    left = f"李娜上,{stars},x\n王芳,139-0013-9000,y\n".encode(encoding)
    assert await file_of(committed, tenant, import_id) == left


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_number_is_found_in_archives_and_utf_16_as_in_texts(spelling: str) -> None:
    person = ErasureSubject(requested_values={PHONE})
    assert redact_file(workbook("x", f"call {spelling}"), person) == b""
    assert redact_file(f"x,{spelling}\n".encode("utf-16"), person) == "x,***\n".encode("utf-16")
    other = workbook("x", "139-0013-9000", "1138-0013-80001")
    assert redact_file(other, person) == other


@pytest.mark.parametrize("spelling", ["Zoé  Müller", "ZOÉ\u00a0MÜLLER", "Zoé Müller"])
def test_a_name_is_found_in_files_as_in_texts(spelling: str) -> None:
    person = ErasureSubject(found_values={"Zoé Müller"})
    stars = "*" * len(spelling.encode())
    assert redact_file(f"x,{spelling},Zoë\n".encode(), person) == f"x,{stars},Zoë\n".encode()


@pytest.mark.parametrize(
    "content",
    [workbook("王芳", "13900139000"), "王芳,139".encode("utf-16"), "王芳".encode("gb18030")],
)
async def test_files_of_other_people_are_unchanged(
    committed: Committed, tenant: UUID, content: bytes
) -> None:
    import_id = await put_file(committed, tenant, content)
    await erase(committed, tenant)
    assert await file_of(committed, tenant, import_id) == content


async def test_a_large_text_is_redacted_too(
    committed: Committed, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.tenancy.redaction_scan.MAX_SEARCHED_BYTES", 10)
    import_id = await put_file(committed, tenant, LINES.encode())
    await erase(committed, tenant)
    assert await file_of(committed, tenant, import_id) == CLEAN.encode()


async def test_all_parts_of_a_compressed_export_are_deleted(
    committed: Committed, tenant: UUID
) -> None:
    """Exports that do not name the person are kept."""
    theirs, others = workbook("x" * 9_000, "13800138000"), workbook("x" * 9_000, "13900139000")
    ids = {new_id(): theirs, new_id(): others}
    async with committed.app.begin(tenant) as tx:
        for export_id, content in ids.items():
            for part, start in enumerate(range(0, len(content), 1_000)):
                piece = content[start : start + 1_000]
                values = {"export_id": export_id, "part": part, "content": piece}
                await tx.execute(insert(export_parts).values(values))
    await erase(committed, tenant)
    async with committed.app.begin(tenant) as tx:
        rows = (await tx.execute(select(export_parts).order_by(export_parts.c.part))).all()
    left = {one: b"".join(r.content for r in rows if r.export_id == one) for one in ids}
    assert list(left.values()) == [b"", others]


def test_an_oversized_archive_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.tenancy.redacted_files.MAX_UNPACKED", 1_000)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.xml", "0" * 5_000)
    assert redact_file(out.getvalue(), ErasureSubject(requested_values={"13800138000"})) == b""


def test_a_value_across_two_pieces_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.tenancy.redacted_files.PIECE", 7)
    assert (
        redact_file(workbook("13800138000"), ErasureSubject(requested_values={"13800138000"}))
        == b""
    )


async def test_tables_are_scanned_to_their_end(
    committed: Committed, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scan takes a transaction per page, and continues after a page without matches."""
    monkeypatch.setattr(row_pages, "ROW_PAGE_SIZE", 3)
    texts = [f"call {PHONE}" if n not in (3, 4, 5) else "another" for n in range(11)]
    await write_notes(committed, tenant, *texts)
    assert await erase(committed, tenant) > 11 // 3
    async with committed.app.begin(tenant) as tx:
        left = (await tx.execute(text("SELECT text FROM notes ORDER BY id"))).scalars().all()
    assert sorted(left) == ["another"] * 3 + ["call ***"] * 8
    counted = {e["table"]: e["rows"] for e in (await reported(committed, tenant)).payload["tables"]}
    assert (counted["notes"], counted["outbox"]) == (8, 8)
    assert tasks.REPORT_NOTES["ERASE"][-1] == "TENANT_EXPORTS_7_DAYS"
