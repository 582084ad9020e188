"""Numbers that a workbook shows with leading zeros (42 as 00042), which it does not hold."""

import re
import zipfile
from collections.abc import Mapping

from chassis.files.formats.xlsx_parts import CellPlaces, Place, elements, parse, path_of

_STYLES = "xl/styles.xml"
# What is shown as it is written: quoted, escaped, in brackets, or as wide as a character.
_LITERALS = re.compile(r'"[^"]*"|\\[^"\\]|\[[^\]]*\]|_.|\*.')
_NO_NUMBER = re.compile("[dhmsyebg@]", re.IGNORECASE)  # a date, a scientific number, or text


def padded_numbers(packed: zipfile.ZipFile, sheet: str | None) -> frozenset[Place]:
    """Return the places of numbers with fewer digits than their format shows.

    Raises expat.ExpatError, KeyError for a damaged workbook.
    """
    widths = _widths_by_style(packed)
    path = path_of(packed, sheet)
    if path is None or not widths:
        return frozenset()
    cells = _PaddedCells(widths)
    with packed.open(path) as stream:
        parse(stream, cells.start, cells.end, cells.text)
    return frozenset(cells.padded)


def padded_width(number_format: str) -> int:
    """Return how many digits a number format shows at least before the point."""
    positive = _LITERALS.sub("", number_format).partition(";")[0]
    return 0 if _NO_NUMBER.search(positive) else positive.partition(".")[0].count("0")


def _widths_by_style(packed: zipfile.ZipFile) -> Mapping[str, int]:
    """The digits that each cell style shows at least, of the styles that pad numbers."""
    if _STYLES not in packed.namelist():
        return {}
    formats: dict[str, int] = {}
    styles: list[str] = []
    in_cells = False
    with packed.open(_STYLES) as stream:
        for tag, attributes in elements(stream):
            if tag == "numFmt":
                formats[attributes.get("numFmtId", "")] = padded_width(
                    attributes.get("formatCode", "")
                )
            elif tag in ("cellStyleXfs", "cellXfs", "cellStyles", "dxfs"):
                in_cells = tag == "cellXfs"
            elif tag == "xf" and in_cells:
                styles.append(attributes.get("numFmtId", ""))
    widths = {str(place): formats.get(one, 0) for place, one in enumerate(styles)}
    return {style: width for style, width in widths.items() if width > 1}


class _PaddedCells:
    """Collects the cells whose number has fewer digits than their style shows."""

    def __init__(self, widths: Mapping[str, int]) -> None:
        self.padded: set[Place] = set()
        self._widths = widths
        self._places = CellPlaces()
        self._width, self._in_value, self._text = 0, False, ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._places.start(tag, attributes)
        if tag == "c":
            is_number = attributes.get("t", "n") == "n"
            self._width = self._widths.get(attributes.get("s", "0"), 0) if is_number else 0
            self._text = ""
        self._in_value = tag == "v"

    def text(self, text: str) -> None:
        if self._in_value:
            self._text += text

    def end(self, tag: str) -> None:
        self._in_value = False
        if tag == "c" and self._width and self._text.strip():
            whole = self._text.strip().lstrip("-").partition(".")[0]
            if whole.isdigit() and len(whole) < self._width:
                self.padded.add((self._places.row, self._places.column))
