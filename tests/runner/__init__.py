"""GitHub's Actions runner for one Docker container action, emulated: what goes in, what runs, what comes out.

Parsers and rules are pure; `process`, `docker`, `job`, `result` and `step` do the rest. File and line numbers in
docstrings are of actions/runner at commit 258d6c857; «handler» is its ContainerActionHandler.cs.
"""

from runner.annotations import Annotation
from runner.commands import Command, parse
from runner.docker import build_image
from runner.environment import HostPaths, in_container, step_environment
from runner.files import Summary, Values, read_env, read_outputs, read_path, read_state, read_summary
from runner.job import JobFolder
from runner.log import Log, Order, Recorder, interpret
from runner.manifest import (
    Manifest,
    ManifestError,
    input_warnings,
    load_manifest,
    parse_manifest,
    step_inputs,
)
from runner.masking import encodings, mask
from runner.process import Cancel
from runner.result import StepResult
from runner.step import Step, run_container, run_process

__all__ = [
    "Annotation",
    "Cancel",
    "Command",
    "HostPaths",
    "JobFolder",
    "Log",
    "Manifest",
    "ManifestError",
    "Order",
    "Recorder",
    "Step",
    "StepResult",
    "Summary",
    "Values",
    "build_image",
    "encodings",
    "in_container",
    "input_warnings",
    "interpret",
    "load_manifest",
    "mask",
    "parse",
    "parse_manifest",
    "read_env",
    "read_outputs",
    "read_path",
    "read_state",
    "read_summary",
    "run_container",
    "run_process",
    "step_environment",
    "step_inputs",
]
