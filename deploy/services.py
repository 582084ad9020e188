"""The services of this checkout, found by looking: no other file lists them."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def services_in(root: Path) -> tuple[str, ...]:
    """Every folder of `services/` that holds a pyproject.toml: org first, the others by name.

    org comes first because it issues the tokens that the others check.
    """
    names = (file.parent.name for file in root.glob("services/*/pyproject.toml"))
    return tuple(sorted(names, key=lambda name: (name != "org", name)))


SERVICES = services_in(ROOT)
