"""Alembic's entry: the connection and the metadata come from `chassis.database.migrate`."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes["target_metadata"],
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
