"""The two forms of a learned model, as numbers that are read from JSON and evaluated here.

Nothing in them can run code, unlike a pickled object. Both give log-odds: log(p / (1 - p)). Their
contributions say how far each column moves the log-odds away from those of a usual lead.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, ClassVar, Self

from scoring.encoding import finite

_LEAF = -1


@dataclass(frozen=True)
class LinearForm:
    """A logistic regression: log-odds are the intercept plus coefficient times column, summed.

    `means` are those of the columns among the training examples.
    """

    intercept: float
    coefficients: tuple[float, ...]
    means: tuple[float, ...]
    kind: ClassVar[str] = "LINEAR"

    @property
    def usual(self) -> float:
        """The log-odds of a lead with the means of all columns."""
        return self.log_odds(self.means)

    def log_odds(self, columns: Sequence[float]) -> float:
        """Return the log-odds of a lead."""
        products = (c * x for c, x in zip(self.coefficients, columns, strict=True))
        return self.intercept + math.fsum(products)

    def contributions(self, columns: Sequence[float]) -> list[float]:
        """Return what each column adds to the usual log-odds: exact, they sum to the difference."""
        rows = zip(self.coefficients, columns, self.means, strict=True)
        return [coefficient * (column - mean) for coefficient, column, mean in rows]

    @classmethod
    def from_json(cls, document: Mapping[str, Any], width: int) -> Self:
        """Read what `asdict` gave. Raises ValueError where numbers are missing."""
        coefficients = tuple(finite(one) for one in document["coefficients"])
        means = tuple(finite(one) for one in document["means"])
        if not len(coefficients) == len(means) == width:
            raise ValueError("there must be a coefficient and a mean for each column")
        return cls(finite(document["intercept"]), coefficients, means)


@dataclass(frozen=True)
class Tree:
    """A decision tree as lists over its nodes; the first is the root.

    A lead goes from node i to `left[i]` where its column `feature[i]` is at most `threshold[i]`,
    else to `right[i]`; children stand behind their parent. A leaf has the feature -1. `value` is
    the leaf's log-odds, or the mean over the training examples that passed the node.
    """

    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    value: tuple[float, ...]

    def path(self, columns: Sequence[float]) -> list[int]:
        """Return the nodes that a lead passes, from the root to its leaf."""
        node, passed = 0, [0]
        while (feature := self.feature[node]) != _LEAF:
            is_left = columns[feature] <= self.threshold[node]
            node = self.left[node] if is_left else self.right[node]
            passed.append(node)
        return passed

    @classmethod
    def from_json(cls, document: Mapping[str, Any], width: int) -> Self:
        """Read what `asdict` gave. Raises ValueError for a tree that would not end."""
        feature, left, right = (
            tuple(_whole(one) for one in document[name]) for name in ("feature", "left", "right")
        )
        threshold, value = (
            tuple(finite(one) for one in document[name]) for name in ("threshold", "value")
        )
        size = len(feature)
        if not size or not all(len(one) == size for one in (threshold, left, right, value)):
            raise ValueError("the lists of a tree must be of one length")
        for node in range(size):
            is_leaf = feature[node] == _LEAF
            is_inner = 0 <= feature[node] < width and all(
                node < child < size for child in (left[node], right[node])
            )
            if not is_leaf and not is_inner:
                raise ValueError("children must stand behind their parent")
        return cls(feature, threshold, left, right, value)


@dataclass(frozen=True)
class TreeForm:
    """Boosted trees: log-odds are the base plus the leaf's value of each tree, in their order."""

    base: float
    trees: tuple[Tree, ...]
    kind: ClassVar[str] = "TREES"

    @property
    def usual(self) -> float:
        """The mean log-odds of the training examples."""
        return self.base + math.fsum(one.value[0] for one in self.trees)

    def log_odds(self, columns: Sequence[float]) -> float:
        """Return the log-odds of a lead."""
        log_odds = self.base
        for one in self.trees:
            log_odds += one.value[one.path(columns)[-1]]
        return log_odds

    def contributions(self, columns: Sequence[float]) -> list[float]:
        """Return what each column adds to the usual log-odds; they sum to the difference.

        On the way from root to leaf each step adds the change of the mean to the column that was
        decided by (A. Saabas, "Interpreting random forests", 2014). Unlike Shapley values it
        credits columns near the root less.
        """
        sums = [0.0] * len(columns)
        for tree in self.trees:
            path = tree.path(columns)
            for node, child in pairwise(path):
                sums[tree.feature[node]] += tree.value[child] - tree.value[node]
        return sums

    @classmethod
    def from_json(cls, document: Mapping[str, Any], width: int) -> Self:
        """Read what `asdict` gave. Raises ValueError for trees that do not fit the columns."""
        trees = tuple(Tree.from_json(one, width) for one in document["trees"])
        return cls(finite(document["base"]), trees)


Form = LinearForm | TreeForm


def form_to_json(form: Form) -> dict[str, Any]:
    """Return a form as JSON values."""
    return {"kind": form.kind, **asdict(form)}


def form_from_json(document: Mapping[str, Any], width: int) -> Form:
    """Read what `form_to_json` wrote, for leads of so many columns.

    Raises KeyError, TypeError or ValueError for anything else.
    """
    for form in (LinearForm, TreeForm):
        if document["kind"] == form.kind:
            return form.from_json(document, width)
    raise ValueError(f"unknown form of a model: {document['kind']}")


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"not a whole number: {value!r}")
    return value
