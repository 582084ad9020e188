"""Divides the values of fields into classes that the comparisons of a rule set cannot tell apart.

For each field some candidate values are tested by every comparison; those with the same results
are one class. A comparison is then the set of classes that satisfy it, a mask of bits. The
candidates are complete, so that every value of the field is in the class of one of them: all
constants, a value in each gap between them and beyond, the unknown value, and for texts and lists
every combination of parts and elements that a condition mentions. As the tests are those of the
evaluation, analysis and evaluation cannot disagree.

Where combinations are too many, a comparison is a dimension of its own: true or false, whatever
the others are. What is found then is still right, but something may not be found.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import combinations, pairwise
from typing import Any, Final

from kernel.decimals import EXACT_CONTEXT
from rules.conditions import Comparison, Operator
from rules.evaluation import value_test
from rules.fields import ENUM_TYPES, LIST_TYPES, FactSchema, FactType, FieldSpec

MAX_COMBINED: Final = 6  # parts of a text, or elements of a list, of which all combinations count
MAX_TESTS: Final = 2_000_000  # of candidates by comparisons; about a quarter of a second

Dimension = Hashable  # the name of a field, or a comparison that stands alone

_PARTS: Final = (Operator.CONTAINS, Operator.STARTS_WITH)
_FALSE, _TRUE = 0b01, 0b10


@dataclass(frozen=True)
class ClassSpace:
    """The classes of all fields: what each comparison is true for, and all classes there are.

    Lists of the fields `single_elements` have no classes, but their comparisons with one element.
    """

    masks: Mapping[Comparison, tuple[Dimension, int]]
    universe: Mapping[Dimension, int]
    single_elements: frozenset[str] = frozenset()


def class_space(schema: FactSchema, comparisons: Iterable[Comparison]) -> ClassSpace:
    """Return the classes that these comparisons divide the values of their fields into."""
    by_field: defaultdict[str, list[Comparison]] = defaultdict(list)
    for each in dict.fromkeys(comparisons):
        by_field[each.field].append(each)
    masks: dict[Comparison, tuple[Dimension, int]] = {}
    universe: dict[Dimension, int] = {}
    singles = set()
    tests_left = MAX_TESTS
    for name, found in by_field.items():
        spec = schema.fields[name]
        if spec.type in LIST_TYPES and len(_constants(found)) > MAX_COMBINED:
            singles.add(name)
            found = list(_of_single_elements(found))
        together, alone = _divided(spec, found, tests_left)
        for each in alone:
            masks[each], universe[each] = (each, _TRUE), _FALSE | _TRUE
        if together:
            tests_left -= _tests(together)
            by_comparison, universe[name] = _classes(spec, together)
            masks |= {each: (name, mask) for each, mask in by_comparison.items()}
    return ClassSpace(masks, universe, frozenset(singles))


def single_elements(comparison: Comparison) -> list[Comparison]:
    """Return the comparisons of a list with one element each, which make up a comparison."""
    is_none = comparison.operator is Operator.NONE_OF
    operator = Operator.NONE_OF if is_none else Operator.ANY_OF  # ALL_OF one element is ANY_OF it
    singles = [Comparison(comparison.field, operator, (each,)) for each in comparison.value or ()]
    return singles or [comparison]


def _of_single_elements(comparisons: Iterable[Comparison]) -> Iterator[Comparison]:
    for each in comparisons:
        yield from single_elements(each)


def _divided(
    spec: FieldSpec, comparisons: list[Comparison], tests_left: int
) -> tuple[list[Comparison], list[Comparison]]:
    """Return the comparisons that are analysed together, and those that stand alone."""
    if spec.type in LIST_TYPES:
        many = len(_constants(comparisons)) > MAX_COMBINED
        return ([], comparisons) if many else (comparisons, [])
    parts = [each for each in comparisons if each.operator in _PARTS]
    alone, together = [], comparisons
    if len(parts) > MAX_COMBINED:
        alone, together = parts, [each for each in comparisons if each.operator not in _PARTS]
    return ([], comparisons) if _tests(together) > tests_left else (together, alone)


def _tests(comparisons: list[Comparison]) -> int:
    """Return about how many tests it takes to find the classes of these comparisons."""
    return 3 * len(_constants(comparisons)) * len(comparisons)


def _classes(spec: FieldSpec, comparisons: list[Comparison]) -> tuple[dict[Comparison, int], int]:
    """Return the mask of each comparison, and that of all classes."""
    tests = [value_test(each) for each in comparisons]
    results = {tuple(test(value) for test in tests) for value in _candidates(spec, comparisons)}
    masks = dict.fromkeys(comparisons, 0)
    for bit, result in enumerate(sorted(results)):
        for comparison, is_true in zip(comparisons, result, strict=True):
            masks[comparison] |= is_true << bit
    return masks, (1 << len(results)) - 1


def _constants(comparisons: Iterable[Comparison]) -> list[Any]:
    found: dict[Any, None] = {}
    for each in comparisons:
        if isinstance(each.value, tuple):
            found.update(dict.fromkeys(each.value))
        elif each.value is not None:
            found[each.value] = None
    return list(found)


def _candidates(spec: FieldSpec, comparisons: list[Comparison]) -> Iterator[Any]:
    yield None
    constants = _constants(comparisons)
    if spec.type in LIST_TYPES:
        yield from _lists(spec, constants)
    elif spec.type is FactType.TEXT:
        yield from ("", *constants)
        yield from _texts([each for each in comparisons if each.operator in _PARTS], constants)
    elif spec.type is FactType.BOOLEAN:
        yield from (False, True)
    elif spec.type is FactType.ENUM:
        yield from (*constants, *_others(spec, constants))
    elif spec.type is FactType.DECIMAL:
        yield from _decimals(sorted(constants))
    else:
        for constant in constants or [_STARTS[spec.type]]:
            yield from _neighbours(constant)


def _others(spec: FieldSpec, constants: list[str]) -> list[str]:
    """Return a value that no condition mentions, if an enum has one."""
    return [value for value in spec.values if value not in constants][:1]


def _decimals(constants: list[Decimal]) -> Iterator[Decimal]:
    """Yield constants, a number between two of them, one below and one above all."""
    ends = constants or [Decimal(0)]
    yield from (ends[0] - 1, *constants, ends[-1] + 1)
    for low, high in pairwise(constants):
        yield low + EXACT_CONTEXT.divide(high - low, Decimal(2))


def _neighbours(value: Any) -> Iterator[Any]:
    """Yield a whole number, a day or an instant, and those next to it."""
    yield value
    step = _step(value)
    for sign in (-1, 1):
        try:
            yield value + sign * step
        except OverflowError:  # the first or the last day there is
            continue


def _step(value: Any) -> Any:
    if isinstance(value, datetime):
        return timedelta(microseconds=1)
    return timedelta(days=1) if isinstance(value, date) else 1


def _texts(parts: list[Comparison], constants: list[str]) -> Iterator[str]:
    """Yield a text for each combination of contained parts and of a start; none is a constant."""
    between = _unused(constants)
    starts = [each.value for each in parts if each.operator is Operator.STARTS_WITH]
    contained = [each.value for each in parts if each.operator is Operator.CONTAINS]
    for start in ("", *starts):
        for chosen in _subsets(contained):
            yield between.join((start, *chosen, ""))


def _lists(spec: FieldSpec, elements: list[str]) -> Iterator[list[str]]:
    """Yield a list for each combination of elements, with and without another element."""
    is_enum = spec.type in ENUM_TYPES
    others = _others(spec, elements) if is_enum else [_unused(elements)]
    for chosen in _subsets(elements):
        yield list(chosen)
        if others:
            yield [*chosen, *others]


def _subsets(values: list[str]) -> Iterator[tuple[str, ...]]:
    for count in range(len(values) + 1):
        yield from combinations(values, count)


def _unused(texts: list[str]) -> str:
    """Return a character that occurs in none of the texts."""
    used = set("".join(texts))
    return next(one for one in map(chr, range(0xE000, 0x110000)) if one not in used)


_STARTS: Final[Mapping[FactType, Any]] = {
    FactType.INTEGER: 0,
    FactType.DATE: date(2000, 1, 1),
    FactType.INSTANT: datetime.fromisoformat("2000-01-01T00:00:00+00:00"),
}
