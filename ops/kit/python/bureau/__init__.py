"""The bureau kit in Python: two small consumers and the checks that they share."""
