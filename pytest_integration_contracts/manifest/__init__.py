"""What `contracts.toml` says, as typed objects, and where in the file it says so."""
