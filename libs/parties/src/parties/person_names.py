"""Names of persons, compared as they are written in Chinese, pinyin and other Latin letters."""

import re
import unicodedata

from chassis.records.search.spelling import normalize, pinyin_of

_WORD = re.compile(r"[^\W\d_]+")


def is_same_person(name: str, other: str) -> bool:
    """Return whether two names are those of one person: 王芳, Wang Fang, FANG WANG, 王 芳.

    Characters that sound the same are the same name only where one of the two is in Latin letters.
    """
    if normalize(name) == normalize(other):
        return True
    words, others = _words(name), _words(other)
    if _is_latin(words) and _is_latin(others):
        return sorted(words) == sorted(others)
    if _is_latin(words) == _is_latin(others):
        return False
    latin, chinese = (words, other) if _is_latin(words) else (others, name)
    sound = pinyin_of(normalize(chinese))
    return sound in {"".join(latin), "".join(reversed(latin))}


def _words(name: str) -> list[str]:
    """Return the words of a name in lower case and without accents."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(one for one in decomposed if not unicodedata.combining(one))
    return _WORD.findall(plain.replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", ""))


def _is_latin(words: list[str]) -> bool:
    return bool(words) and all(word.isascii() for word in words)
