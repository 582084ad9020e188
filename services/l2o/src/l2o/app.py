"""The composition root of L2O's API."""

from fastapi import FastAPI

from chassis.app import create_app
from chassis.settings import Settings
from l2o.accounts.routes import router as accounts
from l2o.contacts.routes import router as contacts
from l2o.conversions import store as _conversions  # noqa: F401  # its table hangs on the metadata
from l2o.opportunities.routes import router as opportunities
from l2o.texts import TEXTS


def create() -> FastAPI:
    return create_app(
        Settings.of("l2o"),
        title="L2O — leads to opportunity",
        description="Accounts, contacts and opportunities; born of converted leads, won by orders.",
        routers=[accounts, contacts, opportunities],
        texts=TEXTS,
    )
