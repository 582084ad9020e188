"""The roles of a service's database, and the statements that admit them and nobody else."""

import re
from importlib.resources import files

ROLE_KINDS = ("owner", "app", "worker")


def access_sql(service: str, *, database: str = "") -> list[str]:
    """Return the statements of `access.sql` for a service; run them inside its database."""
    names = {"database": database or service} | {kind: f"{service}_{kind}" for kind in ROLE_KINDS}
    lines = files("chassis.database").joinpath("access.sql").read_text().splitlines()
    script = "\n".join(line for line in lines if not line.startswith("--"))
    named = re.sub(r":(\w+)", lambda found: names[found[1]], script)
    return [statement.strip() for statement in named.split(";") if statement.strip()]
