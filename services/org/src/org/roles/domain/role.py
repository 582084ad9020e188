"""A role."""

from dataclasses import dataclass

from contracts.org.events import RoleState
from kernel.errors import RuleBroken
from kernel.records import StoredRecord


@dataclass(frozen=True, kw_only=True)
class Role(StoredRecord):
    """A role gives its holders all of its scopes; a built-in one changes with releases only."""

    code: str
    name: str
    scopes: tuple[str, ...]
    built_in: bool = False

    def ensure_not_built_in(self) -> None:
        """Ensure that the tenant may change the role. Raises RuleBroken (ROLE_BUILT_IN)."""
        if self.built_in:
            raise RuleBroken("ROLE_BUILT_IN", code=self.code)

    def state(self) -> RoleState:
        """Return the whole state as events carry it."""
        return RoleState.of(self, role_id=self.id)
