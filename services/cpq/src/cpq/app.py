"""Composes the API of this service: routes, custom fields, imports, texts and number formats."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from chassis.foundation.settings import Settings
from cpq.price_books.routes import ROUTERS as PRICE_BOOKS
from cpq.products.routes import ROUTERS as PRODUCTS
from cpq.quote_rules.routes import ROUTERS as QUOTE_RULES
from cpq.quotes.routes import ROUTERS as QUOTES
from cpq.texts import TEXTS
from cpq.worker import WORKER


def create() -> FastAPI:
    return create_app(
        Settings.of("cpq"),
        title="CPQ",
        description="Configure, price, quote: products, price books and quotes.",
        routers=[
            *PRODUCTS,
            *PRICE_BOOKS,
            *QUOTES,
            *QUOTE_RULES,
        ],
        texts=TEXTS,
        replicas=WORKER.replicas,
        numbers={"cpq.quote": "Q"},
    )
