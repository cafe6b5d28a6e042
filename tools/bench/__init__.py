"""`make bench`: start, memory, size and waiting, beside a Node action, a naive image, and other actions."""
