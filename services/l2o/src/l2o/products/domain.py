"""Lookup of products by name or SKU, as files give them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from kernel.names import comparable_name


@dataclass(frozen=True)
class ProductCatalog:
    """The ids of all products by name and by SKU; a name may belong to several products."""

    by_name: Mapping[str, Sequence[UUID]]
    by_sku: Mapping[str, Sequence[UUID]]

    def find(self, name: str) -> tuple[UUID | None, str | None]:
        """The product with this name or SKU, and its name as the catalog spells it.

        None and None if no product or more than one matches.
        """
        spelled, ids = self._matches(name)
        return (ids[0], spelled) if len(ids) == 1 else (None, None)

    def is_ambiguous(self, name: str) -> bool:
        """Whether several products have this name."""
        return len(self._matches(name)[1]) > 1

    def _matches(self, name: str) -> tuple[str | None, Sequence[UUID]]:
        is_exact = name in self.by_name or name in self.by_sku
        spelled = name if is_exact else self._spelled(name)
        if spelled is None:
            return None, ()
        return spelled, self.by_name.get(spelled) or self.by_sku.get(spelled, ())

    def _spelled(self, name: str) -> str | None:
        """The only name, or else the only SKU, of which this is another spelling."""
        return match_ignoring_spaces(name, self.by_name) or match_ignoring_spaces(name, self.by_sku)


def match_ignoring_spaces(name: str, names: Collection[str]) -> str | None:
    """The only name that is another spelling, or differs in spaces: `GTXPro` is `GTX Pro`."""
    matches = [other for other in names if _without_spaces(other) == _without_spaces(name)]
    return matches[0] if len(matches) == 1 else None


def _without_spaces(name: str) -> str:
    return comparable_name(name).replace(" ", "")
