"""Reads members of JSON objects and notes every violation with its JSON pointer.

Pydantic could not say where: in a union it puts the name of the alternative into the pointer.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from kernel.errors import Invalid, Violation
from kernel.json_pointers import child


def below(pointer: str, violations: Iterable[Violation]) -> list[Violation]:
    """Return the violations of a document that stands at a pointer in a request body."""
    return [Violation(pointer + each.pointer, each.code, each.params) for each in violations]


class JsonReader:
    """Reads one document. What cannot be read is None, and has a violation."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []

    def raise_violations(self, at: str = "") -> None:
        """Raise Invalid with all violations, if there are any; `at` points to the document."""
        if self.violations:
            raise Invalid(below(at, self.violations))

    def refuse(self, pointer: str, code: str, **params: Any) -> Any | None:
        """Note a violation and return None, which stands for what could not be read."""
        self.violations.append(Violation(pointer, code, params))
        return None

    def refuse_others(self, body: Mapping[str, Any], known: Iterable[str], pointer: str) -> None:
        """Note UNKNOWN_FIELD for every member that is not known."""
        for name in body:
            if name not in known:
                self.refuse(child(pointer, name), "UNKNOWN_FIELD")

    def object_at(self, body: Any, pointer: str, most: int | None = None) -> dict[str, Any] | None:
        """Return an object, with at most so many members."""
        if not isinstance(body, dict):
            return self.refuse(pointer, "TYPE_INVALID", expected="object")
        if most is not None and len(body) > most:
            return self.refuse(pointer, "TOO_LONG", maximum=most)
        return body

    def list_at(self, body: Any, pointer: str, least: int, most: int) -> list[Any] | None:
        """Return a list with so many elements."""
        if not isinstance(body, list):
            return self.refuse(pointer, "TYPE_INVALID", expected="array")
        if len(body) < least:
            return self.refuse(pointer, "TOO_SHORT", minimum=least)
        if len(body) > most:
            return self.refuse(pointer, "TOO_LONG", maximum=most)
        return body

    def text_at(self, body: Any, pointer: str, longest: int, least: int = 0) -> str | None:
        """Return a text with so many characters."""
        if not isinstance(body, str):
            return self.refuse(pointer, "TYPE_INVALID", expected="string")
        if len(body) < least:
            return self.refuse(pointer, "TOO_SHORT", minimum=least)
        if len(body) > longest:
            return self.refuse(pointer, "TOO_LONG", maximum=longest)
        return body

    def integer_at(self, body: Any, pointer: str, least: int, most: int) -> int | None:
        """Return a whole number within limits, both included."""
        if not isinstance(body, int) or isinstance(body, bool):
            return self.refuse(pointer, "TYPE_INVALID", expected="integer")
        if body < least:
            return self.refuse(pointer, "TOO_SMALL", relation=">=", limit=least)
        if body > most:
            return self.refuse(pointer, "TOO_LARGE", relation="<=", limit=most)
        return body

    def boolean_at(self, body: Any, pointer: str) -> bool | None:
        """Return true or false."""
        if not isinstance(body, bool):
            return self.refuse(pointer, "TYPE_INVALID", expected="boolean")
        return body

    def choice_at(self, body: Any, pointer: str, values: Iterable[str]) -> str | None:
        """Return one of several texts."""
        expected = list(values)
        if body not in expected:
            return self.refuse(pointer, "VALUE_UNKNOWN", expected=expected)
        return str(body)

    def required(self, body: Mapping[str, Any], name: str, pointer: str) -> Any:
        """Return a member that must be there and not be null."""
        if body.get(name) is None:
            return self.refuse(child(pointer, name), "REQUIRED")
        return body[name]
