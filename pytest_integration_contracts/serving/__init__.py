"""A stand-in for an upstream, on loopback: recorded answers, generated ones, and faults on purpose."""
