"""Finds words of programs in the texts that people read, wherever a test renders one."""

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from chassis.foundation.text_rendering import AMOUNT, CODE, CURRENCY, placeholders

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_WORD_OF_A_PROGRAM = re.compile(r"[A-Z]+(_[A-Z]+)+")
_RAW_DECIMAL = re.compile(r"-?\d+\.\d*0")


def faults_of(
    text: tuple[str, str], params: Mapping[str, Any], rendered: tuple[str, str]
) -> list[str]:
    """Return what is wrong with a text and its params, rendered in both languages.

    Every placeholder has a value; an id, an enum's value, or an amount needs a kind that turns it
    into words. What people wrote themselves may look like anything.
    """
    found = []
    for name, kind in placeholders(text[0]).items():
        value = params.get(name)
        if value is None:
            found.append(f"{{{name}}} has no value")
        elif kind == "":
            values = value if isinstance(value, list | tuple) else [value]
            found += [f"{{{name}}} is {one!r}, so it needs a kind" for one in values if _raw(one)]
        elif kind == AMOUNT and params.get(CURRENCY) is None:
            found.append(f"{{{name}}} is an amount without a currency")
        elif kind != CODE and any(_WORD_OF_A_PROGRAM.search(one) for one in rendered):
            found.append(f"{{{name}:{kind}}} has no label for {value!r}")
    return found


def _raw(value: Any) -> bool:
    if isinstance(value, Enum | Decimal | UUID | float):
        return True
    patterns = (_ID, _WORD_OF_A_PROGRAM, _RAW_DECIMAL)
    return isinstance(value, str) and any(pattern.fullmatch(value) for pattern in patterns)
