"""The API of RMS."""

from fastapi import FastAPI

from chassis.app import create_app
from chassis.settings import Settings
from rms.orders.routes import router as orders
from rms.payments.routes import router as payments
from rms.receivables.routes import router as receivables
from rms.reconciliations.routes import router as reconciliations
from rms.texts import TEXTS


def create() -> FastAPI:
    return create_app(
        Settings.of("rms"),
        title="RMS",
        description="Revenue management: orders, shipments, receivables, payments.",
        routers=[orders, receivables, payments, reconciliations],
        texts=TEXTS,
    )
