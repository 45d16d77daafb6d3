"""The statute: one module per act, functions in article order, dated editions."""
