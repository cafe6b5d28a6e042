"""`python -m cerebras_simulator` as a person or a script starts it."""

import signal
import socket
import subprocess
import sys

import httpx
import pytest

from cerebras_simulator.__main__ import main, world_of
from cerebras_simulator.options import read
from cerebras_simulator.world.inference import Answer, Choice
from cerebras_simulator.world.scenarios import ALL_SCENARIOS
from helpers.virtual import PATIENCE

COMMAND = [sys.executable, "-m", "cerebras_simulator"]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_serves_and_ends_cleanly(ending: signal.Signals) -> None:
    options = ["--port=0", "--key=k", "--endpoint=eu=slow", "--scenario=live", "--fault=status:2=503"]
    with subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().removeprefix("listening on ").strip()
        headers = {"user-agent": "a-test/1", "authorization": "Bearer k"}
        first, second = (httpx.get(f"{url}/management/v1/endpoints/eu", headers=headers) for _ in range(2))
        process.send_signal(ending)

        assert process.wait(PATIENCE) == 0
    assert first.json()["name"] == "eu"
    assert second.status_code == 503


def test_it_lists_its_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--list"])

    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == list(ALL_SCENARIOS)
    assert max(map(len, listed)) <= 115


def test_options_may_come_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIMULATOR_OPTIONS", "--list --answer 'two words'")
    main([])

    assert "healthy" in capsys.readouterr().out


def test_its_help_describes_the_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])

    out = capsys.readouterr().out
    assert all(scenario.about in out for scenario in ALL_SCENARIOS.values())
    assert max(map(len, out.splitlines())) <= 120


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ("--speed=0", "not a positive number: '0'"),
        ("--speed=fast", "not a positive number: 'fast'"),
        ("--scenario=heathly", "no scenario 'heathly'"),
        ("--endpoint=eu", "not of the form NAME=SCENARIO: 'eu'"),
        ("--fault=deploy:1=oops", "no fault 'oops'"),
        ("--endpoint=eu=heathly", "no scenario 'heathly'"),
        ("--fault=status:9-3=503", "the range 9-3 ends before it starts"),
        ("--latency=fast", "not of the form NUMBER or VERSION=NUMBER: 'fast'"),
        ("--tokens-per-second=2=0", "not of the form NUMBER or VERSION=NUMBER: '2=0'"),
        ("--inference-errors=v2=3", "not of the form NUMBER or VERSION=NUMBER: 'v2=3'"),
        ("--answer-to=Hello", "not of the form QUESTION=TEXT or VERSION:QUESTION=TEXT: 'Hello'"),
        ("--second-writer=0", "not a positive number: '0'"),
    ],
)
def test_a_wrong_option_is_named(capsys: pytest.CaptureFixture[str], option: str, complaint: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([option])

    assert complaint in capsys.readouterr().err


def test_how_versions_answer_and_who_else_writes_can_be_chosen() -> None:
    options = ["--answer-to=2:capital=Lyon", "--latency=2", "--tokens-per-second=3=50", "--inference-errors=2=30"]

    world = world_of(read([*options, "--second-writer=5", "--seed=7", "--accept-any-user-agent"]))

    assert world.choices == [
        Answer("capital", "Lyon", 2),
        Choice("seconds", 2),
        Choice("tokens_per_second", 50, 3),
        Choice("down_for", 30, 2),
    ]
    assert (world.second_writer, world.seed, world.refuses_library_agents) == (5, 7, False)


def test_what_is_not_chosen_is_as_ever() -> None:
    world = world_of(read([]))

    assert (world.choices, world.second_writer, world.refuses_library_agents) == ([], 0, True)


def test_a_port_in_use_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = subprocess.run([*COMMAND, f"--port={port}"], capture_output=True, text=True, check=False)

    assert found.stderr.startswith(f"cannot listen on 127.0.0.1:{port}: Address already in use")
    assert found.stderr.count("\n") == 1
    assert found.returncode == 1
