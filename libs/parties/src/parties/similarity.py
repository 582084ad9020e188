"""How alike two company names are, and why: a score from 0 to 1 with reasons.

The brands decide; a line of business or a region that contradicts takes away, one that a name does
not have does not. Distances are those of rapidfuzz.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from rapidfuzz.distance import OSA

from parties.company_names import CompanyName
from parties.regions import is_within

# From this score on, two names are taken for those of one company: on the pairs of
# `libs/parties/tests/company_pairs.csv` recall is 0.98 at a precision of 0.98 then.
SAME_COMPANY = 0.8

SAME_SOUND, SLIP, ACRONYM = 0.95, 0.9, 0.85  # scores of brands that are nearly equal
CONTAINED, ONE_OTHER_LETTER = 0.6, 0.5
OTHER_LINE, OTHER_REGION = 0.65, 0.7  # factors
LONG_BRAND = 3  # letters of a Chinese brand of which one can be left out
LONG_WORD = 4  # letters of a Latin word in which one can be mistyped
MAX_ACRONYM = 6


class Reason(StrEnum):
    """Why two names are alike, or are not."""

    BRAND_EQUAL = "BRAND_EQUAL"
    BRAND_SOUNDS_EQUAL = "BRAND_SOUNDS_EQUAL"
    BRAND_MISTYPED = "BRAND_MISTYPED"
    BRAND_CONTAINED = "BRAND_CONTAINED"
    BRAND_ACRONYM = "BRAND_ACRONYM"
    BRAND_OTHER = "BRAND_OTHER"
    LINE_EQUAL = "LINE_EQUAL"
    LINE_MISSING = "LINE_MISSING"
    LINE_OTHER = "LINE_OTHER"
    REGION_EQUAL = "REGION_EQUAL"
    REGION_MISSING = "REGION_MISSING"
    REGION_OTHER = "REGION_OTHER"


@dataclass(frozen=True)
class Similarity:
    """A score from 0 (other companies) to 1 (one company), and the reasons for it."""

    score: float
    reasons: tuple[Reason, ...]

    @property
    def is_same(self) -> bool:
        return self.score >= SAME_COMPANY


def compare(name: CompanyName, other: CompanyName) -> Similarity:
    """Return how alike two names are; the order of the two does not matter."""
    name, other = _split_alike(name, other)
    brand, of_brand = _compare_brands(name, other)
    line, of_line = _compare_lines(name, other)
    region, of_region = _compare_regions(name.region, other.region)
    return Similarity(round(brand * line * region, 3), (of_brand, of_line, of_region))


def _split_alike(name: CompanyName, other: CompanyName) -> tuple[CompanyName, CompanyName]:
    """Split the longer brand where the shorter one ends, if its line begins there.

    A shortened or mistyped line is none that is known: 盛鼎恒房地 is 盛鼎恒 + 房地产开发.
    """
    if len(name.brand) > len(other.brand):
        second, first = _split_alike(other, name)
        return first, second
    line = other.brand.removeprefix(name.brand) + other.line
    if len(line) > len(other.line) and name.line and _is_line_alike(name.line, line):
        return name, replace(other, brand=name.brand, line=line)
    return name, other


def _compare_brands(name: CompanyName, other: CompanyName) -> tuple[float, Reason]:
    if name.brand == other.brand:
        return 1.0, Reason.BRAND_EQUAL
    if name.sound == other.sound:
        return SAME_SOUND, Reason.BRAND_SOUNDS_EQUAL
    if _is_slip(name, other):
        return SLIP, Reason.BRAND_MISTYPED
    if _is_acronym(name, other) or _is_acronym(other, name):
        return ACRONYM, Reason.BRAND_ACRONYM
    shorter, longer = sorted((name.brand, other.brand), key=len)
    if longer.startswith(shorter):
        return CONTAINED, Reason.BRAND_CONTAINED
    alike = OSA.normalized_similarity(name.brand, other.brand)
    return ONE_OTHER_LETTER * alike, Reason.BRAND_OTHER


def _is_slip(name: CompanyName, other: CompanyName) -> bool:
    """Whether the brands differ by one slip of the keyboard.

    It swaps neighbours, or leaves a letter out. In Latin words it may replace one, too; in a
    Chinese brand another letter is another brand, unless it sounds the same.
    """
    if name.is_chinese != other.is_chinese:
        return False
    if not name.is_chinese:
        return _is_slip_in_words(name.words, other.words)
    if OSA.distance(name.brand, other.brand, score_cutoff=1) > 1:
        return False
    lengths = len(name.brand), len(other.brand)
    if lengths[0] == lengths[1]:
        return sorted(name.brand) == sorted(other.brand)
    return max(lengths) > LONG_BRAND


def _is_slip_in_words(words: tuple[str, ...], others: tuple[str, ...]) -> bool:
    if len(words) != len(others):
        return False
    different = [(one, two) for one, two in zip(words, others, strict=True) if one != two]
    return len(different) == 1 and all(
        min(len(one), len(two)) >= LONG_WORD and OSA.distance(one, two, score_cutoff=1) == 1
        for one, two in different
    )


def _is_acronym(name: CompanyName, other: CompanyName) -> bool:
    """Whether a brand of one word is the initials of another's words."""
    initials = other.initials
    short = len(name.words) == 1 and MAX_ACRONYM >= len(name.brand) > 1
    return short and len(initials) > 1 and name.brand == initials


def _compare_lines(name: CompanyName, other: CompanyName) -> tuple[float, Reason]:
    if not (name.line and other.line) or name.is_chinese != other.is_chinese:
        return 1.0, Reason.LINE_MISSING
    if _is_line_alike(name.line, other.line):
        return 1.0, Reason.LINE_EQUAL
    return OTHER_LINE, Reason.LINE_OTHER


def _is_line_alike(line: str, other: str) -> bool:
    """Whether one line begins as the other, or is the other with one slip."""
    shorter, longer = sorted((line, other), key=len)
    near = OSA.distance(shorter, longer, score_cutoff=1) <= 1
    return longer.startswith(shorter) or (near and len(shorter) > 1)


def _compare_regions(code: str | None, other: str | None) -> tuple[float, Reason]:
    if code is None or other is None:
        return 1.0, Reason.REGION_MISSING
    if is_within(code, other):
        return 1.0, Reason.REGION_EQUAL
    return OTHER_REGION, Reason.REGION_OTHER
