"""The command line by rooms: one module for the commands of each."""
