"""Keys by which candidates for one company are found among many names.

A name is stored under some keys and searched under others; two names that `compare` takes for those
of one company share a key, and few others do. A key begins with a letter that says what it is of:

| key | of | found under |
|---|---|---|
| s | the sound of the brand | the sound of the brand |
| b | the brand | the brand with a letter left out, beginnings of the brand |
| d | the brand with a letter left out | the brand; in Latin letters with another one left out |
| o | the letters of the brand in order | the letters of the brand in order |
| p | beginnings of the brand | the brand |
| i | the initials of several words | a short brand of one word |
"""

from collections.abc import Iterator

from parties.company_names import MIN_BRAND, CompanyName, parse_company_name
from parties.similarity import LONG_BRAND, LONG_WORD, MAX_ACRONYM

LONGEST_BEGINNING = 6  # letters: in front of a line of business stands no longer brand


def keys_of_company(name: str) -> frozenset[str]:
    """Return the keys under which a company is stored by its name as it is written."""
    return stored_keys(parse_company_name(name))


def stored_keys(name: CompanyName) -> frozenset[str]:
    """Return the keys under which a name is stored."""
    brand = name.brand
    keys = {f"s{name.sound}", f"b{brand}"}
    keys |= {f"d{one}" for one in _with_one_left_out(name)}
    if name.is_chinese:
        keys |= {f"p{one}" for one in _beginnings(brand)} | {f"o{_ordered(brand)}"}
    return frozenset(keys | {f"i{one}" for one in _initials(name)})


def searched_keys(name: CompanyName) -> frozenset[str]:
    """Return the keys under which the names that may be alike are stored."""
    brand = name.brand
    keys = {f"s{name.sound}", f"d{brand}"}
    shorter = set(_with_one_left_out(name))
    keys |= {f"b{one}" for one in shorter} | {f"b{one}" for one in _initials(name)}
    if name.is_chinese:
        keys |= {f"b{one}" for one in _beginnings(brand)} | {f"p{brand}", f"o{_ordered(brand)}"}
    else:
        keys |= {f"d{one}" for one in shorter}
    if len(name.words) == 1 and len(brand) <= MAX_ACRONYM:
        keys.add(f"i{brand}")
    return frozenset(keys)


def _with_one_left_out(name: CompanyName) -> Iterator[str]:
    """Yield the brand without each of its letters, if it is long enough for such a slip."""
    brand = name.brand
    if len(brand) < (LONG_BRAND if name.is_chinese else LONG_WORD):
        return
    for place in range(len(brand)):
        yield brand[:place] + brand[place + 1 :]


def _beginnings(brand: str) -> Iterator[str]:
    for length in range(MIN_BRAND, min(len(brand), LONGEST_BEGINNING + 1)):
        yield brand[:length]


def _ordered(brand: str) -> str:
    return "".join(sorted(brand))


def _initials(name: CompanyName) -> Iterator[str]:
    """Yield the initials of a brand of several words, as acronyms are made."""
    if MAX_ACRONYM >= len(name.initials) > 1:
        yield name.initials
