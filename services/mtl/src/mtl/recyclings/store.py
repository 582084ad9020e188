"""Reads who may get a lead that falls back."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# The managers of the departments above a person, the nearest first. While events of a move are on
# the way, the copy may have a cycle.
_HEADS = text("""
    WITH RECURSIVE above (id, parent_id, manager_id, depth) AS (
        SELECT d.id, d.parent_id, d.manager_id, 0
        FROM directory_departments d
        JOIN directory_posts p ON p.department_id = d.id AND p.is_primary
        JOIN directory_people o ON o.id = p.person_id AND NOT o.deleted
        WHERE o.subject = :subject AND NOT d.deleted
        UNION ALL
        SELECT d.id, d.parent_id, d.manager_id, a.depth + 1
        FROM directory_departments d JOIN above a ON d.id = a.parent_id
        WHERE NOT d.deleted AND a.depth < 100
    )
    SELECT m.subject FROM above a
    JOIN directory_people m ON m.id = a.manager_id AND m.active AND NOT m.deleted
    WHERE m.subject <> :subject
    ORDER BY a.depth LIMIT 1
""")


async def department_head_of(tx: AsyncConnection, subject: str) -> str | None:
    """Return the nearest active manager above a person, who is somebody else."""
    found: Any = await tx.scalar(_HEADS, {"subject": subject})
    return None if found is None else str(found)
