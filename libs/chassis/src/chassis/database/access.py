"""The roles of a service's database, and the statements that admit them and nobody else.

The same files are run by docker-compose (psql).
"""

import re
from importlib.resources import files

ROLE_KINDS = ("owner", "app", "worker")


def access_sql(service: str, *, database: str = "") -> list[str]:
    """Return the statements of `access.sql` for a service; run them inside its database."""
    names = {"database": database or service} | {kind: f"{service}_{kind}" for kind in ROLE_KINDS}
    return [
        re.sub(r":(\w+)", lambda found: names[found[1]], statement)
        for statement in _statements("access.sql")
    ]


def server_sql() -> list[str]:
    """Return the statements of `server.sql`; run them once on a server of its own."""
    return _statements("server.sql")


def _statements(name: str) -> list[str]:
    lines = files("chassis.database").joinpath(name).read_text().splitlines()
    script = "\n".join(line for line in lines if not line.startswith("--"))
    return [statement.strip() for statement in script.split(";") if statement.strip()]
