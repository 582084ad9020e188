"""The XML files inside of a workbook: where a sheet is, and what elements it has."""

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import IO
from xml.parsers import expat

_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_RELATIONS = "xl/_rels/workbook.xml.rels"
_XL = PurePosixPath("xl")

Place = tuple[int, int]  # row and column, both from 0


def path_of(packed: zipfile.ZipFile, sheet: str | None) -> str | None:
    """Return the name of the archived file that holds a sheet (the first by default)."""
    relations: dict[str, str] = {}
    with packed.open(_RELATIONS) as stream:
        for tag, attributes in elements(stream):
            if tag == "Relationship":
                relations[attributes["Id"]] = attributes["Target"]
    with packed.open("xl/workbook.xml") as stream:
        for tag, attributes in elements(stream):
            if tag == "sheet" and sheet in (None, attributes.get("name")):
                key = next((v for k, v in attributes.items() if k.endswith(":id")), "")
                target = relations.get(key, "")
                return target.lstrip("/") if target.startswith("/") else str(_XL / target)
    return None


def elements(stream: IO[bytes]) -> Iterator[tuple[str, dict[str, str]]]:
    """Return the elements of a small file with their attributes."""
    found: list[tuple[str, dict[str, str]]] = []
    parse(stream, lambda tag, attributes: found.append((tag, attributes)))
    return iter(found)


def parse(
    stream: IO[bytes],
    start: Callable[[str, dict[str, str]], object],
    end: Callable[[str], object] | None = None,
    text: Callable[[str], object] | None = None,
) -> None:
    """Read an XML file; the names of its elements come without their namespaces."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, attributes: start(_local(tag), attributes)
    if end is not None:
        parser.EndElementHandler = lambda tag: end(_local(tag))
    parser.CharacterDataHandler = text
    parser.ParseFile(stream)


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


class CellPlaces:
    """The place of the cell that is read, which cells need not say themselves."""

    def __init__(self) -> None:
        self.row, self.column = -1, -1

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Follow the beginning of a row or cell."""
        if tag == "row":
            self.row = int(attributes.get("r", self.row + 2)) - 1
            self.column = -1
        elif tag == "c":
            self.column = _column(attributes.get("r"), self.column + 1)


def _column(reference: str | None, following: int) -> int:
    """The column of a reference such as "B7"; a cell without one follows the one before it."""
    match = _REFERENCE.fullmatch(reference or "")
    if match is None:
        return following
    number = 0
    for letter in match.group(1):
        number = 26 * number + ord(letter) - 64
    return number - 1
