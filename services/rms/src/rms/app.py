"""The API of RMS."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from chassis.foundation.settings import Settings
from rms.balances.routes import router as balances
from rms.orders.routes import ROUTERS as ORDERS
from rms.payment_terms.routes import ROUTERS as PAYMENT_TERMS
from rms.payments.routes import ROUTERS as PAYMENTS
from rms.receivables.routes import ROUTERS as RECEIVABLES
from rms.reconciliations.routes import router as reconciliations
from rms.texts import TEXTS
from rms.worker import WORKER


def create() -> FastAPI:
    """Build the API of RMS from its routers, texts and number formats."""
    return create_app(
        Settings.of("rms"),
        title="RMS",
        description="Revenue management: orders, shipments, receivables, payments.",
        routers=[
            *ORDERS,
            *PAYMENT_TERMS,
            *RECEIVABLES,
            *PAYMENTS,
            balances,
            reconciliations,
        ],
        texts=TEXTS,
        replicas=WORKER.replicas,
        numbers={
            "rms.order": "SO",
            "rms.shipment": "SH",
            "rms.receivable": "AR",
            "rms.payment": "PY",
        },
    )
