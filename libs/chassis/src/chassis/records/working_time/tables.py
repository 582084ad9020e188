"""The copies of org's working hours and own days; every service has the tables."""

from sqlalchemy import Boolean, Column, Date, Index, Table, Text, Uuid

from chassis.database.backbone_tables import metadata
from chassis.database.columns import JsonDocument, enum_column, replica_columns, tenant_column
from kernel.working_week import OwnWorkingDay, Weekday, WorkingWeek

working_hours = Table(
    "directory_working_hours",
    metadata,
    *replica_columns(),
    Column("timezone", Text),
    Column("week", JsonDocument(WorkingWeek), nullable=False),
    Column("own_days", JsonDocument(tuple[OwnWorkingDay, ...]), nullable=False),
    Column("follows_calendar", Boolean, nullable=False),
    Column("make_up_weekday", enum_column(Weekday), nullable=False),
    Column("is_default", Boolean, nullable=False),
)

# While a department gets other hours, the events of both may have arrived in any order.
hours_of_departments = Table(
    "directory_hours_of_departments",
    metadata,
    tenant_column(),
    Column("department_id", Uuid, primary_key=True),
    Column("working_hours_id", Uuid, primary_key=True),
    Index(None, "tenant_id", "working_hours_id"),
)

own_days = Table(
    "directory_own_days",
    metadata,
    *replica_columns(),
    Column("department_id", Uuid),
    Column("date", Date, nullable=False),
    Column("working", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Index(None, "tenant_id", "date"),
)
