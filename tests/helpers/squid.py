"""squid as a company's HTTPS proxy: open to all, with a password, or denying everything."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from helpers.daemons import daemon, folder, free_port, program

USER, PASSWORD = "somebody", "zqx#1:@/word"  # as people have them; in an address, %23 and the like stand for some
ENCODED = "zqx%231%3A%40%2Fword"
CONFIG = """
http_port {host}:{port}
pid_filename {folder}/squid.pid
cache_log {folder}/cache.log
access_log stdio:{folder}/access.log
coredump_dir {folder}
visible_hostname proxy.corp
cache deny all
shutdown_lifetime 0 seconds
pinger_enable off
{access}
http_access deny all
"""
# squid gives its helpers some characters as %20 and the like.
CHECK = f"""#!/bin/sh
while read -r user password; do
  if [ "$user" = "{USER}" ] && [ "$password" = "{PASSWORD.replace("#", "%23")}" ]; then echo OK; else echo ERR; fi
done
"""

Access = Literal["open", "password", "denying"]
RULES = {
    "open": "http_access allow all",
    "denying": "",
    "password": """auth_param basic program {folder}/check
auth_param basic children 1 startup=1
auth_param basic realm corp
acl known proxy_auth REQUIRED
http_access allow known""",
}


@dataclass(frozen=True)
class Squid:
    """A running squid; `url` is where it is."""

    url: str
    folder: Path

    @property
    def lines(self) -> list[str]:
        """What it was asked for, with what came of it: `TCP_TUNNEL/200 CONNECT host:443`."""
        log = (self.folder / "access.log").read_text(encoding="utf-8").splitlines()
        asked = [line.split() for line in log if "NONE_NONE/000" not in line]  # somebody who has only looked
        return [" ".join(parts[n] for n in (3, 5, 6)) for parts in asked]


@contextlib.contextmanager
def squid(host: str, access: Access) -> Iterator[Squid]:
    """Run it on that address."""
    with folder() as path:
        port = free_port(host)
        check = path / "check"
        check.write_text(CHECK, encoding="utf-8")
        check.chmod(0o755)
        rules = RULES[access].format(folder=path)
        text = CONFIG.format(host=host, port=port, folder=path, access=rules)
        (path / "squid.conf").write_text(text, encoding="utf-8")
        with daemon([program("squid"), "-N", "-f", str(path / "squid.conf")], (host, port)):
            yield Squid(f"http://{host}:{port}", path)
