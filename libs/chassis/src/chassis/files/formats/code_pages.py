"""The encodings that can be declared for a file, their names and codecs, and their languages."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final


class Encoding(StrEnum):
    """The encodings that can be declared for a file."""

    UTF_8 = "UTF_8"
    UTF_16 = "UTF_16"
    GB18030 = "GB18030"
    BIG5 = "BIG5"
    SHIFT_JIS = "SHIFT_JIS"
    EUC_JP = "EUC_JP"
    EUC_KR = "EUC_KR"
    WINDOWS_1252 = "WINDOWS_1252"
    WINDOWS_1250 = "WINDOWS_1250"
    ISO_8859_2 = "ISO_8859_2"
    WINDOWS_1251 = "WINDOWS_1251"
    WINDOWS_1253 = "WINDOWS_1253"
    WINDOWS_1254 = "WINDOWS_1254"
    WINDOWS_1255 = "WINDOWS_1255"
    WINDOWS_874 = "WINDOWS_874"
    MAC_ROMAN = "MAC_ROMAN"


# The name for people and the codec of Python. Where two codecs of one name differ, this is the
# one of Windows, which spreadsheets write: it has all characters of the other.
CODECS: Final[Mapping[Encoding, tuple[str, str]]] = {
    Encoding.UTF_8: ("UTF-8", "utf-8"),
    Encoding.UTF_16: ("UTF-16", "utf-16"),
    Encoding.GB18030: ("GB18030", "gb18030"),
    Encoding.BIG5: ("Big5", "cp950"),
    Encoding.SHIFT_JIS: ("Shift_JIS", "cp932"),
    Encoding.EUC_JP: ("EUC-JP", "euc_jp"),
    Encoding.EUC_KR: ("EUC-KR", "cp949"),
    Encoding.WINDOWS_1252: ("windows-1252", "cp1252"),
    Encoding.WINDOWS_1250: ("windows-1250", "cp1250"),
    Encoding.ISO_8859_2: ("ISO-8859-2", "iso8859_2"),
    Encoding.WINDOWS_1251: ("windows-1251", "cp1251"),
    Encoding.WINDOWS_1253: ("windows-1253", "cp1253"),
    Encoding.WINDOWS_1254: ("windows-1254", "cp1254"),
    Encoding.WINDOWS_1255: ("windows-1255", "cp1255"),
    Encoding.WINDOWS_874: ("windows-874", "cp874"),
    Encoding.MAC_ROMAN: ("Mac Roman", "mac_roman"),
}
ENCODING_NAMES = [name for name, _ in CODECS.values()]
# The encodings of a language before Unicode, by its BCP 47 primary tag; others use windows-1252.
_OF_LANGUAGES: Final[Mapping[str, Sequence[Encoding]]] = {
    "zh": (Encoding.GB18030,),
    "ja": (Encoding.SHIFT_JIS, Encoding.EUC_JP),
    "ko": (Encoding.EUC_KR,),
    **dict.fromkeys(
        ("cs", "hr", "hu", "pl", "ro", "sk", "sl"), (Encoding.WINDOWS_1250, Encoding.ISO_8859_2)
    ),
    **dict.fromkeys(("be", "bg", "mk", "ru", "sr", "uk"), (Encoding.WINDOWS_1251,)),
    "el": (Encoding.WINDOWS_1253,),
    "tr": (Encoding.WINDOWS_1254,),
    "he": (Encoding.WINDOWS_1255,),
    "th": (Encoding.WINDOWS_874,),
}
_TRADITIONAL = {"hant", "tw", "hk", "mo"}


def encoding_name(encoding: Encoding) -> str:
    """Return the name of an encoding as people know it."""
    return CODECS[encoding][0]


def encodings_of(languages: Sequence[str]) -> Iterator[Encoding]:
    """Yield the encodings of these languages (BCP 47), in order."""
    for language in languages:
        primary, *more = language.casefold().split("-")
        if primary == "zh" and _TRADITIONAL.intersection(more):
            yield Encoding.BIG5
        else:
            yield from _OF_LANGUAGES.get(primary, (Encoding.WINDOWS_1252,))
