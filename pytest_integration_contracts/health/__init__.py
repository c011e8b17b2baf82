"""What became of integrations over time: the history of live runs, what it says now, and whom to tell."""
