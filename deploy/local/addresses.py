"""`make status ARGS=--urls`: addresses, roles and passwords of the running system, to copy."""

import json
from collections.abc import Iterator, Mapping

from chassis.composition.text_columns import aligned
from deploy.demo.logins import logins
from deploy.local.databases import URLS
from deploy.local.places import Place
from deploy.local.state import State
from deploy.services import SERVICES


def show_addresses(place: Place, now: State) -> None:
    """Print every address. The output contains passwords."""
    env = json.loads(place.env.read_text()) if place.env.exists() else {}
    print("\n\n".join(_sections(now, env)))


def _sections(now: State, env: Mapping[str, str]) -> Iterator[str]:
    apis = [
        {"service": name, "API": f"{url}/{name}/v1", "docs": f"{url}/{name}/v1/docs"}
        for name, url in now.urls.items()
    ]
    yield aligned(("service", "API", "docs"), apis)
    yield aligned(("database", "role", "URL"), list(_databases(env)))
    yield f"Kafka bootstrap  {now.kafka or 'none: events are delivered inside one process'}"
    if env.get("L2C_MODE") == "development":
        yield aligned(("demo login", "name", "password or secret"), list(_demo_logins()))


def _databases(env: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield the URLs as psql reads them, without the name of SQLAlchemy's driver."""
    for service in SERVICES:
        for name, role in URLS.items():
            if url := env.get(f"{service.upper()}_{name}"):
                yield {"database": service, "role": role, "URL": url.replace("+asyncpg", "", 1)}


def _demo_logins() -> Iterator[dict[str, str]]:
    for role, login in logins().items():
        yield {
            "demo login": role,
            "name": login.get("username") or login["client_id"],
            "password or secret": login.get("password") or login["client_secret"],
        }
