"""Conditions as unions of boxes: for each dimension of a `ClassSpace` a set of classes.

A condition with alternatives becomes several boxes (its disjunctive normal form). Their number and
all steps are bounded: beyond that a condition is not analysed.
"""

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Final

from rules.conditions import Comparison, Condition, Conjunction, Disjunction, Negation, Operator
from rules.value_classes import ClassSpace, Dimension, single_elements

Box = dict[Dimension, int]  # a dimension that is missing is not restricted

MAX_BOXES: Final = 300  # of one condition
MAX_ROW_STEPS: Final = 100_000  # of the analysis of one row
MAX_STEPS: Final = 2_000_000  # of a rule set; about half a second


class TooComplex(Exception):
    """The analysis of a condition would take too many steps."""


class Steps:
    """Counts the steps of an analysis: the dimensions of boxes that it reads or copies."""

    def __init__(self) -> None:
        self._left = MAX_STEPS
        self._row_left = MAX_ROW_STEPS

    def start_row(self) -> None:
        """Begin the analysis of another row."""
        self._row_left = MAX_ROW_STEPS

    def take(self, count: int = 1) -> None:
        """Take so many steps. Raises TooComplex when there are none left."""
        self._left -= count
        self._row_left -= count
        if self._left < 0 or self._row_left < 0:
            raise TooComplex


def boxes_of(
    condition: Condition, space: ClassSpace, steps: Steps, *, wanted: bool = True
) -> list[Box]:
    """Return boxes of all facts for which a condition is true, or false if that is wanted.

    A condition that no record satisfies has none. Raises TooComplex.
    """
    steps.take()
    if isinstance(condition, Negation):
        return boxes_of(condition.condition, space, steps, wanted=not wanted)
    if isinstance(condition, Comparison):
        if condition.field in space.single_elements and condition not in space.masks:
            return boxes_of(_taken_apart(condition), space, steps, wanted=wanted)
        dimension, mask = space.masks[condition]
        mask = mask if wanted else space.universe[dimension] & ~mask
        return [{dimension: mask}] if mask else []
    found = [boxes_of(each, space, steps, wanted=wanted) for each in condition.conditions]
    is_product = isinstance(condition, Conjunction) == wanted
    return _product(found, steps) if is_product else _bounded(_merged(found))


def covers(taken: Sequence[Box], boxes: Iterable[Box], space: ClassSpace, steps: Steps) -> bool:
    """Say whether all that is in the boxes is in one of those taken. Raises TooComplex.

    The search follows one remainder to the end before it looks at others, as what is not covered is
    usually found at once.
    """
    open_boxes = [(box, 0) for box in boxes]
    while open_boxes:
        box, start = open_boxes.pop()
        for position in range(start, len(taken)):
            pieces = _difference(box, taken[position], space, steps)
            if not pieces:
                break
            box, *others = pieces
            open_boxes += [(other, position + 1) for other in others]
        else:
            return False
    return True


def overlap(one: Sequence[Box], others: Sequence[Box], steps: Steps) -> bool:
    """Say whether some of the first and some of the other boxes have something in common.

    Raises TooComplex.
    """
    steps.take(len(one) * len(others))
    return any(_intersection(box, other) is not None for box in one for other in others)


def _taken_apart(comparison: Comparison) -> Condition:
    """Return what a comparison with several elements of a list means, one by one."""
    singles = tuple(single_elements(comparison))
    is_any = comparison.operator is Operator.ANY_OF
    return Disjunction(singles) if is_any else Conjunction(singles)


def _product(factors: Sequence[Sequence[Box]], steps: Steps) -> list[Box]:
    boxes: list[Box] = [{}]
    for factor in factors:
        both = []
        for one, other in product(boxes, factor):
            steps.take(len(one) + len(other))
            both.append(_intersection(one, other))
        boxes = _bounded([box for box in both if box is not None])
    return boxes


def _intersection(one: Box, other: Box) -> Box | None:
    box = dict(one)
    for dimension, mask in other.items():
        box[dimension] = box.get(dimension, mask) & mask
        if not box[dimension]:
            return None
    return box


def _difference(box: Box, taken: Box, space: ClassSpace, steps: Steps) -> list[Box]:
    """Return disjoint boxes of what is in the first box and not in the second."""
    steps.take(1 + len(taken))
    pieces, rest = [], dict(box)
    for dimension, mask in taken.items():
        classes = rest.get(dimension, space.universe[dimension])
        if not classes & mask:
            return [box]
        if classes & ~mask:
            steps.take(len(rest))
            pieces.append({**rest, dimension: classes & ~mask})
        rest[dimension] = classes & mask
    return pieces


def _merged(parts: Iterable[Sequence[Box]]) -> list[Box]:
    """Return all boxes, those that restrict one and the same dimension only as one."""
    masks: dict[Dimension, int] = {}
    others: list[Box] = []
    for box in (each for part in parts for each in part):
        if len(box) == 1:
            [(dimension, mask)] = box.items()
            masks[dimension] = masks.get(dimension, 0) | mask
        else:
            others.append(box)
    return [{dimension: mask} for dimension, mask in masks.items()] + others


def _bounded(boxes: list[Box]) -> list[Box]:
    if len(boxes) > MAX_BOXES:
        raise TooComplex
    return boxes
