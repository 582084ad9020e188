"""The composition root of the API."""

from fastapi import FastAPI

from chassis.app import create_app
from chassis.settings import Settings
from cpq.price_books.routes import router as price_books
from cpq.products.routes import router as products
from cpq.quotes.routes import router as quotes
from cpq.texts import TEXTS


def create() -> FastAPI:
    return create_app(
        Settings.of("cpq"),
        title="CPQ",
        description="Configure, price, quote: products, price books and quotes.",
        routers=[products, price_books, quotes],
        texts=TEXTS,
        numbers={"quote": "Q"},
    )
