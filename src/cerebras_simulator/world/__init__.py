"""The simulated world: what exists, what was asked for, and where each rollout stands."""
