"""Lookup of products by name or SKU, as files give them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class ProductCatalog:
    """The ids of all products by name and by SKU; a name may belong to several products."""

    by_name: Mapping[str, Sequence[UUID]]
    by_sku: Mapping[str, Sequence[UUID]]

    def find(self, name: str) -> tuple[UUID | None, str | None]:
        """The product with this name or SKU, and its name as the catalog spells it.

        None and None if no product or more than one matches.
        """
        is_exact = name in self.by_name or name in self.by_sku
        spelled = name if is_exact else match_ignoring_spaces(name, self.by_name)
        if spelled is None:
            return None, None
        ids = self.by_name.get(spelled) or self.by_sku.get(spelled, ())
        return (ids[0], spelled) if len(ids) == 1 else (None, None)


def match_ignoring_spaces(name: str, names: Collection[str]) -> str | None:
    """The only name that differs in spaces and case at most: `GTXPro` matches `GTX Pro`."""
    matches = [other for other in names if _without_spaces(other) == _without_spaces(name)]
    return matches[0] if len(matches) == 1 else None


def _without_spaces(name: str) -> str:
    return "".join(name.split()).casefold()
