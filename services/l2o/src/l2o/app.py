"""The composition root of L2O's API."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from chassis.files.imports.routes import import_router
from chassis.foundation.settings import Settings
from chassis.records.custom_fields.routes import custom_field_router
from l2o.accounts.routes import ROUTERS as ACCOUNTS
from l2o.accounts.store import accounts
from l2o.contacts.routes import ROUTERS as CONTACTS
from l2o.contacts.store import contacts
from l2o.conversions import store as _conversions  # noqa: F401  # its table hangs on the metadata
from l2o.customers.routes import access as customers
from l2o.imports.timers import IMPORTS
from l2o.opportunities.routes import ROUTERS as OPPORTUNITIES
from l2o.opportunities.store import opportunities
from l2o.texts import TEXTS

CUSTOM_FIELDS = {
    "l2o.account": accounts,
    "l2o.contact": contacts,
    "l2o.opportunity": opportunities,
}


def create() -> FastAPI:
    return create_app(
        Settings.of("l2o"),
        title="L2O — leads to opportunity",
        description="Accounts, contacts and opportunities; born of converted leads, won by orders.",
        routers=[
            customers,
            *ACCOUNTS,
            *CONTACTS,
            *OPPORTUNITIES,
            custom_field_router("l2o", CUSTOM_FIELDS),
            import_router(IMPORTS),
        ],
        texts=TEXTS,
    )
