"""Whether a text reads as Western European: what windows-1252 is believed for, undeclared.

Nearly any bytes can be decoded as windows-1252. Those of Polish, Czech, Turkish or an old Macintosh
make signs inside of words, letters of Iceland, or letters of several languages in one word.
"""

import re
from typing import Final

# The letters beside ASCII of each language's names; a word is in one of the languages.
_ALPHABETS: Final = tuple(
    frozenset(letters)
    for letters in (
        "äöüßéèç",  # German
        "éèêëàâæçîïôùûü",  # French
        "áéíóúüñç",  # Spanish, Irish
        "áéíóúàâêôãõçü",  # Portuguese
        "àèéìíòóùúîïüç",  # Italian, Catalan
        "äåæéêèöøôòüà",  # Danish, Norwegian, Swedish, Finnish
        "éèêëïíóöúü",  # Dutch
    )
)
_WORD: Final = re.compile(r"[^\W\d_]+")
# As in no Western name, where it comes of a letter that another encoding has in this place.
_FOREIGN_SPELLING: Final = re.compile(
    r"ñ(?![aeiouáéíóú])"  # ń
    r"|õ(?!e)"  # ő
    r"|ã(?![oei]|s?$)"  # ă
    r"|æ$"  # ć
    r"|è(?=[aeiouyáéíóú])|^è(?![vz])"  # č
    r"|[ìòù](?!s?$)"  # ě, ň, ů
    r"|^ç(?![aou])"  # Á of a Macintosh
)
_CAPITAL_INSIDE: Final = re.compile("[a-zß-ÿ][À-Þ]")
_BESIDE_ASCII: Final = re.compile("[^\\x00-\\x7f]")
_OPENING: Final = "„‚«‹¿¡“‘"
_CLOSING: Final = "“”’»›…®™©°ºª"
_APART: Final = "–—•·€£§±×²³¼½¾µ¢¥"  # from letters
_APOSTROPHE: Final = re.compile(
    r"(?:\b[^\W\d_]{1,2}|ll)’(?=[^\W\d_])|(?<=[^\W\d_])’(?=s\b|[A-ZÀ-Þ])"
)
_COMPOUND: Final = re.compile(r"(?<=[^\W\d_])–(?=[A-ZÀ-Þ])")
_NO_BLANK: Final = re.compile("[a-zß-ÿ]\u00a0[a-zß-ÿ]")  # á of DOS


def is_western_text(text: str) -> bool:
    """Whether all characters beside ASCII are where names of Western Europe have them."""
    if _NO_BLANK.search(text):
        return False
    text = _COMPOUND.sub("-", _APOSTROPHE.sub("'", text))
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    signs = [one.start() for one in _BESIDE_ASCII.finditer(text) if _is_sign(one.group())]
    return all(map(_is_western_word, words)) and all(_is_in_place(text, one) for one in signs)


def _is_western_word(word: str) -> bool:
    letters = {one for one in word.lower() if not one.isascii()}
    if _CAPITAL_INSIDE.search(word) or _FOREIGN_SPELLING.search(word.lower()):
        return False
    return any(letters <= alphabet for alphabet in _ALPHABETS)


def _is_sign(one: str) -> bool:
    return not one.isalpha() and one != "\u00a0"


def _is_in_place(text: str, place: int) -> bool:
    """A sign stands at that edge of a word where people write it, and never inside of one."""
    sign = text[place]
    after_letter = text[place - 1 : place].isalpha()
    before_letter = text[place + 1 : place + 2].isalpha()
    if sign in _OPENING and not after_letter:
        return True
    if sign in _CLOSING and not before_letter:
        return True
    return sign in _APART and not (after_letter or before_letter)
