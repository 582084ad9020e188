"""Fills the placeholders of texts for people: labels instead of codes, plain numbers, lists.

A placeholder says after a colon what its value is: `{state:ImportState}` is a value of that enum,
`{quantity:number}` a quantity, `{open:amount}` an amount in the currency of the params,
`{scopes:scope}` are scopes, `{expected:values}` values of an enum that the text does not know.
One without a colon is a text that people wrote or know: a name, a document number, a day, a count;
`{code:code}` is one that may look like our own words.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import cached_property
from string import Formatter
from typing import Any

from kernel.currencies import precision

Labels = Mapping[str, tuple[str, str]]  # in Chinese and in English, by their codes
ABSENT = "…"
GROUPED_FROM = 10_000  # smaller numbers may be years
CODE, NUMBER, RELATION, SCOPE, VALUES = "code", "number", "relation", "scope", "values"
AMOUNT, CURRENCY = "amount", "currency"
KINDS = (AMOUNT, CODE, NUMBER, RELATION, SCOPE, VALUES)
SCOPE_VERB = "ScopeVerb"
RELATIONS: Labels = {
    ">": ("大于", "greater than"),
    ">=": ("不小于", "at least"),
    "<": ("小于", "less than"),
    "<=": ("不大于", "at most"),
}


class TextRenderer:
    """Renders texts with the labels of one catalog."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels

    def render(self, text: tuple[str, str], params: Mapping[str, Any], language: str) -> str:
        """Return the text in a language, filled with its params; absent ones become an ellipsis."""
        chosen = _position(language)
        return _TextFormatter(self, chosen, params.get(CURRENCY)).vformat(text[chosen], (), params)

    def shown(self, value: Any, kind: str, chosen: int) -> str:
        """Return how people read a value of this kind."""
        if value is None:
            return ABSENT
        if isinstance(value, list | tuple | set | frozenset):
            return self._listed(value, kind, chosen)
        if kind == NUMBER:
            return _number(value)
        if kind == SCOPE:
            return self._scope(str(value), chosen)
        if kind == RELATION:
            return RELATIONS[str(value)][chosen]
        return self._label(f"{kind}.{value}", chosen) or str(value)

    def _listed(self, values: Any, kind: str, chosen: int) -> str:
        if kind == VALUES:
            kind = self._enum_of([str(value) for value in values])
        shown = [self.shown(value, kind, chosen) for value in values]
        return ("、", ", ")[chosen].join(shown) or ("（无）", "(none)")[chosen]

    def _label(self, code: str, chosen: int) -> str | None:
        label = self._labels.get(code)
        return None if label is None else label[chosen]

    def _enum_of(self, values: Sequence[str]) -> str:
        """Return the smallest enum that has all the values; "" if none has."""
        fitting = [name for name, known in self._enums.items() if known.issuperset(values)]
        return min(fitting, key=lambda name: (len(self._enums[name]), name), default="")

    @cached_property
    def _enums(self) -> Mapping[str, set[str]]:
        """The values that have labels, by enum."""
        enums = defaultdict(set)
        for code in self._labels:
            enum, dot, value = code.rpartition(".")
            if dot:
                enums[enum].add(value)
        return enums

    def _scope(self, scope: str, chosen: int) -> str:
        """Return the resource and what may be done: 线索（编辑）, Lead (edit)."""
        resource, _, verb = scope.rpartition(".")
        name = self._label(f"Resource.{resource}", chosen)
        action = self._label(f"{SCOPE_VERB}.{verb}", chosen)
        if name is None or action is None:
            return scope
        return f"{name} ({action})" if chosen else f"{name}（{action}）"


class _TextFormatter(Formatter):
    def __init__(self, renderer: TextRenderer, chosen: int, currency: Any) -> None:
        self._renderer, self._chosen, self._currency = renderer, chosen, currency

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key))

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == AMOUNT and value is not None and self._currency is not None:
            return _amount(value, str(self._currency))
        return self._renderer.shown(value, format_spec, self._chosen)


def placeholders(text: str) -> dict[str, str]:
    """Return the placeholders of a text with the kinds of their values."""
    return {name: kind or "" for _, name, kind, _ in Formatter().parse(text) if name}


def _position(language: str) -> int:
    return 1 if language == "en" else 0


def _number(value: Any) -> str:
    """Return 12,345.6 for 12345.600000, and 2026 for a year."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if not number.is_finite():
        return str(value)
    grouped = "," if abs(number) >= GROUPED_FROM else ""
    return f"{number.normalize():{grouped}f}"


def _amount(value: Any, currency: str) -> str:
    """Return 1,234.50 CNY for 1234.5: the decimals of the currency, or more if there are more."""
    number = Decimal(str(value))
    decimals = max(precision(currency), -int(number.normalize().as_tuple().exponent))
    return f"{number:,.{decimals}f} {currency}"
