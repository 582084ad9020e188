"""Escaping of cells that a spreadsheet would interpret as formulas."""

import re

# Characters that begin a formula, or that a spreadsheet strips before it looks for one.
_FORMULA = re.compile(r"^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def escape_formula(cell: str) -> str:
    """Prefix what could be a formula with an apostrophe (OWASP, CSV injection)."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def unescape_formula(cell: str) -> str:
    """Remove the apostrophe of `escape_formula`, so that a result file can be imported again."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell
