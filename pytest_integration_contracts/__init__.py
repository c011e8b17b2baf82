"""Contracts with upstreams, captured as shapes and held by pytest."""
