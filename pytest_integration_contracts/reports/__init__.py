"""What a run found, said to people."""
