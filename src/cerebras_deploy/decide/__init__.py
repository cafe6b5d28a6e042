"""Decisions: pure functions and values. Nothing here reads a clock, a file, the environment or the network."""
