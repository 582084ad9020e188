"""Transitions: the moves that the states of a record allow."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, Generic, TypeVar

from kernel.errors import RuleBroken

M = TypeVar("M", bound=StrEnum)
S = TypeVar("S", bound=StrEnum)


class Transitions(Generic[M, S]):
    """A table of moves: for each, the states it may start from, and the state it leads to.

    `Transitions({TaskMove.COMPLETE: ({OPEN}, DONE)})`. A move that the table does not name is
    allowed from no state. `between` is for moves that have no names of their own, `derived` for
    records whose state follows from amounts or dates.
    """

    def __init__(self, moves: Mapping[M, tuple[Collection[S], S | None]]) -> None:
        self._sources = {move: frozenset(sources) for move, (sources, _) in moves.items()}
        self._targets = {move: target for move, (_, target) in moves.items() if target is not None}

    @classmethod
    def between(cls, followers: Mapping[S, Collection[S]]) -> Transitions[S, S]:
        """Return the table of the states that may follow each state; a move is its target.

        `Transitions.between({DRAFT: {SENT}, SENT: {ACCEPTED, REJECTED}})`
        """
        targets = [target for allowed in followers.values() for target in allowed]
        return Transitions(
            {
                target: (
                    {state for state, allowed in followers.items() if target in allowed},
                    target,
                )
                for target in dict.fromkeys(targets)
            }
        )

    @classmethod
    def derived(cls, sources: Mapping[M, Collection[S]]) -> Transitions[M, S]:
        """Return the table of moves that lead to no state of their own."""
        return cls({move: (states, None) for move, states in sources.items()})

    def allows(self, move: M, state: S) -> bool:
        """Whether the move may start from this state."""
        return state in self._sources.get(move, frozenset())

    def target(self, move: M) -> S:
        """Return the state that the move leads to. Raises KeyError if it leads to none."""
        return self._targets[move]

    def has_made(self, move: M, state: S) -> bool:
        """Whether this is the state that the move leads to."""
        return self._targets.get(move) is state

    def ensure_allowed(
        self, move: M, state: S, code: str | Mapping[S, str], /, **params: Any
    ) -> None:
        """Raise RuleBroken unless the move may start from this state.

        The error has this code, or the one that belongs to the state, and these params.
        """
        if not self.allows(move, state):
            raise RuleBroken(code if isinstance(code, str) else code[state], **params)
