"""Format detection, and reading of a file of any format."""

from collections.abc import Sequence

from chassis.files.formats.code_pages import Encoding
from chassis.files.formats.csv_files import read_csv
from chassis.files.formats.jsonl_files import is_jsonl, read_jsonl
from chassis.files.formats.rows import FileFormat, SourceFile
from chassis.files.formats.vcard_files import is_vcard, read_vcards
from chassis.files.formats.xlsx_files import read_xlsx

ZIP_SIGNATURE = b"PK\x03\x04"


def detect_format(content: bytes) -> FileFormat:
    """Detect the format from the content; file names are unreliable."""
    if content.startswith(ZIP_SIGNATURE):
        return FileFormat.XLSX
    if is_vcard(content):
        return FileFormat.VCARD
    return FileFormat.JSONL if is_jsonl(content) else FileFormat.CSV


def read_file(
    content: bytes,
    *,
    sheet: str | None = None,
    encoding: Encoding | None = None,
    languages: Sequence[str] = (),
) -> SourceFile:
    """Read the header and the rows.

    `encoding` is the one declared for a CSV file or vCards; without it, `languages` help to
    recognize it.
    Raises UnreadableFile, also during iteration over the rows.
    """
    format = detect_format(content)
    if format is FileFormat.XLSX:
        return read_xlsx(content, sheet)
    if format is FileFormat.JSONL:
        return read_jsonl(content)
    if format is FileFormat.VCARD:
        return read_vcards(content, encoding, languages)
    return read_csv(content, encoding, languages)
