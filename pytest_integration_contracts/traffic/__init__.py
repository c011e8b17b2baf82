"""HTTP as it happens: vcrpy cassettes, decoding, operation names, secrets."""
