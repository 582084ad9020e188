"""The metadata of all tables of this service; alembic reads it."""

from chassis.database.columns import new_metadata

metadata = new_metadata()
