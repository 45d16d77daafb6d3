"""The log under a seeded schedule: simulated Kafka, simulated time, real code."""
