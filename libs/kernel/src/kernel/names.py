"""The one form in which names are compared: two spellings of a name are equal in it."""

import unicodedata
from typing import Final

_APOSTROPHES: Final = "\u2018\u2019\u201a\u201b\u02bc\u02b9\u2032\u0060\u00b4\uff07\u055a\ua78c"
_QUOTES: Final = "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u300c\u300d\u300e\u300f"
_FORMS: Final = str.maketrans(
    dict.fromkeys(_APOSTROPHES, "'") | dict.fromkeys(_QUOTES, '"') | {"\u2212": "-"}
)


def comparable_name(name: str) -> str:
    """Return the form of a name in which its spellings are equal.

    Composed and decomposed letters, upper and lower case, full and half width, several blanks and
    one, curly and straight apostrophes and quotes, and all kinds of dashes do not differ in it.
    Invisible characters are dropped; letters, accents and other punctuation stay. It is for
    comparing only: the name is shown and stored as it was written.
    """
    text = unicodedata.normalize("NFKC", name.translate(_FORMS)).translate(_FORMS)
    folded = unicodedata.normalize("NFKC", text.casefold())
    return " ".join("".join(map(_plain, folded)).split())


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Pd":
        return "-"
    return "" if category == "Cf" else character
