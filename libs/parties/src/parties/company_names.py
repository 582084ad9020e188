"""The parts of a company's name: where it is, its brand, its line of business, its legal form.

杭州远景科技有限公司 is 杭州 + 远景 + 科技 + 有限公司, Hangzhou Bright Stone Foods Ltd. is hangzhou
+ brightstone + foods + ltd. Two names are compared part by part (`parties.similarity`). Traditional
characters, full width and upper case do not differ from simplified, half width and lower case.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from chassis.records.search.spelling import HAN, normalize, pinyin_of
from parties.name_words import (
    CHINESE_LINES,
    LATIN_LEGAL_FORMS,
    LATIN_LINES,
    LONGEST_CHINESE_LINE,
)
from parties.regions import CITY, Region, is_within, region_at_start, regions

_BRACKETED = re.compile(r"[(（\[【〔]([^)）\]】〕]*)[)）\]】〕]")
_LEGAL_FORM = re.compile(
    r"(?:集团)?(?:股份)?(?:有限)?(?:责任)?(?:总|分|子)?公司$|集团$|(?:有限|普通)合伙(?:企业)?$|"
    r"合伙企业$|(?:总|分)?厂$|事务所$|研究院$|研究所$|工作室$|经营部$|商行$|门市部$"
)
_COUNTRY = ("中国", "中华")
_WORD = re.compile(r"[^\W_]+")
MIN_BRAND = 2  # letters that a Chinese brand keeps when its place and line are taken away


@dataclass(frozen=True)
class CompanyName:
    """A name in parts, each normalized; `region` is the code of the smallest region named.

    `brand` is what tells companies apart; the words of one in Latin letters stand in `words`.
    """

    brand: str
    line: str = ""
    region: str | None = None
    words: tuple[str, ...] = ()

    @property
    def is_chinese(self) -> bool:
        return HAN.search(self.brand) is not None

    @property
    def sound(self) -> str:
        """The brand as it is spoken: pinyin without tones, or the Latin letters themselves."""
        return _sound(self.brand)

    @property
    def initials(self) -> str:
        """The first letters of the words of a Latin brand; empty for a Chinese one."""
        return "".join(word[0] for word in self.words)


@cache
def _latin_places() -> dict[str, Region]:
    """The cities and provinces by their names in pinyin: `hangzhou`."""
    return {pinyin_of(one.short): one for one in reversed(regions()) if one.level <= CITY}


@lru_cache(maxsize=20_000)  # a search compares one brand with many
def _sound(brand: str) -> str:
    return pinyin_of(brand) if HAN.search(brand) else brand


@lru_cache(maxsize=20_000)  # a check takes one name apart for leads and for accounts
def parse_company_name(name: str) -> CompanyName:
    """Return the parts of a name; a name without a brand has its line, or its place, as one."""
    text = unicodedata.normalize("NFKC", name)
    inside = [normalize(one) for one in _BRACKETED.findall(text)]
    outside = normalize(_BRACKETED.sub(" ", text))
    if HAN.search(outside):
        return _chinese(outside, inside)
    return _latin([normalize(word) for word in _WORD.findall(text)])


def _chinese(text: str, inside: Iterable[str]) -> CompanyName:
    regions_found = [found[0] for one in inside if (found := region_at_start(one)) is not None]
    rest = _without_end(text, _LEGAL_FORM)
    for country in _COUNTRY:
        rest = rest.removeprefix(country) if len(rest) > len(country) + 1 else rest
    while (found := region_at_start(rest)) is not None and len(found[1]) >= MIN_BRAND:
        region, after = found
        if not all(is_within(region.code, one.code) for one in regions_found):
            break  # 沈阳安康邦: 安康 is a city of another province, and here a brand
        regions_found.append(region)
        rest = after
    brand, line = _split_line(rest)
    return CompanyName(brand, line, _smallest(regions_found))


def _without_end(text: str, pattern: re.Pattern[str]) -> str:
    """Remove legal forms from the end, one after the other, unless nothing would be left."""
    while (match := pattern.search(text)) is not None and match.start() >= MIN_BRAND:
        text = text[: match.start()]
    return text


def _split_line(text: str) -> tuple[str, str]:
    """Split a name without its legal form into brand and line: the words of lines at its end."""
    end = len(text)
    while True:
        starts = range(max(MIN_BRAND, end - LONGEST_CHINESE_LINE), end - 1)
        start = next((one for one in starts if text[one:end] in CHINESE_LINES), None)
        if start is None:
            return text[:end], text[end:]
        end = start


def _smallest(found: Iterable[Region]) -> str | None:
    codes = [one.code for one in sorted(found, key=lambda region: region.level)]
    return codes[-1] if codes else None


def _latin(words: list[str]) -> CompanyName:
    kept = [word for word in words if word and word not in LATIN_LEGAL_FORMS] or words
    places = [word for word in kept if word in _latin_places()]
    named = [word for word in kept if word not in places] or kept
    line = [word for word in named[1:] if word in LATIN_LINES]
    brand = [word for word in named if word not in line]
    region = _smallest(_latin_places()[word] for word in places)
    return CompanyName("".join(brand), "".join(line), region, tuple(brand))
