"""`make contracts`: writes the JSON Schemas of all event versions and each service's OpenAPI.

With `--check` it writes nothing and fails if a committed file is stale.
"""

import json
import os
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from chassis.events.envelope import schema_uri
from contracts.event import EVENT_CLASSES
from deploy.services import SERVICES

TARGET = Path(__file__).parents[1] / "contracts" / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def event_schemas() -> Iterator[tuple[str, str]]:
    """Yield the path and JSON Schema (2020-12) of the payload (`data`) of each event."""
    for service in SERVICES:
        import_module(f"contracts.{service}.events")
    for name, kind in sorted(EVENT_CLASSES.items()):
        schema = {
            "$schema": DIALECT,
            "$id": schema_uri(name),
            **kind.model_json_schema(mode="serialization"),
            "x-topic": kind.topic(),
        }
        yield f"events/{name}.json", _text(schema)


def api_documents() -> Iterator[tuple[str, str]]:
    """Yield the path and OpenAPI 3.1 document of each service, as the service serves it."""
    with NamedTemporaryFile(suffix=".pem") as key:
        key.write(_throwaway_key())
        key.flush()
        os.environ.update(L2C_MODE="development", ORG_DEV_ISSUER="true")
        os.environ["ORG_SIGNING_KEY_FILE"] = key.name
        yield from _of_apps()


def _throwaway_key() -> bytes:
    """Return a key: only with it does the development issuer document the token routes."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _of_apps() -> Iterator[tuple[str, str]]:
    for service in SERVICES:
        os.environ[f"{service.upper()}_DATABASE_URL"] = "postgresql+asyncpg://unused/x"
        yield f"openapi/{service}.json", _text(import_module(f"{service}.app").create().openapi())


def _text(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main() -> int:
    """Return 1 if `--check` finds a stale file, else 0."""
    expected = {**dict(event_schemas()), **dict(api_documents())}
    present = {str(p.relative_to(TARGET)): p for p in TARGET.rglob("*.json")}
    stale = sorted(
        {n for n, text in expected.items() if n not in present or present[n].read_text() != text}
        | (present.keys() - expected.keys())
    )
    if "--check" in sys.argv:
        if stale:
            print("Stale contracts, run `make contracts`:", *stale, sep="\n  ")
        return 1 if stale else 0
    for name in stale:
        if name in expected:
            (TARGET / name).parent.mkdir(parents=True, exist_ok=True)
            (TARGET / name).write_text(expected[name])
        else:
            present[name].unlink()
    print(f"{len(expected)} contracts, {len(stale)} of them written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
