"""vCards (RFC 6350 and 2426, and vCard 2.1 as phones write it): one row for each card.

The columns have the names of the fields of a contact. Of several numbers and mails the best come
first. Of what a card says only what fits these columns is read: no photos, no birthdays.

The known library, vobject, cannot read the lines after a soft break of vCard 2.1, and expects text
that was decoded before; so this is a reader of our own.
"""

import quopri
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chassis.files.formats.code_pages import Encoding
from chassis.files.formats.encodings import decode_text
from chassis.files.formats.findings import Finding, UnreadableFile
from chassis.files.formats.rows import SourceFile, SourceRow
from kernel.texts import strip_invisible

COLUMNS: Final = (
    "name",
    "title",
    "department",
    "company",
    "phone",
    "work phone",
    "other phone",
    "email",
    "other email",
    "wechat",
    "website",
    "country",
    "address",
    "description",
)
_BEGIN = re.compile(r"\s*BEGIN\s*:\s*VCARD\s*", re.IGNORECASE)
_END = re.compile(r"\s*END\s*:\s*VCARD\s*", re.IGNORECASE)
_LINE_END = re.compile("\r\n|\r|\n")
_QUOTED = re.compile(r"[^:]*;(ENCODING=)?QUOTED-PRINTABLE", re.IGNORECASE)
_HEAD = re.compile(r'((?:[^:"]|"[^"]*")*):(.*)', re.DOTALL)
_SEPARATOR = re.compile(r"(?<!\\);")
_ESCAPED = re.compile(r"\\([\\,;:nN])")
_IDEOGRAPHS = re.compile("[\u3400-\u9fff\uac00-\ud7af]")
_NO_TELEPHONES: Final = frozenset({"FAX", "PAGER", "MODEM", "TEXTPHONE"})
_BINARY: Final = frozenset({"B", "BASE64"})
# What phones call the Chinese encodings is a part of the last of them.
_CHARSETS: Final[Mapping[str, str]] = {"GBK": "gb18030", "GB2312": "gb18030", "CP936": "gb18030"}


def is_vcard(content: bytes) -> bool:
    """Whether the first line that is not blank begins a card."""
    start = content[:200]
    text = start.decode("utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
    return _BEGIN.match(text.lstrip("\ufeff \t\r\n")) is not None


def read_vcards(
    content: bytes, encoding: Encoding | None = None, languages: Sequence[str] = ()
) -> SourceFile:
    """Read the cards of a file; the columns are those that any card has a value for.

    A card that does not end is a malformed row. Raises UnreadableFile (FILE_EMPTY,
    FILE_ENCODING_WRONG, FILE_ENCODING_DOUBTFUL).
    """
    decoded = decode_text(content, encoding, languages)
    cards = [(number, _fields(lines)) for number, lines in _cards(decoded.text)]
    known = {name for _, fields in cards for name in fields or ()}
    header = [name for name in COLUMNS if name in known]
    if not header:
        raise UnreadableFile([Finding("FILE_EMPTY")])
    rows = [
        SourceRow(number, None if fields is None else [fields.get(one, "") for one in header])
        for number, fields in cards
    ]
    return SourceFile(header, rows, decoded.encoding)


@dataclass(frozen=True)
class _Property:
    """A line of a card: its name, its parameters, and its value, not yet unescaped."""

    name: str
    parameters: Mapping[str, frozenset[str]]
    value: str

    @property
    def types(self) -> frozenset[str]:
        """What kind of number or mail it is: CELL, WORK, PREF."""
        return self.parameters.get("TYPE", frozenset())

    @property
    def text(self) -> str:
        """The whole value as people read it."""
        return _plain(self.value)

    @property
    def parts(self) -> list[str]:
        """The parts of a value that consists of some, such as an address."""
        return [_plain(part) for part in _SEPARATOR.split(self.value)]


def _cards(text: str) -> Iterator[tuple[int, list[str] | None]]:
    """Yield the number of the first line of each card with its lines; None if it does not end."""
    first, lines = 0, list[str]()
    for number, line in enumerate(_LINE_END.split(text), start=1):
        if _BEGIN.fullmatch(line):
            if first:
                yield first, None
            first, lines = number, []
        elif _END.fullmatch(line) and first:
            yield first, lines
            first = 0
        elif first:
            lines.append(line)
    if first:
        yield first, None


def _fields(lines: list[str] | None) -> dict[str, str] | None:
    """Return the values of a card by column, without blank ones."""
    if lines is None:
        return None
    found = [one for line in _unfolded(lines) if (one := _property(line)) is not None]
    organization = _parts_of(found, "ORG")
    address = _parts_of(found, "ADR")
    fields = {
        "name": _first(found, "FN") or _name(_parts_of(found, "N")),
        "title": _first(found, "TITLE") or _first(found, "ROLE"),
        "company": organization[0] if organization else "",
        "department": organization[1] if len(organization) > 1 else "",
        "wechat": _wechat(found),
        "website": _first(found, "URL"),
        "country": address[6] if len(address) > 6 else "",
        "address": _address(address),
        "description": _first(found, "NOTE"),
        **_telephones(found),
        **_mails(found),
    }
    return {name: value for name, value in fields.items() if value}


def _unfolded(lines: Sequence[str]) -> list[str]:
    """Join the lines that were folded, and those after the soft breaks of vCard 2.1."""
    whole: list[str] = []
    for line in lines:
        if whole and _QUOTED.match(whole[-1]) and whole[-1].endswith("="):
            whole[-1] = whole[-1][:-1] + line
        elif whole and line[:1] in (" ", "\t"):
            whole[-1] += line[1:]
        else:
            whole.append(line)
    return whole


def _property(line: str) -> _Property | None:
    """Read a line; None for one that is no property, or holds bytes such as a photo."""
    match = _HEAD.fullmatch(line)
    if match is None:
        return None
    name, *given = match[1].split(";")
    parameters: dict[str, set[str]] = {}
    for each in given:
        key, equals, values = each.partition("=")
        upper = key.strip().upper()
        if not equals:  # of vCard 2.1: TEL;CELL
            kind = "ENCODING" if upper in ("QUOTED-PRINTABLE", *_BINARY) else "TYPE"
            parameters.setdefault(kind, set()).add(upper)
        else:
            listed = {value.strip().upper() for value in values.replace('"', "").split(",")}
            parameters.setdefault(upper, set()).update(listed)
    encodings = parameters.get("ENCODING", set())
    if encodings & _BINARY:
        return None
    value = match[2]
    if "QUOTED-PRINTABLE" in encodings:
        value = _unquoted(value, next(iter(parameters.get("CHARSET", ())), "UTF-8"))
    known = {key: frozenset(values) for key, values in parameters.items()}
    return _Property(name.rpartition(".")[2].strip().upper(), known, value)


def _unquoted(value: str, charset: str) -> str:
    """Decode a quoted value; bytes that are not in its charset become lone surrogates."""
    content = quopri.decodestring(value.encode("utf-8", "surrogateescape"))
    try:
        return content.decode(_CHARSETS.get(charset, charset), "surrogateescape")
    except LookupError:
        return content.decode("utf-8", "surrogateescape")


def _plain(value: str) -> str:
    unescaped = _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)
    return strip_invisible(unescaped)


def _first(found: Sequence[_Property], name: str) -> str:
    return next((one.text for one in found if one.name == name and one.text), "")


def _parts_of(found: Sequence[_Property], name: str) -> list[str]:
    return next((one.parts for one in found if one.name == name and any(one.parts)), [])


def _name(parts: Sequence[str]) -> str:
    """Return a name from its parts: family name, given name, further names."""
    family, given, further = (*parts[:3], "", "", "")[:3]
    if _IDEOGRAPHS.search(family + given):
        return f"{family}{given}"
    return " ".join(part for part in (given, further, family) if part)


def _address(parts: Sequence[str]) -> str:
    """Return an address as one text, in the order of its country; without the country."""
    box, extended, street, locality, region, code = (*parts[:6], *[""] * 6)[:6]
    if _IDEOGRAPHS.search("".join(parts)):
        return "".join((region, locality, street, extended))
    lines = (box, extended, street, locality, f"{region} {code}".strip())
    return ", ".join(line for line in lines if line)


def _preferred(found: Sequence[_Property], name: str) -> list[_Property]:
    """Return the properties of a name that have a value, preferred ones first."""
    ones = [one for one in found if one.name == name and one.text]
    return sorted(ones, key=lambda one: not ("PREF" in one.types or "PREF" in one.parameters))


def _telephones(found: Sequence[_Property]) -> dict[str, str]:
    """Return the numbers: a mobile one as `phone`, one of the office as `work phone`."""
    numbers = [one for one in _preferred(found, "TEL") if not one.types & _NO_TELEPHONES]
    is_office = [one for one in numbers if "WORK" in one.types and "CELL" not in one.types]
    others = [one for one in numbers if one not in is_office]
    others.sort(key=lambda one: "CELL" not in one.types)
    spare = list(dict.fromkeys(_number(one) for one in (*others[1:], *is_office[1:])))
    return {
        "phone": _number(others[0]) if others else "",
        "work phone": _number(is_office[0]) if is_office else "",
        "other phone": spare[0] if spare else "",
    }


def _number(one: _Property) -> str:
    return re.sub("^tel:", "", one.text, flags=re.IGNORECASE)


def _mails(found: Sequence[_Property]) -> dict[str, str]:
    mails = list(dict.fromkeys(one.text for one in _preferred(found, "EMAIL")))
    return dict(zip(("email", "other email"), mails, strict=False))


def _wechat(found: Sequence[_Property]) -> str:
    own = _first(found, "X-WECHAT") or _first(found, "X-WEIXIN")
    services = (one.text for one in found if one.name == "IMPP")
    matches = (re.fullmatch(r"(?:weixin|wechat):(.+)", text, re.IGNORECASE) for text in services)
    return own or next((match[1] for match in matches if match), "")
