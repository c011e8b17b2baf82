"""The commands of `integration-contracts` that have a room of their own; each loads what it needs when it runs."""
