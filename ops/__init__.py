"""How it is run: command line, configuration, demo, topics, benchmarks."""
