"""Deploy a model version to a dedicated Cerebras endpoint, and gate on its rollout."""

import gc
import os

__version__ = "1.0.0"

# A quicker start: nothing is to be collected while modules are imported, and there is no plugin to look for.
gc.set_threshold(100_000)
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
