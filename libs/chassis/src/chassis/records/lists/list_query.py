"""What a caller asks of a list, read from query parameters and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import orjson

CUSTOM_PREFIX = "custom."  # parameters of a tenant's own fields begin so


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """Filters by the names of their parameters, words, order and shape; `subject` is who asks."""

    values: Mapping[str, Any] = field(default_factory=dict)
    custom: Mapping[str, str] = field(default_factory=dict)
    q: str | None = None
    sort: str | None = None
    fields: tuple[str, ...] = ()
    include_total: bool = False
    deleted: bool = False
    view: UUID | None = None
    subject: str = ""

    def over(self, view: "ListQuery") -> "ListQuery":
        """A saved view with what is asked beside it: the latter wins, parameter by parameter."""
        return replace(
            self,
            values={**view.values, **self.values},
            custom={**view.custom, **self.custom},
            q=self.q if self.q is not None else view.q,
            sort=self.sort or view.sort,
            fields=self.fields or view.fields,
            deleted=self.deleted or view.deleted,
            view=None,
        )

    @property
    def rows_meant(self) -> str:
        """What decides which rows are in the list and in which order: cursors are bound to it."""
        values = sorted(self.values.items())
        custom = sorted(self.custom.items())
        told = [values, custom, self.q, self.sort, self.deleted]
        return orjson.dumps(told, default=str).decode()
