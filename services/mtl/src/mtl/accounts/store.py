"""The replica of L2O's accounts, whose names MTL shows and compares with those of leads."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Table, Text, Uuid
from sqlalchemy import String as Short

from chassis.database.columns import replica_columns, tenant_column
from chassis.events.replicas import ChildRows, Copy
from chassis.records.access.visibility import ScopedResource
from contracts.l2o.events import AccountState
from mtl.database import metadata
from parties.candidate_keys import keys_of_company

accounts = Table(
    "accounts",
    metadata,
    *replica_columns(),
    Column("name", Text, nullable=False),
    Column("owner_id", Text),
)

# The keys of an account's name, by which accounts like a company are found.
account_keys = Table(
    "account_keys",
    metadata,
    tenant_column(),
    Column("key", Short(300), primary_key=True),
    Column("account_id", Uuid, primary_key=True),
    Index(None, "tenant_id", "account_id"),
)

# An account is visible here to whoever sees its owner's records. Teams and shares of the account
# exist only in L2O.
ACCOUNTS = ScopedResource("l2o.account", accounts)


def _keys(account_id: UUID, state: AccountState) -> Iterable[Mapping[str, Any]]:
    for key in sorted(keys_of_company(state.name)):
        yield {"key": key, "account_id": account_id}


ACCOUNT_COPY = Copy(AccountState, accounts, children=[ChildRows(account_keys.c.account_id, _keys)])
