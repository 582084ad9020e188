"""The API of RMS."""

from fastapi import FastAPI

from chassis.app import create_app
from chassis.settings import Settings
from rms.balances.routes import router as balances
from rms.orders.routes import router as orders
from rms.payment_terms.routes import router as payment_terms
from rms.payments.routes import router as payments
from rms.receivables.routes import router as receivables
from rms.reconciliations.routes import router as reconciliations
from rms.texts import TEXTS


def create() -> FastAPI:
    return create_app(
        Settings.of("rms"),
        title="RMS",
        description="Revenue management: orders, shipments, receivables, payments.",
        routers=[orders, payment_terms, receivables, payments, balances, reconciliations],
        texts=TEXTS,
        numbers={"order": "SO", "shipment": "SH", "receivable": "AR", "payment": "PY"},
    )
