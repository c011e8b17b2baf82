"""The tables that history is kept in.

The migrations make them (`migrations/`); a test holds that both say the same. A year of 200 integrations with 20
operations is six million samples: their names are small numbers, their texts are kept once, and what the page asks is
answered on one short row an integration and run. The two large tables refer by numbers that no constraint watches over:
for each run or text that is removed, a database would search them.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

VERSION_TABLE: Final = "health_version"
"""Where Alembic notes how far the tables are; a name of our own, for the database may have other users."""

Number: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A key that is counted up: SQLite does so only for `INTEGER`."""

metadata: Final = MetaData()

integrations: Final = Table(
    "health_integrations",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)

series: Final = Table(
    "health_series",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("integration", Integer, ForeignKey("health_integrations.number"), nullable=False),
    Column("operation", Text, nullable=False),
    UniqueConstraint("integration", "operation"),
)
"""One operation of one integration."""

texts: Final = Table(
    "health_texts",
    metadata,
    Column("number", Number, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("text", Text, nullable=False),
)
"""Causes, and what stands as JSON: the same for many samples in a row. By digest, for an index bounds its keys."""

runs: Final = Table(
    "health_runs",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("at", Double, nullable=False, index=True),
    Column("commit", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("partial", Text, nullable=False),
)

samples: Final = Table(
    "health_samples",
    metadata,
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    Column("series", Integer, primary_key=True, autoincrement=False),
    Column("verdict", String(16), nullable=False),
    Column("cause", BigInteger),
    Column("answers", BigInteger, nullable=False),
    Column("p50", Double),
    Column("p95", Double),
    Column("version", Text),
    Column("changes", BigInteger),
    Column("rate_left", BigInteger),
    Column("rate_limit", BigInteger),
    Column("sunset", Text),
    Column("newest", Double),
    Column("tries", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""By run and then series: a run is written, read and removed in one piece."""

integration_runs: Final = Table(
    "health_integration_runs",
    metadata,
    Column("integration", Integer, primary_key=True, autoincrement=False),
    Column("at", Double, primary_key=True),
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    Column("verdict", String(16), nullable=False),
    Column("cause", BigInteger),
    Column("operations", Integer, nullable=False),
    Column("failing", Integer, nullable=False),
    Column("answers", BigInteger, nullable=False),
    Column("p95", Double),
    Column("breaking", Integer, nullable=False),
    Column("warnings", Integer, nullable=False),
    Column("maintenance", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
"""What one run found about one integration, summed up when it is written."""

upkeep: Final = Table(
    "health_upkeep",
    metadata,
    Column("task", String(16), primary_key=True),
    Column("at", Double, nullable=False),
)
"""When something that is done once a day was done last."""

for _table, _column in ((samples, "cause"), (samples, "changes"), (integration_runs, "cause")):
    _where = _table.c[_column].is_not(None)
    Index(f"ix_{_table.name}_{_column}", _table.c[_column], sqlite_where=_where, postgresql_where=_where)

Index(
    "ix_health_integration_runs_verdict",
    integration_runs.c.integration,
    integration_runs.c.maintenance,
    integration_runs.c.verdict,
    integration_runs.c.at,
)
"""The last and the first run of each verdict are then one step away, however long a stretch is."""
