"""Deploy a model version to a dedicated Cerebras endpoint, and gate on its rollout."""

__version__ = "0.1.0"
