"""The steps of a run: each reads, asks `decide` what that means, and acts on it."""
