"""Run migrations on the connection that `storage.work.migrate` brings; the commit is its business."""

from alembic import context

from storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by building a new one
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
