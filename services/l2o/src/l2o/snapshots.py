"""What L2O can publish again: the present state of its records."""

from functools import partial

from chassis.records.snapshots.job import SnapshotSource
from contracts.l2o.events import AccountState, ContactState, OpportunityState
from l2o.accounts.store import ACCOUNT, accounts
from l2o.contacts.store import CONTACT, contacts
from l2o.opportunities.store import OPPORTUNITY, opportunities

SNAPSHOTS = (
    SnapshotSource(AccountState, accounts, partial(ACCOUNT.get, with_deleted=True)),
    SnapshotSource(ContactState, contacts, partial(CONTACT.get, with_deleted=True)),
    SnapshotSource(OpportunityState, opportunities, partial(OPPORTUNITY.get, with_deleted=True)),
)
