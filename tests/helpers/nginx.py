"""nginx as a reverse proxy before the simulator, as a company may have one."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import trustme

from helpers.daemons import daemon, folder, free_port, program

# What packs the replies is a server of its own: to the outer one they come packed, although nobody has asked for that.
CONFIG = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {limit_zone}
  server {{
    listen 127.0.0.1:{inner};
    gzip on;
    gzip_types application/json;
    gzip_min_length 1;
    location / {{ proxy_pass {api}; }}
  }}
  server {{
    listen {host}:{port} {tls};
    {certificate}
    {server}
    location / {{
      if (-f {folder}/away) {{ return {away}; }}
      {location}
      proxy_pass http://127.0.0.1:{inner};
    }}
  }}
}}
"""


@dataclass(frozen=True)
class Nginx:
    """A running nginx; `url` is where it is, and `ca` the certificate of its CA, in PEM."""

    url: str
    folder: Path
    ca: bytes

    def go_away(self) -> None:
        """Answer with a page of its own from now on."""
        (self.folder / "away").touch()

    def come_back(self) -> None:
        """Pass requests on again."""
        (self.folder / "away").unlink(missing_ok=True)

    @property
    def statuses(self) -> list[str]:
        """What it has answered, in order: method and status."""
        lines = (self.folder / "access.log").read_text(encoding="utf-8").splitlines()
        outer = [line.split('"') for line in lines if "HTTP/1.0" not in line]
        return [f"{parts[1].split()[0]} {parts[2].split()[0]}" for parts in outer if parts[1].split()]


@contextlib.contextmanager
def nginx(
    api: str,
    host: str,
    *,
    location: str = "",
    server: str = "",
    limit: str = "",
    away: int = 503,
    authority: trustme.CA | None = None,
) -> Iterator[Nginx]:
    """Run it on that address before an API. With an authority, it speaks TLS by a certificate of that."""
    with folder() as path:
        port, certificate = free_port(host), ""
        if authority:
            authority.issue_cert(host).private_key_and_cert_chain_pem.write_to_path(str(path / "tls.pem"))
            certificate = f"ssl_certificate {path}/tls.pem; ssl_certificate_key {path}/tls.pem;"
        text = CONFIG.format(
            folder=path,
            api=api,
            host=host,
            port=port,
            inner=free_port(),
            tls="ssl" if authority else "",
            certificate=certificate,
            server=server,
            location=location,
            away=away,
            limit_zone=f"limit_req_zone $server_port zone=api:1m rate={limit};" if limit else "",
        )
        (path / "nginx.conf").write_text(text, encoding="utf-8")
        argv = [program("nginx"), "-p", str(path), "-e", str(path / "error.log"), "-c", str(path / "nginx.conf")]
        with daemon(argv, (host, port)):
            (path / "access.log").write_text("", encoding="utf-8")
            scheme = "https" if authority else "http"
            yield Nginx(f"{scheme}://{host}:{port}", path, authority.cert_pem.bytes() if authority else b"")
