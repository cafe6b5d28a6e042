"""What can go wrong with a request: which one it hits, what it does, and how it reaches the connection."""
