"""What may happen, and why: the law, the deciders, the writer, the gRPC edge."""
