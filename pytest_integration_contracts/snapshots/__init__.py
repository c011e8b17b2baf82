"""The committed shapes: file format, store, versions and history."""
