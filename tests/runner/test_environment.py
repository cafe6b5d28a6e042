"""What goes into a step: action.yml, inputs, variables, arguments, command line, as the runner makes them."""

from pathlib import Path

import pytest

from runner import (
    HostPaths,
    Manifest,
    ManifestError,
    in_container,
    input_warnings,
    parse_manifest,
    step_environment,
    step_inputs,
)
from runner.arguments import delivered
from runner.docker import container_name, docker_build, docker_run
from runner.manifest import is_dockerfile, scalar

HOST = HostPaths(Path("/home/runner/_work/_temp"), Path("/home/runner/_work/repo/repo"), "guid")

ACTION = """
name: Deploy
description: Deploys a model
inputs:
  api-key: {description: Key, required: true}
  poll interval: {description: Pause, default: "5s", anything: goes}
  number: {default: 3.10}
  old: {deprecationMessage: use new}
outputs:
  status: {description: Its status}
runs:
  using: docker
  image: Dockerfile
"""


class TestManifest:
    def test_what_it_declares(self) -> None:
        assert parse_manifest(ACTION) == Manifest(
            inputs={"api-key": "", "poll interval": "5s", "number": "3.1", "old": ""},
            deprecated={"old": "use new"},
            outputs=("status",),
            image="Dockerfile",
        )

    def test_how_it_starts(self) -> None:
        manifest = parse_manifest(
            ACTION + "  entrypoint: /run\n  args: [a, '${{ inputs.number }}']\n  env: {A: '1'}\n  post-if: always()"
        )

        assert (manifest.entrypoint, manifest.args) == ("/run", ("a", "${{ inputs.number }}"))
        assert manifest.env == {"A": "1"}

    @pytest.mark.parametrize(
        ("before", "after", "complaint"),
        [
            pytest.param(
                "image: Dockerfile", "image: Dockerfile\n  user: root", "'user' in runs", id="a key under runs"
            ),
            pytest.param("{description: Its", "{default: Its", "'default' in outputs.status", id="a key of an output"),
            pytest.param(
                "Deploys a", "Deploys `${{ x }}`", "allowed in description", id="an expression in a description"
            ),
            pytest.param("image: Dockerfile", "image: ${{ x }}", "allowed in runs.image", id="an expression as image"),
            pytest.param(
                "using: docker", "using: docker\n  post-if: ${{ x }}", "runs.post-if", id="one as a condition"
            ),
            pytest.param(
                "description: Key", "description: '${{ x }}'", "inputs.api-key.description", id="one in quotes"
            ),
            pytest.param(
                "image: Dockerfile", "image: ghcr.io/o/i:1", "should be either", id="an image by its bare name"
            ),
            pytest.param("image: Dockerfile", "image: ''", "should be either", id="no image"),
            pytest.param("using: docker", "using: node20", "no Docker container action", id="another kind of action"),
            pytest.param(
                "using: docker", "using: docker\n  entrypoint: ''", "must not be empty", id="an empty entrypoint"
            ),
            pytest.param("number:", "API-key:", "'api-key' is already defined", id="an input twice"),
            pytest.param("image: Dockerfile", "image: [a]", "A string was expected", id="a list for a string"),
            pytest.param(
                "\nruns:\n", "\nruns: x\nrest:\n", "A mapping was expected in runs", id="a string for a mapping"
            ),
        ],
    )
    def test_what_it_must_not_say(self, before: str, after: str, complaint: str) -> None:
        assert before in ACTION

        with pytest.raises(ManifestError, match=complaint):
            parse_manifest(ACTION.replace(before, after))

    def test_expressions_in_defaults_load_but_are_not_evaluated_here(self) -> None:
        manifest = parse_manifest(ACTION.replace("'5s'", "x").replace('"5s"', "'${{ github.sha }}'"))

        assert step_inputs(manifest, {"Poll Interval": "1s"})["INPUT_POLL_INTERVAL"] == "1s"
        with pytest.raises(ManifestError, match="'poll interval' is an expression"):
            step_inputs(manifest, {})

    @pytest.mark.parametrize(
        ("image", "builds"),
        [
            ("Dockerfile", True),
            ("docker/DOCKERFILE", True),
            ("Dockerfile.slim", True),
            ("slim.Dockerfile", True),
            ("Dockerfile/other", False),
            ("image:1", False),
        ],
    )
    def test_images_to_build(self, image: str, builds: bool) -> None:  # noqa: FBT001 -- a table
        assert is_dockerfile(image) is builds

    @pytest.mark.parametrize(
        ("written", "arrives"),
        [
            *(("3.10", "3.1"), ("012345678901", "12345678901"), ("0x1F", "31"), ("0o17", "15"), ("60", "60")),
            *(("1234567890123456789", "1.23456789012346E+18"), ("True", "true"), ("~", ""), ("null", "")),
            *(("yes", "yes"), ("60m", "60m"), ("1.2.3", "1.2.3"), ("-1", "-1"), (".5", "0.5"), ("1e3", "1000")),
        ],
    )
    def test_plain_scalars(self, written: str, arrives: str) -> None:
        assert scalar(written) == arrives


class TestInputs:
    def test_every_declared_input_is_there(self) -> None:
        assert step_inputs(parse_manifest(ACTION), {"API-Key": "k", "a.b c": "x"}) == {
            "INPUT_API-KEY": "k",
            "INPUT_POLL_INTERVAL": "5s",
            "INPUT_NUMBER": "3.1",
            "INPUT_OLD": "",
            "INPUT_A.B_C": "x",
        }

    def test_what_the_runner_warns_of(self) -> None:
        manifest = parse_manifest(ACTION)

        assert not list(input_warnings(manifest, {"API-KEY": "", "entrypoint": "x", "ARGS": "x"}))
        deprecated, unexpected = input_warnings(manifest, {"old": "x", "apikey": "x", "b": ""})
        assert deprecated == "Input 'old' has been deprecated with message: use new"
        assert unexpected == (
            "Unexpected input(s) 'apikey', 'b', valid inputs are"
            " ['entryPoint', 'args', 'api-key', 'poll interval', 'number', 'old']"
        )


class TestVariables:
    def test_later_sources_override_earlier_ones(self) -> None:
        hostile = dict.fromkeys(
            ("HTTP_PROXY", "STATE_x", "INPUT_A", "HOME", "GITHUB_SHA", "RUNNER_OS", "ACTIONS_RUNTIME_URL", "CI", "OWN"),
            "env",
        )

        environment = step_environment(
            HOST,
            {"INPUT_A": "input", "INPUT_B": ""},
            env=hostile | {"GITHUB_ACTIONS": "env"},
            state={"x": "state"},
            runs_env={"INPUT_A": "runs", "OWN": "runs", "MORE": "runs", "HOME": "runs"},
            proxies={"HTTP_PROXY": "proxy", "NO_PROXY": "proxy"},
        )

        assert environment["HTTP_PROXY"] == "env"
        assert environment["NO_PROXY"] == "proxy"
        assert environment["STATE_x"] == "state"
        assert (environment["INPUT_A"], environment["INPUT_B"]) == ("input", "")
        assert (environment["OWN"], environment["MORE"]) == ("env", "runs")
        assert environment["HOME"] == "/home/runner/_work/_temp/_github_home"
        assert environment["CI"] == "env"
        assert "env" not in [environment[name] for name in ("GITHUB_SHA", "RUNNER_OS", "ACTIONS_RUNTIME_URL")]
        assert environment["GITHUB_ACTIONS"] == "true"

    def test_what_is_not_there(self) -> None:
        environment = step_environment(HOST, {})

        assert environment["CI"] == "true"
        assert (
            not {"GITHUB_TOKEN", "GITHUB_ACTION_REPOSITORY", "GITHUB_ACTION_REF", "RUNNER_DEBUG"} & environment.keys()
        )
        assert step_environment(HOST, {}, debug=True)["RUNNER_DEBUG"] == "1"

    def test_paths_as_the_container_sees_them(self) -> None:
        environment = in_container(step_environment(HOST, {}), HOST)

        assert {
            name: environment[name]
            for name in ("HOME", "GITHUB_WORKSPACE", "GITHUB_OUTPUT", "GITHUB_EVENT_PATH", "RUNNER_TEMP")
        } == {
            "HOME": "/github/home",
            "GITHUB_WORKSPACE": "/github/workspace",
            "GITHUB_OUTPUT": "/github/file_commands/set_output_guid",
            "GITHUB_EVENT_PATH": "/github/workflow/event.json",
            "RUNNER_TEMP": "/github/runner_temp",
        }

    @pytest.mark.parametrize(
        ("value", "arrives"),
        [
            pytest.param("/home/runner/_work/repo/repo", "/github/workspace", id="the directory itself"),
            pytest.param("/home/runner/_work/repo/repo/a b", "/github/workspace/a b", id="something in it"),
            pytest.param(
                "/home/runner/_work/repo/repository", "/home/runner/_work/repo/repository", id="a longer name"
            ),
            pytest.param(
                "--path=/home/runner/_work/repo/repo", "--path=/home/runner/_work/repo/repo", id="inside a value"
            ),
            pytest.param(
                "/home/runner/_work/repo", "/home/runner/_work/repo", id="a directory above: RUNNER_WORKSPACE"
            ),
            pytest.param("/home/runner/_work/_temp/_github_home/x", "/github/home/x", id="the closest mount"),
            pytest.param("/opt/hostedtoolcache", "/opt/hostedtoolcache", id="nothing that is mounted"),
        ],
    )
    def test_translation(self, value: str, arrives: str) -> None:
        assert in_container({"X": value}, HOST) == {"X": arrives}


class TestArguments:
    @pytest.mark.parametrize(
        ("written", "arrives"),
        [
            pytest.param(["a b", "", 'c "d" e', "x\ny"], ["a b", "", 'c "d" e', "x\ny"], id="most arrive"),
            pytest.param(["C:\\", "--next", "x"], ['C:" --next x'], id="a backslash at the end eats the next"),
            pytest.param(['a\\"b" --evil "c', "z"], ['a\\b"', "--evil", '"c z'], id="an escaped quote is a way out"),
            pytest.param(["trail\\\\", "z"], ["trail\\", "z"], id="two backslashes become one"),
            pytest.param(["a\\b"], ["a\\b"], id="a backslash inside stays"),
        ],
    )
    def test_quoting_is_not_lossless(self, written: list[str], arrives: list[str]) -> None:
        assert delivered(written) == arrives


class TestCommandLines:
    def test_run(self) -> None:
        argv = docker_run("deploy:1", HOST, ["A", "B-C"], container="deploy1_0a0a0a", network="net", args=["x"])

        assert " ".join(argv) == (
            "docker run --name deploy1_0a0a0a --label 7cdb2a --workdir /github/workspace --rm -e A -e B-C --network net"
            " -v /home/runner/_work/_temp:/github/runner_temp -v /home/runner/_work/_temp/_github_home:/github/home"
            " -v /home/runner/_work/_temp/_github_workflow:/github/workflow"
            " -v /home/runner/_work/_temp/_runner_file_commands:/github/file_commands"
            " -v /home/runner/_work/repo/repo:/github/workspace"
            " deploy:1 x"
        )

    def test_an_entrypoint_is_one_word(self) -> None:
        argv = docker_run("i", HOST, [], container="c", entrypoint="sh -c")

        assert argv[argv.index("--entrypoint") + 1] == "sh -c"

    def test_build(self) -> None:
        assert docker_build(Path("a/Dockerfile"), "t") == ["docker", "build", "-t", "t", "-f", "a/Dockerfile", "a"]

    def test_name(self) -> None:
        name, _, digits = container_name("deploy:a/b-1").partition("_")

        assert (name, len(digits)) == ("deployab1", 6)
