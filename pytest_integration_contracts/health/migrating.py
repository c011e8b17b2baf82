"""Tables of an older release become those of this one. Only here is Alembic imported, and only when it is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from pytest_integration_contracts.errors import HealthError
from pytest_integration_contracts.health.tables import VERSION_TABLE

try:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
except ImportError as error:
    raise HealthError(
        f"`[health]` needs {error.name}, which is not installed: pip install 'pytest-integration-contracts[health]'"
    ) from error

SCRIPTS: Final = Path(__file__).parent / "migrations"


def known(revision: str) -> bool:
    """Whether this release has heard of a revision."""
    return revision in {script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()}


def upgrade(connection: Connection) -> None:
    """Bring the tables up to date, in the transaction that the connection is in."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes.update(connection=connection, version_table=VERSION_TABLE)
    command.upgrade(config, "head")
