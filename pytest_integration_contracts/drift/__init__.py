"""Two shapes to changes: deepdiff, the rules and the policy."""
