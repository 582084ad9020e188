"""Composes the API of this service: routes, custom fields, imports, texts and number formats."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from chassis.files.imports.routes import import_router
from chassis.foundation.settings import Settings
from chassis.records.custom_fields.routes import custom_field_router
from cpq.imports import IMPORTS
from cpq.price_books.routes import ROUTERS as PRICE_BOOKS
from cpq.price_books.store import price_books
from cpq.products.routes import ROUTERS as PRODUCTS
from cpq.products.store import products
from cpq.quotes.routes import ROUTERS as QUOTES
from cpq.quotes.store import quotes
from cpq.texts import TEXTS
from cpq.worker import WORKER

CUSTOM_FIELDS = {
    "cpq.product": products,
    "cpq.price_book": price_books,
    "cpq.quote": quotes,
}


def create() -> FastAPI:
    return create_app(
        Settings.of("cpq"),
        title="CPQ",
        description="Configure, price, quote: products, price books and quotes.",
        routers=[
            *PRODUCTS,
            *PRICE_BOOKS,
            *QUOTES,
            custom_field_router("cpq", CUSTOM_FIELDS),
            import_router(IMPORTS),
        ],
        texts=TEXTS,
        replicas=WORKER.replicas,
        numbers={"quote": "Q"},
    )
