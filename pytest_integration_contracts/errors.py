"""The errors this project raises.

Each message says what was wrong, where (file, line, key) and the one thing to do about it.
"""


class ContractsError(Exception):
    """Base of every error this project raises on purpose."""


class ManifestError(ContractsError):
    """`contracts.toml` cannot be used as it stands."""


class SnapshotError(ContractsError):
    """A snapshot cannot be read or written."""


class CassetteError(ContractsError):
    """A cassette cannot be read or written."""


class ReportError(ContractsError):
    """A report cannot be read or written."""


class MissingRecordingError(CassetteError):
    """Replay was asked for what is not recorded. Raised inside the consumer's HTTP client."""


class NetworkBlockedError(ContractsError):
    """Something tried to reach the network while recordings were replayed. Raised inside the consumer."""


class BodyError(ContractsError):
    """A body exceeds a limit (depth, size) or cannot be described."""


class UsageError(ContractsError):
    """Options or arguments contradict each other, or name something that does not exist."""


class SpecError(ContractsError):
    """What an upstream publishes about itself, an OpenAPI document or a GraphQL schema, cannot be used."""


class HealthError(ContractsError):
    """The history of live runs cannot be opened, read or written."""
