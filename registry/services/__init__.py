"""The gRPC edge: one module per service; translate in, translate out, nothing else."""
