"""JSON values to shapes: inference, merging, JSON Schema and the fast matcher. Pure: nothing here does I/O."""
