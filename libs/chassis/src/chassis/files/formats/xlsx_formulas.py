"""Formulas of a workbook whose results are not stored: a program wrote them, no spreadsheet did."""

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import IO
from xml.parsers import expat

from chassis.foundation.archives import PIECE

_FORMULA = re.compile(rb"<([A-Za-z]\w*:)?f[\s>/]")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_RELATIONS = "xl/_rels/workbook.xml.rels"

Place = tuple[int, int]  # row and column, both from 0


def formulas_without_results(packed: zipfile.ZipFile, sheet: str | None) -> frozenset[Place]:
    """Return the places of the cells of a sheet (the first by default) with a formula alone.

    Raises expat.ExpatError, KeyError for a damaged workbook.
    """
    path = _path_of(packed, sheet)
    if path is None or not _has_formulas(packed, path):
        return frozenset()
    cells = _FormulaCells()
    with packed.open(path) as stream:
        _parse(stream, cells.start, cells.end, cells.text)
    return frozenset(cells.empty)


def _path_of(packed: zipfile.ZipFile, sheet: str | None) -> str | None:
    """The name of the archived file that holds a sheet."""
    relations: dict[str, str] = {}
    with packed.open(_RELATIONS) as stream:
        for tag, attributes in _elements(stream):
            if tag == "Relationship":
                relations[attributes["Id"]] = attributes["Target"]
    with packed.open("xl/workbook.xml") as stream:
        for tag, attributes in _elements(stream):
            if tag == "sheet" and sheet in (None, attributes.get("name")):
                key = next((v for k, v in attributes.items() if k.endswith(":id")), "")
                target = relations.get(key, "")
                return target.lstrip("/") if target.startswith("/") else str(_XL / target)
    return None


_XL = PurePosixPath("xl")


def _elements(stream: IO[bytes]) -> Iterator[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    _parse(stream, lambda tag, attributes: found.append((tag, attributes)))
    return iter(found)


def _has_formulas(packed: zipfile.ZipFile, path: str) -> bool:
    tail = b""
    with packed.open(path) as stream:
        while piece := stream.read(PIECE):
            if _FORMULA.search(tail + piece):
                return True
            tail = piece[-100:]
    return False


def _parse(
    stream: IO[bytes],
    start: Callable[[str, dict[str, str]], object],
    end: Callable[[str], object] | None = None,
    text: Callable[[str], object] | None = None,
) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, attributes: start(_local(tag), attributes)
    if end is not None:
        parser.EndElementHandler = lambda tag: end(_local(tag))
    parser.CharacterDataHandler = text
    parser.ParseFile(stream)


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


class _FormulaCells:
    """Collects the cells whose formula has no value beside it."""

    def __init__(self) -> None:
        self.empty: set[Place] = set()
        self._row, self._column = -1, -1
        self._has_formula = self._has_value = self._in_value = self._is_text = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "row":
            self._row = int(attributes.get("r", self._row + 2)) - 1
            self._column = -1
        elif tag == "c":
            # The result of a formula may be an empty text.
            self._is_text = attributes.get("t") == "str"
            self._column = _column(attributes.get("r"), self._column + 1)
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
            self.empty.add((self._row, self._column))


def _column(reference: str | None, following: int) -> int:
    """The column of a reference such as "B7"; a cell without one follows the one before it."""
    match = _REFERENCE.fullmatch(reference or "")
    if match is None:
        return following
    number = 0
    for letter in match.group(1):
        number = 26 * number + ord(letter) - 64
    return number - 1
