"""The logins of the demo tenant."""

import json
from pathlib import Path

TENANT = Path(__file__).parent / "tenant.json"


def logins(file: Path = TENANT) -> dict[str, dict[str, str]]:
    """What to sign in with, by role, from the demo tenant's file."""
    tenant = json.loads(file.read_text())
    found = {
        person["role"]: {
            "grant_type": "password",
            "username": person["username"],
            "password": person["password"],
        }
        for person in tenant["people"]
    }
    client = tenant["clients"][0]
    found["erp"] = {
        "grant_type": "client_credentials",
        "client_id": client["client_id"],
        "client_secret": client["secret"],
    }
    return found
