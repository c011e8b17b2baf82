"""The history of live runs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _names()
    _runs()
    _samples()
    op.create_table(
        "health_upkeep",
        sa.Column("task", sa.String(16), primary_key=True),
        sa.Column("at", sa.Double(), nullable=False),
    )


def _names() -> None:
    op.create_table(
        "health_integrations",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
    )
    op.create_table(
        "health_series",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("integration", sa.Integer(), sa.ForeignKey("health_integrations.number"), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.UniqueConstraint("integration", "operation"),
    )
    op.create_table(
        "health_texts",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("text", sa.Text(), nullable=False),
    )


def _runs() -> None:
    op.create_table(
        "health_runs",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("id", sa.String(32), nullable=False, unique=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("commit", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("partial", sa.Text(), nullable=False),
    )
    op.create_index("ix_health_runs_at", "health_runs", ["at"])


def _samples() -> None:
    op.create_table(
        "health_samples",
        sa.Column("run", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("series", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("cause", sa.BigInteger()),
        sa.Column("answers", sa.BigInteger(), nullable=False),
        sa.Column("p50", sa.Double()),
        sa.Column("p95", sa.Double()),
        sa.Column("version", sa.Text()),
        sa.Column("changes", sa.BigInteger()),
        sa.Column("rate_left", sa.BigInteger()),
        sa.Column("rate_limit", sa.BigInteger()),
        sa.Column("sunset", sa.Text()),
        sa.Column("newest", sa.Double()),
        sa.Column("tries", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "health_integration_runs",
        sa.Column(
            "integration",
            sa.Integer(),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("at", sa.Double(), primary_key=True),
        sa.Column("run", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("cause", sa.BigInteger()),
        sa.Column("operations", sa.Integer(), nullable=False),
        sa.Column("failing", sa.Integer(), nullable=False),
        sa.Column("answers", sa.BigInteger(), nullable=False),
        sa.Column("p95", sa.Double()),
        sa.Column("breaking", sa.Integer(), nullable=False),
        sa.Column("warnings", sa.Integer(), nullable=False),
        sa.Column("maintenance", sa.Boolean(), nullable=False),
        sqlite_with_rowid=False,
    )
    for table, column in (
        ("health_samples", "cause"),
        ("health_samples", "changes"),
        ("health_integration_runs", "cause"),
    ):
        present = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_{table}_{column}", table, [column], sqlite_where=present, postgresql_where=present)
    op.create_index(
        "ix_health_integration_runs_verdict",
        "health_integration_runs",
        ["integration", "maintenance", "verdict", "at"],
    )
