"""Chinese regions by GB/T 2260: provinces, cities and counties with their codes and usual names.

The list is that of python-stdnum, which knows every region since 1980 with its years; only those of
today are used. A code has six digits: two each for the province, the city and the county.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from chassis.records.search.spelling import normalize

PROVINCE, CITY, COUNTY = 2, 4, 6  # digits of a code that say where the region is

_LINE = re.compile(r'(\s*)(\d+) (?:province|county)="(.*)"')
_OF_TODAY = re.compile(r"(?:\[\d{4}-\])?([^\[\],]+)")
# What people leave out at the end of a name; the longest ending first. A district keeps its own:
# without it, too many are words of other meanings.
_PEOPLES = (
    "朝鲜|土家|苗|布依|侗|壮|哈尼|彝|傣|白|景颇|傈僳|藏|羌|回|(?<!内)蒙古|哈萨克|柯尔克孜|维吾尔"
)
_ENDINGS = re.compile(f"((?:(?:{_PEOPLES})族?)*自治[区州]|特别行政区|地区|[省市盟])$")
MIN_SHORT = 2  # letters of a short name


@dataclass(frozen=True)
class Region:
    """A region of today, such as 330100 杭州市; `short` is its name without 市."""

    code: str
    name: str
    short: str

    @property
    def level(self) -> int:
        """How many digits of the code are used: PROVINCE, CITY or COUNTY."""
        if self.code.endswith("0000"):
            return PROVINCE
        return CITY if self.code.endswith("00") else COUNTY


def is_within(code: str, other: str) -> bool:
    """Return whether one of two regions lies in the other, or both are the same."""
    return all(one == "00" or one == two or two == "00" for one, two in _pairs_of(code, other))


def _pairs_of(code: str, other: str) -> Iterator[tuple[str, str]]:
    for start in range(0, COUNTY, 2):
        yield code[start : start + 2], other[start : start + 2]


def digits_of_region(code: str) -> str:
    """Return the digits with which the codes of a region and of all in it begin: 3301 of 330100."""
    while code.endswith("00"):
        code = code.removesuffix("00")
    return code


@cache
def regions() -> tuple[Region, ...]:
    """Return all regions of today, provinces before cities before counties."""
    return tuple(sorted(_read(), key=lambda region: (region.level, region.code)))


@cache
def regions_by_name() -> dict[str, Region]:
    """Return the regions by their names and short names; the larger one has a shared name."""
    return {name: found[0] for name, found in _all_by_name().items()}


def region_of_code(code: str) -> Region | None:
    """Return the region of today that has this code; None if there is none."""
    return _by_code().get(code)


def region_of_text(text: str) -> Region | None:
    """Return the region that a text names by its code or by its names from the largest down.

    `浙江省杭州市西湖区`, `浙江 杭州` and `330106` name one. 朝阳区 alone names none, as several
    cities have one; neither does a text with anything else in it.
    """
    rest, found = normalize(text), None
    if rest.isdigit():
        return region_of_code(rest)
    while rest := rest.lstrip(" -/,，、·"):
        inner = _region_in(rest, found)
        if inner is not None:
            found, length = inner
            rest = rest[length:]
        elif found is not None and rest.startswith(found.name):
            rest = rest.removeprefix(found.name)  # 北京市 北京市 朝阳区
        else:
            return None
    return found


def region_code_of_cell(cell: str) -> str:
    """Return the code of the region that a cell of a file names, else the cell as it is."""
    region = region_of_text(cell)
    return cell if region is None else region.code


def _region_in(text: str, around: Region | None) -> tuple[Region, int] | None:
    """Return the only region in another one whose name a text begins with, and its length."""
    for length in range(min(len(text), _longest_name()), MIN_SHORT - 1, -1):
        named = [
            one
            for one in _all_by_name().get(text[:length], ())
            if around is None or (one.level > around.level and is_within(one.code, around.code))
        ]
        if named:
            largest = [one for one in named if one.level == named[0].level]
            return (largest[0], length) if len(largest) == 1 else None
    return None


@cache
def _all_by_name() -> dict[str, list[Region]]:
    """Return the regions of each name and short name, larger ones first."""
    named: dict[str, list[Region]] = {}
    for region in regions():
        for name in {region.name, region.short}:
            if len(name) >= MIN_SHORT:
                named.setdefault(name, []).append(region)
    return named


def region_path(code: str) -> str | None:
    """Return the names of a region and of those around it, such as 浙江省杭州市西湖区.

    None for a code of no region of today.
    """
    if region_of_code(code) is None:
        return None
    around = dict.fromkeys(f"{code[:digits]:0<6}" for digits in (PROVINCE, CITY, COUNTY))
    found = [region_of_code(one) for one in around]
    return "".join(one.name for one in found if one is not None)


@cache
def _by_code() -> dict[str, Region]:
    return {region.code: region for region in regions()}


def region_at_start(text: str) -> tuple[Region, str] | None:
    """Return the region whose name a text begins with, the longest, and the rest of the text."""
    for length in range(min(len(text), _longest_name()), MIN_SHORT - 1, -1):
        region = regions_by_name().get(text[:length])
        if region is not None:
            return region, text[length:]
    return None


@cache
def _longest_name() -> int:
    return max(map(len, regions_by_name()))


def _read() -> Iterator[Region]:
    province = ""
    source = files("stdnum").joinpath("cn", "loc.dat").read_text(encoding="utf-8")
    for indent, digits, names in (
        one.groups() for one in map(_LINE.fullmatch, source.split("\n")) if one
    ):
        if not indent:
            province = digits
        name = _OF_TODAY.fullmatch(names.rpartition(",")[2])
        if name is None or name[1] == "市辖区":
            continue
        code = f"{digits}0000" if not indent else f"{province}{digits}"
        if indent and code.endswith("0000"):
            continue  # the province again
        plain = normalize(name[1])  # the file has 香港 and 澳門 in traditional characters
        yield Region(code, plain, _ENDINGS.sub("", plain))
