"""Where a mapping finds a value in a payload: JSON pointers, and a bounded part of JMESPath.

A path that begins with `/` is a JSON pointer (RFC 6901): `/表单/手机号`. Any other is JMESPath with
names, indexes, `[*]` and `[]` only: `form.fields[0].value`, `tags[*].name`; a name with other
characters than ASCII letters, digits and `_` stands in double quotes. Filters, functions, wildcards
over names and alternatives are refused, so that a search takes no longer than reading the payload.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import jmespath

from kernel.json_pointers import steps_of
from rules.fact_values import WrongValue

MAX_PATH: Final = 200  # characters
MAX_PROJECTIONS: Final = 3  # `[*]` or `[]` of a path

_ALLOWED: Final = frozenset(
    {"field", "subexpression", "index_expression", "index", "projection", "flatten", "identity"}
)
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}")


@dataclass(frozen=True)
class SourcePath:
    """A path into a payload. `finds_list` says that what it finds is always a list."""

    text: str
    finds_list: bool
    find: Callable[[Any], Any] = field(compare=False, repr=False)


def parse_path(text: str) -> SourcePath:
    """Read a path. Raises WrongValue (MAPPING_PATH_INVALID, TOO_LONG)."""
    if len(text) > MAX_PATH:
        raise WrongValue("TOO_LONG", maximum=MAX_PATH)
    if text.startswith("/"):
        return _pointer(text)
    try:
        parsed = jmespath.compile(text)
    except jmespath.exceptions.JMESPathError:
        raise WrongValue("MAPPING_PATH_INVALID") from None
    kinds = list(_kinds(parsed.parsed))
    projections = kinds.count("projection")
    if not _ALLOWED.issuperset(kinds) or projections > MAX_PROJECTIONS:
        raise WrongValue("MAPPING_PATH_INVALID")
    return SourcePath(text, parsed.parsed["type"] == "projection", parsed.search)


def _kinds(node: Mapping[str, Any]) -> list[str]:
    """Return the kinds of a JMESPath expression and of all its parts."""
    kinds, left = [], [node]
    while left:
        each = left.pop()
        kinds.append(str(each["type"]))
        left += [below for below in each["children"] if isinstance(below, dict)]
    return kinds


def _pointer(text: str) -> SourcePath:
    steps = steps_of(text)
    if steps is None:
        raise WrongValue("MAPPING_PATH_INVALID")

    def find(payload: Any) -> Any:
        for step in steps:
            payload = _below(payload, step)
        return payload

    return SourcePath(text, finds_list=False, find=find)


def _below(value: Any, step: str) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    is_index = isinstance(value, list) and _INDEX.fullmatch(step) and int(step) < len(value)
    return value[int(step)] if is_index else None
