"""`python -m cerebras_simulator` as a person or a script starts it."""

import signal
import socket
import subprocess
import sys

import httpx
import pytest

from cerebras_simulator.__main__ import main
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
    ],
)
def test_a_wrong_option_is_named(capsys: pytest.CaptureFixture[str], option: str, complaint: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([option])

    assert complaint in capsys.readouterr().err


def test_a_port_in_use_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = subprocess.run([*COMMAND, f"--port={port}"], capture_output=True, text=True, check=False)

    assert found.stderr.startswith(f"cannot listen on 127.0.0.1:{port}: Address already in use")
    assert found.stderr.count("\n") == 1
    assert found.returncode == 1
