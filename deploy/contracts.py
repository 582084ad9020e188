"""`make contracts`: writes the JSON Schemas and the list of all events, and each service's OpenAPI.

It also records the digests of new payloads in tests/contracts/payloads, and changes none that is
recorded. With `--check` it writes nothing and fails if a committed file is stale.
"""

import hashlib
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

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "contracts" / "schemas"
PAYLOADS = ROOT / "tests" / "contracts" / "payloads"
SUMS = PAYLOADS / "SHA256SUMS"
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


def event_list() -> str:
    """Return a page with a row for each event type; each event says in its docstring what it is."""
    rows = [
        f"| `{name}` | {(kind.__doc__ or '').splitlines()[0]} |\n"
        for name, kind in sorted(EVENT_CLASSES.items())
    ]
    head = (
        "# Event types\n\nWritten by `make contracts`. The schema of a type is `<type>.json`.\n\n"
    )
    return f"{head}| type | fact |\n|---|---|\n{''.join(rows)}"


def unrecorded_payloads() -> list[Path]:
    """Return the payloads without a digest, by name: those of events that are new."""
    recorded = {line.split()[1] for line in SUMS.read_text().splitlines()}
    return sorted(path for path in PAYLOADS.glob("*.json") if path.name not in recorded)


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
    schemas = dict(event_schemas())
    expected = {**schemas, "events/README.md": event_list(), **dict(api_documents())}
    present = {str(p.relative_to(TARGET)): p for p in TARGET.rglob("*.*")}
    payloads = unrecorded_payloads()
    stale = sorted(
        {n for n, text in expected.items() if n not in present or present[n].read_text() != text}
        | (present.keys() - expected.keys())
    )
    if "--check" in sys.argv:
        found = [*stale, *(str(path.relative_to(ROOT)) for path in payloads)]
        if found:
            print("Stale contracts, run `make contracts`:", *found, sep="\n  ")
        return 1 if found else 0
    for name in stale:
        if name in expected:
            (TARGET / name).parent.mkdir(parents=True, exist_ok=True)
            (TARGET / name).write_text(expected[name])
        else:
            present[name].unlink()
    with SUMS.open("a") as sums:
        for path in payloads:
            sums.write(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n")
    print(f"{len(expected)} contracts, {len(stale)} of them written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
