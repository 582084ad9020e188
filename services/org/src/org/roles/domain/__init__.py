"""Roles, and those that come with every tenant."""

from org.roles.domain.built_in import BUILT_IN, BuiltIn
from org.roles.domain.role import Role

__all__ = ["BUILT_IN", "BuiltIn", "Role"]
