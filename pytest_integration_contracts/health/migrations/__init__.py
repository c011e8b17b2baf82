"""What makes the tables of the history, and changes them from release to release."""
