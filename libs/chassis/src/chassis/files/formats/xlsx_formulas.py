"""Formulas of a workbook whose results are not stored: a program wrote them, no spreadsheet did."""

import re
import zipfile

from chassis.files.formats.xlsx_parts import CellPlaces, Place, parse, path_of
from chassis.foundation.archives import PIECE

_FORMULA = re.compile(rb"<([A-Za-z]\w*:)?f[\s>/]")


def formulas_without_results(packed: zipfile.ZipFile, sheet: str | None) -> frozenset[Place]:
    """Return the places of the cells of a sheet (the first by default) with a formula alone.

    Raises expat.ExpatError, KeyError for a damaged workbook.
    """
    path = path_of(packed, sheet)
    if path is None or not _has_formulas(packed, path):
        return frozenset()
    cells = _FormulaCells()
    with packed.open(path) as stream:
        parse(stream, cells.start, cells.end, cells.text)
    return frozenset(cells.empty)


def _has_formulas(packed: zipfile.ZipFile, path: str) -> bool:
    tail = b""
    with packed.open(path) as stream:
        while piece := stream.read(PIECE):
            if _FORMULA.search(tail + piece):
                return True
            tail = piece[-100:]
    return False


class _FormulaCells:
    """Collects the cells whose formula has no value beside it."""

    def __init__(self) -> None:
        self.empty: set[Place] = set()
        self._places = CellPlaces()
        self._has_formula = self._has_value = self._in_value = self._is_text = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._places.start(tag, attributes)
        if tag == "c":
            # The result of a formula may be an empty text.
            self._is_text = attributes.get("t") == "str"
            self._has_formula = self._has_value = False
        elif tag == "f":
            self._has_formula = True
        elif tag in ("v", "t"):
            self._in_value = True

    def text(self, text: str) -> None:
        self._has_value = self._has_value or (self._in_value and bool(text.strip()))

    def end(self, tag: str) -> None:
        if tag in ("v", "t"):
            self._in_value = False
        elif tag == "c" and self._has_formula and not (self._has_value or self._is_text):
            self.empty.add((self._places.row, self._places.column))
