"""What action.yml declares, read with the runner's rules."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import yaml

from runner.text import fold, look_up, put

Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"

# action_yaml.json:38-68: these two are closed, everything else takes any key and ignores it.
_RUNS = frozenset(
    "using image entrypoint args env pre-entrypoint pre-if post-entrypoint post-if".split()  # noqa: SIM905 -- as there
)
_OUTPUT = frozenset({"description", "value"})

# action_yaml.json:69-82,157-186: where an expression may stand.
_EXPRESSION = re.compile(r"inputs/[^/]+/default|runs/args/\d+|runs/env/[^/]+")

# ActionRunner.cs:199-205: any container action takes these two.
ALWAYS_VALID = ("entryPoint", "args")


class ManifestError(Exception):
    """The runner would refuse to load this action.yml."""


@dataclass(frozen=True)
class Manifest:
    """A Docker container action: inputs with their defaults (`""` for none), outputs, and how it starts."""

    inputs: Mapping[str, str] = field(default_factory=dict)
    deprecated: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    image: str = "Dockerfile"
    entrypoint: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)


def load_manifest(path: Path) -> Manifest:
    """Read an action.yml."""
    return parse_manifest(path.read_text(encoding="utf-8"))


def parse_manifest(text: str) -> Manifest:
    """Read the text of an action.yml; what the runner would refuse is a ManifestError."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    tree = _mapping("the file", _tree(node) if node else {})
    _check_expressions(tree)
    runs = _mapping("runs", tree.get("runs", ""))
    _check_runs(runs)
    inputs = {name: _loose(value) for name, value in _section(tree, "inputs").items()}
    outputs = {name: _mapping(f"outputs.{name}", value) for name, value in _section(tree, "outputs").items()}
    for name, output in outputs.items():
        _check_keys(f"outputs.{name}", output, _OUTPUT)
    return Manifest(
        inputs={name: _text(declared.get("default", "")) for name, declared in inputs.items()},
        deprecated={
            name: _text(declared["deprecationMessage"])
            for name, declared in inputs.items()
            if "deprecationMessage" in declared
        },
        outputs=tuple(outputs),
        image=_text(runs["image"]),
        entrypoint=_text(runs.get("entrypoint", "")),
        args=tuple(map(_text, _sequence(runs.get("args", [])))),
        env={name: _text(value) for name, value in _section(runs, "env").items()},
    )


def step_inputs(manifest: Manifest, with_: Mapping[str, str]) -> dict[str, str]:
    """Give the INPUT_ variables: every declared input, and what the workflow passes (Handler.cs:182-195).

    Of the name, only spaces are replaced: `my-input` is INPUT_MY-INPUT.
    """
    values = dict(manifest.inputs)
    for name, value in with_.items():
        put(values, name, value)
    for name, default in manifest.inputs.items():
        if "${{" in default and values[name] == default:
            raise ManifestError(f"The default of '{name}' is an expression, and no expression is evaluated here")
    return {variable(name): value for name, value in values.items()}


def variable(name: str) -> str:
    """Name the variable of an input (Handler.cs:182-188)."""
    return f"INPUT_{name.replace(' ', '_').upper()}"


def input_warnings(manifest: Manifest, with_: Mapping[str, str]) -> Iterator[str]:
    """Say what the runner warns of before it starts the step (ActionRunner.cs:187-237)."""
    for name, message in manifest.deprecated.items():
        if look_up(dict(with_), name) is not None:
            yield f"Input '{name}' has been deprecated with message: {message}"
    valid = (*ALWAYS_VALID, *manifest.inputs)
    unexpected = [name for name in with_ if fold(name) not in set(map(fold, valid))]
    if unexpected:
        yield f"Unexpected input(s) {_listed(unexpected)}, valid inputs are [{_listed(valid)}]"


def is_dockerfile(image: str) -> bool:
    """Tell whether `runs.image` names a file to build (DockerUtil.cs:69-77)."""
    name = image.rpartition("/")[2].lower()
    return name.startswith("dockerfile.") or name.endswith("dockerfile")


def scalar(text: str) -> str:
    """Read an unquoted scalar as the runner does: `3.10` arrives as `3.1` (TemplateReader.cs:451-461)."""
    if text in {"", "~", "null", "Null", "NULL"}:
        return ""
    if text in {"true", "True", "TRUE", "false", "False", "FALSE"}:
        return text.lower()
    if re.fullmatch(r"0x[0-9A-Fa-f]+|0o[0-7]+", text):
        return _number(int(text, 0))
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", text):
        return _number(float(text))
    return text


def _number(value: float) -> str:
    return f"{value:.15G}"  # NumberToken.cs:34


def _tree(node: yaml.Node) -> Tree:
    """Turn YAML into strings, lists and mappings: a key twice is refused, compared without case."""
    match node:
        case yaml.ScalarNode(value=value, style=None):
            return scalar(value)
        case yaml.ScalarNode(value=value):
            return str(value)
        case yaml.SequenceNode(value=items):
            return [_tree(item) for item in items]
        case yaml.MappingNode(value=entries):
            pairs = [(_text(_tree(key)), _tree(value)) for key, value in entries]
            names = [fold(name) for name, _ in pairs]
            for name, _ in pairs:
                if names.count(fold(name)) > 1:
                    raise ManifestError(f"'{name}' is already defined")
            return dict(pairs)
        case _:
            raise ManifestError(f"Unexpected {node}")


def _check_expressions(tree: Tree, path: str = "") -> None:
    """Refuse `${{` where none may stand; quotes, backticks and descriptions do not protect it."""
    match tree:
        case str():
            if "${{" in tree and not _EXPRESSION.fullmatch(path):
                raise ManifestError(f"No expression is allowed in {path.replace('/', '.')}: {tree}")
        case list():
            for number, item in enumerate(tree):
                _check_expressions(item, f"{path}/{number}".lstrip("/"))
        case dict():
            for key, value in tree.items():
                _check_expressions(key, f"{path}/".lstrip("/"))
                _check_expressions(value, f"{path}/{key}".lstrip("/"))


def _check_runs(runs: Mapping[str, Tree]) -> None:
    _check_keys("runs", runs, _RUNS)
    if _text(runs.get("using", "")).lower() != "docker":
        raise ManifestError(f"This is no Docker container action: runs.using is '{runs.get('using', '')}'")
    image = _text(runs.get("image", ""))
    if not (image.lower().startswith("docker://") or is_dockerfile(image)):
        # ActionManager.cs:1477-1480; a local action would get away with it, and break for everyone else
        raise ManifestError(f"'{image}' should be either '[path]/Dockerfile' or 'docker://image[:tag]'")
    for key in _RUNS - {"args", "env"}:
        if key in runs and not _text(runs[key]):
            raise ManifestError(f"runs.{key} must not be empty")


def _check_keys(place: str, mapping: Mapping[str, Tree], known: frozenset[str]) -> None:
    for key in mapping:
        if key not in known:
            raise ManifestError(f"Unexpected value '{key}' in {place}")


def _section(tree: Mapping[str, Tree], name: str) -> dict[str, Tree]:
    value = tree.get(name, {})
    return _mapping(name, value) if value else {}


def _mapping(place: str, value: Tree) -> dict[str, Tree]:
    if not isinstance(value, dict):
        raise ManifestError(f"A mapping was expected in {place}")
    return value


def _loose(value: Tree) -> dict[str, Tree]:
    return value if isinstance(value, dict) else {}


def _sequence(value: Tree) -> list[Tree]:
    return value if isinstance(value, list) else [value]


def _text(value: Tree) -> str:
    if not isinstance(value, str):
        raise ManifestError(f"A string was expected instead of {value}")
    return value


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
