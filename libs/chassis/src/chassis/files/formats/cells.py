"""Cells that people open in a spreadsheet, which must not take them for formulas."""

import re

# What spreadsheets take for a formula, or what they cut off to find one.
_FORMULA = re.compile(r"^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def escape_formula(cell: str) -> str:
    """With an apostrophe before what could be a formula, as people write it (OWASP)."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def unescape_formula(cell: str) -> str:
    """Without the apostrophe of `escape_formula`, so that a result file can be sent in again."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell
