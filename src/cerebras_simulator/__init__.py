"""The Cerebras Management API from the other side: a simulator to rehearse rollouts against."""
