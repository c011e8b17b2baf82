"""What has been told, and the messages on their way."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of alerts."""
    op.create_table(
        "health_told",
        sa.Column("integration", sa.Text(), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("subject", sa.Text(), primary_key=True),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("over", sa.Double()),
    )
    op.create_table(
        "health_outbox",
        sa.Column("message", sa.String(32), primary_key=True),
        sa.Column("target", sa.Text(), primary_key=True),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("markdown", sa.Text(), nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("claimed_until", sa.Double(), nullable=False),
        sa.Column("sent_at", sa.Double()),
        sa.Column("dropped_at", sa.Double()),
    )
    op.create_index("ix_health_outbox_made_at", "health_outbox", ["made_at"])
