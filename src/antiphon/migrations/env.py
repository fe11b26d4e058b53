"""Alembic's entry: runs on the connection that the runner hands over."""

from __future__ import annotations

from alembic import context

from antiphon.migrations.schema import include_object, target_metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=target_metadata,
    include_object=include_object,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
