"""Composes the API of this service: routes, custom fields, imports, texts and number formats."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from chassis.foundation.settings import Settings
from cpq.price_books.routes import ROUTERS as PRICE_BOOKS
from cpq.products.routes import ROUTERS as PRODUCTS
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
        ],
        texts=TEXTS,
        replicas=WORKER.replicas,
        numbers={"cpq.quote": "Q"},
    )
