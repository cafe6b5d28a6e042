"""dnsmasq as a job's name server, and what it asks: a server that is slow, or silent."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator, Sequence

from helpers.daemons import daemon, folder, free_port, program

HEADER = struct.Struct("!6H")
ANSWERED, ONE = 0x8180, 1


@contextlib.contextmanager
def dnsmasq(host: str, *, records: Sequence[tuple[str, str]], upstream: int | None = None) -> Iterator[None]:
    """Run it on port 53 of that address. It knows these names.

    It asks the port of the loopback for any other; without one, there is no other.
    """
    with folder() as path:
        hosts = path / "hosts"
        hosts.write_text("".join(f"{address} {name}\n" for name, address in records), encoding="utf-8")
        asks = [f"--server=127.0.0.1#{upstream}"] if upstream else ["--address=/#/"]
        options = ["--keep-in-foreground", "--no-resolv", "--no-hosts", "--bind-interfaces", "--conf-file=/dev/null"]
        own = [f"--listen-address={host}", f"--pid-file={path}/pid", "--user=root", "--except-interface=lo"]
        with daemon(
            [program("dnsmasq"), *options, *own, f"--addn-hosts={hosts}", *asks], (host, 53), socket.SOCK_DGRAM
        ):
            yield


@contextlib.contextmanager
def name_server(address: str, after: float | None) -> Iterator[int]:
    """Answer every question with that address, after so many seconds, or never; gives the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", free_port()))
        over = threading.Event()
        thread = threading.Thread(target=_serve, args=(server, address, after, over))
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            server.sendto(b"", server.getsockname())
            thread.join()


def _serve(server: socket.socket, address: str, after: float | None, over: threading.Event) -> None:
    while not over.is_set():
        question, asker = server.recvfrom(512)
        if question and after is not None and not over.wait(after):
            server.sendto(_answer(question, address), asker)


def _answer(question: bytes, address: str) -> bytes:
    """Answer a question for an IPv4 address; any other gets an empty answer."""
    number = HEADER.unpack_from(question)[0]
    end = question.index(b"\0", HEADER.size) + 5
    asked = question[HEADER.size : end]
    is_for_ipv4 = asked[-4:-2] == b"\0\x01"
    record = struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + socket.inet_aton(address)
    return HEADER.pack(number, ANSWERED, ONE, int(is_for_ipv4), 0, 0) + asked + (record if is_for_ipv4 else b"")
