"""GraphQL schemas: what an upstream says that may be asked, and what of it the consumer's queries use."""
