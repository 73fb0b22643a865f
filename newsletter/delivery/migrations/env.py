"""Runs the migrations over the connection, and inside the transaction, of whoever opens the ledger."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
