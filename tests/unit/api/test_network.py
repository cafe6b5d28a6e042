"""How a connection is opened."""

import pytest

from cerebras_deploy.api.network import open_client, proxy_for
from cerebras_deploy.errors import Stop
from helpers.client import BASE


@pytest.mark.parametrize(("name", "value"), [("SSL_CERT_FILE", "/dev/null"), ("HTTPS_PROXY", "nonsense://")])
def test_settings_that_cannot_be_used_are_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(Stop) as raised:
        open_client(proxy_for(BASE))

    assert name in raised.value.end.reason
