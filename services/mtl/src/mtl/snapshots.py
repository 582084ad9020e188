"""What MTL can publish again: the present state of its records."""

from functools import partial

from chassis.records.snapshots.job import SnapshotSource
from contracts.mtl.events import LeadState
from mtl.leads.store import LEAD, leads

SNAPSHOTS = (SnapshotSource(LeadState, leads, partial(LEAD.get, with_deleted=True)),)
