"""What upstreams publish about themselves: OpenAPI documents and GraphQL schemas."""
