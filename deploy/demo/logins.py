"""The logins of the demo tenant."""

import json
from pathlib import Path

TENANT = Path(__file__).parent / "tenant.json"


def logins(file: Path = TENANT) -> dict[str, dict[str, str]]:
    """Return the credentials by role, from the demo tenant's file."""
    tenant = json.loads(file.read_text())
    credentials = {
        person["role"]: {
            "grant_type": "password",
            "username": person["username"],
            "password": person["password"],
        }
        for person in tenant["people"]
    }
    client = tenant["clients"][0]
    credentials["erp"] = {
        "grant_type": "client_credentials",
        "client_id": client["client_id"],
        "client_secret": client["secret"],
    }
    return credentials
