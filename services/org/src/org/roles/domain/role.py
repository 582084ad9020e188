"""A role."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.org.events import RoleState
from kernel.errors import RuleBroken


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role gives its holders all of its scopes; a built-in one changes with releases only."""

    id: UUID
    code: str
    name: str
    scopes: tuple[str, ...]
    built_in: bool = False
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def ensure_not_built_in(self) -> None:
        """Ensure that the tenant may change the role. Raises RuleBroken (ROLE_BUILT_IN)."""
        if self.built_in:
            raise RuleBroken("ROLE_BUILT_IN", code=self.code)

    def state(self) -> RoleState:
        """Return the whole state as events carry it."""
        return RoleState.of(self, role_id=self.id)
