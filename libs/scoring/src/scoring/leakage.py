"""Fields that know the outcome because they were written with it or after it (leakage).

A model trained on them looks perfect and is useless for new leads, whose fields are still empty. A
tenant declares such fields; what is not declared is suspected by four signs, and left out unless
somebody confirms that it is known before the outcome. The fourth sign finds what sellers fill in
when they work on a lead: it is empty where a declared field is.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import quantiles

from scoring.examples import Example, category_of, count_classes, is_missing, number_of
from scoring.features import ExcludedField, ExclusionReason, fields_of
from scoring.metrics import roc_auc

_MISSING = "missing"
_BINS = 20
_LEAST_EXPECTED = 8  # of the other class; none of eight is chance once in 3,000 times (exp -8)


@dataclass(frozen=True, kw_only=True)
class LeakageRules:
    """What is known and what is suspected to be written too late.

    `written_later` names fields with the reason; `confirmed` fields are never suspected. A field is
    suspected where its filled examples (`minimum_examples` of them or more), or those with another
    than the usual value, are of one class for at least `one_class_share`, where it alone has an AUC
    of `maximum_auc` or more, or where of the examples that lack it or a declared field at least
    `maximum_common` lack both.
    """

    written_later: Mapping[str, str] = field(default_factory=dict)
    confirmed: frozenset[str] = frozenset()
    minimum_examples: int = 30
    one_class_share: float = 0.97
    maximum_auc: float = 0.85
    maximum_common: float = 0.9


@dataclass(frozen=True)
class LeakageReport:
    """The fields that may be used, and those that may not with the reasons."""

    allowed: tuple[str, ...]
    excluded: tuple[ExcludedField, ...]


def guard(examples: Sequence[Example], rules: LeakageRules) -> LeakageReport:
    """Judge every field of the training examples, which hold both classes."""
    allowed: list[str] = []
    excluded: list[ExcludedField] = []
    for name in fields_of(examples):
        if name in rules.written_later:
            note = rules.written_later[name]
            excluded.append(ExcludedField(name, ExclusionReason.WRITTEN_LATER, None, note))
        elif name not in rules.confirmed and (found := _suspicion(examples, name, rules)):
            excluded.append(found)
        else:
            allowed.append(name)
    return LeakageReport(tuple(allowed), tuple(excluded))


def _suspicion(examples: Sequence[Example], name: str, rules: LeakageRules) -> ExcludedField | None:
    """Return the first of the four signs that a field shows."""
    return suspicion(examples, name, rules) or filled_together(examples, name, rules)


def filled_together(
    examples: Sequence[Example], name: str, rules: LeakageRules
) -> ExcludedField | None:
    """Return why a field seems to be filled with one that is declared as written later, or None.

    The measure is Jaccard's index of the examples in which either is missing; both must be missing
    in some and filled in some.
    """
    own = _lacking(examples, name)
    for later in sorted(rules.written_later):
        others = _lacking(examples, later)
        smallest = min(len(one) for one in (own, others))
        fewest_filled = len(examples) - max(len(own), len(others))
        if min(smallest, fewest_filled) < rules.minimum_examples:
            continue
        common = len(own & others) / len(own | others)
        if common >= rules.maximum_common:
            return ExcludedField(name, ExclusionReason.FILLED_WITH_LATER, common, later)
    return None


def suspicion(examples: Sequence[Example], name: str, rules: LeakageRules) -> ExcludedField | None:
    """Return which of the first three signs a field shows, with the figure; None if it shows none.

    What is filled in nearly every example is not judged by that, only by its values.
    """
    filled = [not is_missing(one.fields.get(name)) for one in examples]
    share = _one_class_share(examples, filled, rules)
    if share is not None:
        return ExcludedField(name, ExclusionReason.FILLED_IN_ONE_CLASS, share)
    categories = _categories(examples, name)
    usual = Counter(one for one in categories if one != _MISSING).most_common(1)
    changed = [one not in (_MISSING, usual[0][0]) if usual else False for one in categories]
    share = _one_class_share(examples, changed, rules)
    if share is not None:
        return ExcludedField(name, ExclusionReason.CHANGED_IN_ONE_CLASS, share)
    auc = _auc_of(examples, categories)
    if auc >= rules.maximum_auc:
        return ExcludedField(name, ExclusionReason.PREDICTS_ALONE, auc)
    return None


def auc_alone(examples: Sequence[Example], name: str) -> float:
    """Return the AUC of a field by itself, each half of the examples judged by the other half.

    The score of a value is the share won among the other half's examples with it, so that a value
    of its own for each example (an id) says nothing. Numbers are cut into twenty groups.
    """
    return _auc_of(examples, _categories(examples, name))


def _auc_of(examples: Sequence[Example], categories: Sequence[str]) -> float:
    halves = (range(0, len(examples), 2), range(1, len(examples), 2))
    scores: dict[int, float] = {}
    for own, other in (halves, halves[::-1]):
        won = Counter(categories[i] for i in other if examples[i].is_won)
        all_of = Counter(categories[i] for i in other)
        base = won.total() / max(all_of.total(), 1)
        for i in own:
            found = categories[i]
            scores[i] = (won[found] + 2 * base) / (all_of[found] + 2)
    return roc_auc([scores[i] for i in range(len(examples))], [one.is_won for one in examples])


def _one_class_share(
    examples: Sequence[Example], marked: Sequence[bool], rules: LeakageRules
) -> float | None:
    """Return the share of the larger class among the marked; None where that is no suspicion."""
    chosen = [one for one, is_marked in zip(examples, marked, strict=True) if is_marked]
    counts, overall = count_classes(chosen), count_classes(examples)
    if counts.total < rules.minimum_examples:
        return None
    share = max(counts.won, counts.lost) / counts.total
    other, others = (
        (counts.lost, overall.lost) if counts.won > counts.lost else (counts.won, overall.won)
    )
    # Where hardly any example is of the other class, it may be absent by chance.
    expected = counts.total * others / overall.total
    is_sign = expected >= _LEAST_EXPECTED and other <= expected / 10
    return share if share >= rules.one_class_share and is_sign else None


def _lacking(examples: Sequence[Example], name: str) -> set[int]:
    """Return the places of the examples without a value."""
    return {n for n, one in enumerate(examples) if is_missing(one.fields.get(name))}


def _categories(examples: Sequence[Example], name: str) -> list[str]:
    """Return the value of each example as a category, numbers by their group."""
    numbers = [number_of(one.fields.get(name), one.at) for one in examples]
    known = [number for number in numbers if number is not None]
    cuts = sorted(set(quantiles(known, n=_BINS))) if len(known) > 1 else []
    found = []
    for one, number in zip(examples, numbers, strict=True):
        if number is not None:
            found.append(f"group {bisect_left(cuts, number)}")
        else:
            found.append(category_of(one.fields.get(name)) or _MISSING)
    return found
