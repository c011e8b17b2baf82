"""What APIs do to their responses, made on purpose: each change once, everywhere, with what must be said of it."""
