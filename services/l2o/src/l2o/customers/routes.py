"""Who sees an account, and whose it is, over HTTP."""

from chassis.records.access.routes import access_router
from l2o.accounts.store import ACCOUNTS
from l2o.customers.actions import transfer_customer

access = access_router(ACCOUNTS, collection="accounts", transfer=transfer_customer)
