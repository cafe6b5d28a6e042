"""Where a key may be sent: the input `base-url`."""

import pytest

from cerebras_deploy.input_base_url import BASE_URL
from helpers.asked import parse, problems


class TestBaseUrl:
    @pytest.mark.parametrize(
        "text",
        [
            "https://api.cerebras.ai",
            "https://proxy.example.com:8443",
            "https://proxy.example.com/cerebras",
            "https://proxy.example.com/v1/cerebras",
            "http://localhost:8000",
            "http://127.0.0.1:8000",
            "http://127.9.9.9",
            "http://[::1]:8000",
            "http://10.0.0.7",
            "http://172.17.0.1:8000",
            "http://192.168.1.1",
            "http://[fd00::1]",
            "http://simulator:8000",
        ],
    )
    def test_https_anywhere_and_http_where_it_stays_inside(self, text: str) -> None:
        assert parse(base_url=text).base_url == text

    @pytest.mark.parametrize("text", ["https://api.cerebras.ai/", "https://proxy.example.com/x//"])
    def test_a_slash_at_its_end_does_not_count(self, text: str) -> None:
        assert parse(base_url=text).base_url == text.rstrip("/")

    @pytest.mark.parametrize(
        "text",
        [
            "http://api.cerebras.ai",
            "http://8.8.8.8",
            "http://169.254.169.254",
            "http://[fe80::1]",
            "https://api.cerebras.ai/v1",
            "https://api.cerebras.ai/management/v1/",
            "https://x.example/v1/chat/completions",
            "https://x.example/management/v1/endpoints",
            "https://x.example/management",
            "https://api.cerebras.ai/V1",
            "http://[2606:4700::1]",
            "http://[::ffff:8.8.8.8]",
            "http://172.32.0.1",
            "http://0x08080808",
            "http://134744072",
            "http://localhost.example.com",
            "http://0.0.0.0",
            "http://simulator.",
            "api.cerebras.ai",
            "//api.cerebras.ai",
            "ftp://localhost",
            "file:///etc/passwd",
            "https://",
            "https:///management",
            "https://localhost@example.com",
            "http://localhost:x@example.com",
            "http://localhost\\@example.com",
            "https://api.cerebras.ai?x=1",
            "https://api.cerebras.ai#x",
            "https://api.cerebras.ai?",
            "https://api.cerebras.ai/#",
            "http://localhost/x?",
            "https://api.cerebras.ai:99999",
            "https://api.cerebras.ai:port",
            "https://[::1",
            "http://[::ffff:169.254.169.254]",
            "https://api cerebras.ai",
            "https://api.cer\tebras.ai",
            "https://äpi.example.com",
            "https://api.cerebras.ai/\u2028x",
        ],
    )
    def test_anything_else_is_refused(self, text: str) -> None:
        (problem,) = problems(base_url=text)

        assert problem.startswith(f"`base-url`: expected {BASE_URL}, ")
        assert "got `" in problem
