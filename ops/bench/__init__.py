"""Benchmarks: ratios in one run, printed with what was compared. `make bench`."""
