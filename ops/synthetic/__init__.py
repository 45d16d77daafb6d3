"""A lawful province that never was: what befalls its children, and its log."""
