"""Lists the services of this checkout by their folders; no other file lists them."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def services_in(root: Path) -> tuple[str, ...]:
    """Return each folder of `services/` with a pyproject.toml: org first, the others by name.

    org comes first because it issues the tokens that the others check.
    """
    names = (file.parent.name for file in root.glob("services/*/pyproject.toml"))
    return tuple(sorted(names, key=lambda name: (name != "org", name)))


SERVICES = services_in(ROOT)
