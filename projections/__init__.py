"""What can be asked: one module per question, each a fold of the log."""
