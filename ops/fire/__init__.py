"""The registry under fire: real servers and brokers killed under load, and judged."""
