"""Which format a file has, and the file as rows."""

from chassis.files.formats.csv_files import read_csv
from chassis.files.formats.jsonl_files import is_jsonl, read_jsonl
from chassis.files.formats.rows import FileFormat, SourceFile
from chassis.files.formats.xlsx_files import read_xlsx

ZIP_SIGNATURE = b"PK\x03\x04"


def detect_format(content: bytes) -> FileFormat:
    """What the first bytes say; file names lie too often."""
    if content.startswith(ZIP_SIGNATURE):
        return FileFormat.XLSX
    return FileFormat.JSONL if is_jsonl(content) else FileFormat.CSV


def read_file(content: bytes, *, sheet: str | None = None) -> SourceFile:
    """The header and the rows. Raises Unreadable, also while the rows are read."""
    kind = detect_format(content)
    if kind is FileFormat.XLSX:
        return read_xlsx(content, sheet)
    return read_jsonl(content) if kind is FileFormat.JSONL else read_csv(content)
