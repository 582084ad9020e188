"""Which format a file has, and the file as rows."""

from chassis.files.formats.csv_files import read_csv
from chassis.files.formats.jsonl_files import is_jsonl, read_jsonl
from chassis.files.formats.rows import Format, Source
from chassis.files.formats.xlsx_files import read_xlsx

ZIP = b"PK\x03\x04"


def format_of(content: bytes) -> Format:
    """What the first bytes say; file names lie too often."""
    if content.startswith(ZIP):
        return Format.XLSX
    return Format.JSONL if is_jsonl(content) else Format.CSV


def read_file(content: bytes, *, sheet: str | None = None) -> Source:
    """The header and the rows. Raises Unreadable, also while the rows are read."""
    kind = format_of(content)
    if kind is Format.XLSX:
        return read_xlsx(content, sheet)
    return read_jsonl(content) if kind is Format.JSONL else read_csv(content)
