"""Composition root of the API."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from chassis.files.imports.routes import import_router
from chassis.foundation.settings import Settings
from chassis.records.custom_fields.routes import custom_field_router
from l2o.accounts.routes import ROUTERS as ACCOUNT_ROUTERS
from l2o.accounts.store import accounts
from l2o.contacts.routes import ROUTERS as CONTACT_ROUTERS
from l2o.contacts.store import contacts
from l2o.conversions import store as _conversions  # noqa: F401  # declares its table
from l2o.imports import IMPORTS
from l2o.opportunities.routes import ROUTERS as OPPORTUNITY_ROUTERS
from l2o.opportunities.store import opportunities
from l2o.texts import TEXTS
from l2o.worker import WORKER

TABLES_WITH_CUSTOM_FIELDS = {
    "l2o.account": accounts,
    "l2o.contact": contacts,
    "l2o.opportunity": opportunities,
}


def create() -> FastAPI:
    """Create the application; reads the settings from the environment."""
    return create_app(
        Settings.of("l2o"),
        title="L2O — leads to opportunity",
        description="Accounts, contacts and opportunities, from converted leads to won orders.",
        routers=[
            *ACCOUNT_ROUTERS,
            *CONTACT_ROUTERS,
            *OPPORTUNITY_ROUTERS,
            custom_field_router("l2o", TABLES_WITH_CUSTOM_FIELDS),
            import_router(IMPORTS),
        ],
        texts=TEXTS,
        replicas=WORKER.replicas,
    )
