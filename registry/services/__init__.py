"""The gRPC edge: one file per .proto; translate in, translate out, nothing else."""
