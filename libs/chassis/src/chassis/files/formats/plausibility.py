"""How plausible the text is that bytes make in an encoding, judged by its non-ASCII cells.

Nearly any bytes can be decoded as GB18030 or windows-1252. A wrong decoding is recognized by what
people do not write: private-use and control characters, rare ideographs only, one ideograph inside
a Latin word, signs inside of words.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final

# None of these bytes is the second byte of a character in any encoding that is recognized.
_CELL_ENDS = re.compile(rb'[\t\n\r",;]+')
_UNUSED: Final = frozenset({"Cc", "Cn", "Co", "Cs"})  # control, unassigned, private use, surrogate
_SIGNS: Final = frozenset({"Sc", "Sk", "Sm", "So", "No", "Po", "Cf"})
OTHER_SCRIPTS: Final = frozenset({"cp1251", "cp1253", "cp1255", "cp874"})  # than Latin
SINGLE_BYTE: Final = OTHER_SCRIPTS | {"cp1252", "cp1250", "iso8859_2", "cp1254", "mac_roman"}

# Letters of Chinese, Japanese and Korean, without those of other scripts that their codecs have.
_EAST_ASIAN: Final = "[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff66-\uff9f]"
_SIGN_IN_WORD: Final = re.compile(r"(?<=[A-Za-z])[^\x00-\x7f\w\s‘’·・–—](?=[a-z])")
MAX_ODDNESS: Final = 0.25


def non_ascii_cells(content: bytes, maximum: int) -> list[bytes]:
    """Return different cells that are not ASCII, of `maximum` bytes together at most."""
    found: dict[bytes, None] = {}
    size = 0
    for line in content.split(b"\n"):
        if line.isascii():
            continue
        for cell in _CELL_ENDS.split(line):
            if not cell.isascii() and cell not in found:
                found[cell] = None
                size += len(cell)
        if size >= maximum:
            break
    return list(found)


def oddness(sample: bytes, codec: str) -> float | None:
    """The share of characters that people hardly write there, 0 to 1; None if it is no text."""
    try:
        text = sample.decode(codec)
    except UnicodeDecodeError:
        return None
    if any(unicodedata.category(one) in _UNUSED for one in text if one != "\n"):
        return None
    return _oddness_of_words(text, codec) if codec in SINGLE_BYTE else _east_asian(text, codec)


def _oddness_of_words(text: str, codec: str) -> float | None:
    """Of Latin or Cyrillic text: at most a quarter of its characters are odd, and few words."""
    odd = sum(_is_odd_pair(left, right, codec) for left, right in pairwise(f"\n{text}\n"))
    share = odd / sum(not one.isascii() for one in text)
    words = [word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii()]
    without_ascii = sum(len(word) > 1 and not re.search("[A-Za-z]", word) for word in words)
    mostly_foreign = codec not in OTHER_SCRIPTS and 3 * without_ascii > len(words)
    return None if mostly_foreign or share > MAX_ODDNESS else share


def _is_odd_pair(left: str, right: str, codec: str) -> bool:
    """A sign before or inside a word, a capital inside it, or two scripts in one word."""
    if (left.isascii() and right.isascii()) or not right.isalpha():
        return False
    if not left.isalpha():
        return unicodedata.category(left) in _SIGNS
    if codec in OTHER_SCRIPTS:
        return left.isascii() != right.isascii()
    return left.islower() and right.isupper()


def east_asian_letters(sample: bytes, codec: str) -> str:
    """Return the letters of Chinese, Japanese and Korean in the text of these bytes."""
    return "".join(filter(_is_east_asian, sample.decode(codec, "ignore")))


def _east_asian(text: str, codec: str) -> float | None:
    """Rare characters are rare, and an ideograph does not stand alone in a Latin word."""
    letters = [one for one in text if _is_east_asian(one)]
    rare = sum(map(_RARE[codec], letters)) + _extra_kana(letters, codec)
    runs = re.findall(rf"([a-z]?)({_EAST_ASIAN}+)([a-z]?)", text)
    alone = sum(len(run) == 1 and bool(before or after) for before, run, after in runs)
    inside = len(_SIGN_IN_WORD.findall(text))
    share = rare / len(letters) if letters else 0.0
    is_latin = 3 * (alone + inside) > len(runs) + inside
    return None if is_latin or (rare > 1 and share > MAX_ODDNESS) else share


def everyday_ideographs(letters: str) -> int:
    """Count the letters of level 1 of GB 2312, which has the 3755 most common ideographs."""
    encoded = [one.encode("gb18030") for one in letters]
    return sum(len(each) == 2 and b"\xb0\xa1" <= each <= b"\xd7\xf9" for each in encoded)


def _extra_kana(letters: Sequence[str], codec: str) -> int:
    """Kana count twice where the encoding is one of Chinese."""
    return sum(map(_is_kana, letters)) if codec in ("gb18030", "cp950") else 0


def _is_east_asian(letter: str) -> bool:
    return re.match(_EAST_ASIAN, letter) is not None


def _unless_in(codec: str) -> Callable[[str], bool]:
    def is_rare(letter: str) -> bool:
        return _is_kana(letter) or not _encodes(letter, codec)

    return is_rare


def _encodes(letter: str, codec: str) -> bool:
    """Whether the standard has the letter itself; a longer sequence composes it of others."""
    try:
        return len(letter.encode(codec)) == 2
    except UnicodeEncodeError:
        return False


def _is_kana(letter: str) -> bool:
    return "\u3041" <= letter <= "\u30ff"


def _from_lead_byte(codec: str, first: int) -> Callable[[str], bool]:
    def is_rare(letter: str) -> bool:
        encoded = letter.encode(codec)
        is_foreign = codec == "cp950" and _is_kana(letter)
        return is_foreign or len(encoded) == 1 or encoded[0] >= first

    return is_rare


def _is_no_common_hangul(letter: str) -> bool:
    return not ("\uac00" <= letter <= "\ud7a3" and _encodes(letter, "euc_kr"))


# Characters outside of the everyday part of each standard: of GB 2312, of level 1 of Big5 and of
# JIS X 0208 (and half-width kana), of the syllables of KS X 1001.
_RARE: Final[Mapping[str, Callable[[str], bool]]] = {
    "gb18030": _unless_in("gb2312"),
    "cp950": _from_lead_byte("cp950", 0xC9),
    "cp932": _from_lead_byte("cp932", 0x98),
    "euc_jp": _from_lead_byte("euc_jp", 0xD0),
    "cp949": _is_no_common_hangul,
}
