"""Sockets: what stays on this machine is nobody's business; what goes beyond is refused, naming host and port."""

from __future__ import annotations

from scenario import Expect, Scenario


def local(name: str, about: str, test: str) -> Scenario:
    """A module that is stored."""
    return Scenario(name, about, test, expect=Expect.CACHED)


def beyond(name: str, about: str, test: str, detail: str) -> Scenario:
    """A module that is never stored."""
    return Scenario(name, about, test, expect=Expect.REFUSED, reasons=("network",), detail=detail)


SCENARIOS = [
    local("loopback", "a server and a client on 127.0.0.1", """
          import socket

          def test_THIS():
              with socket.create_server(("127.0.0.1", 0)) as server:
                  with socket.create_connection(server.getsockname()) as client, server.accept()[0] as other:
                      client.sendall(b"a")
                      assert other.recv(1) == b"a"
          """),
    local("loopback_by_name", "localhost, by name", """
          import socket

          def test_THIS():
              with socket.create_server(("localhost", 0)) as server:
                  with socket.create_connection(("localhost", server.getsockname()[1])):
                      pass
          """),
    local("loopback_http", "http.server and urllib on this machine", """
          import http.server
          import threading
          import urllib.request

          class Answer(http.server.BaseHTTPRequestHandler):
              def do_GET(self):
                  self.send_response(200)
                  self.end_headers()
                  self.wfile.write(b"a")

              def log_message(self, *args):
                  pass

          def test_THIS():
              with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
                  thread = threading.Thread(target=server.handle_request)
                  thread.start()
                  opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                  assert opener.open(f"http://127.0.0.1:{server.server_port}/").read() == b"a"
                  thread.join()
          """),
    local("unix_socket", "a socket in the file system, and a pair", """
          import socket

          def test_THIS(tmp_path, monkeypatch):
              monkeypatch.chdir(tmp_path)
              with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
                  server.bind("s")
                  server.listen()
                  client.connect("s")
              one, two = socket.socketpair()
              one.sendall(b"a")
              assert two.recv(1) == b"a"
          """),
    local("asyncio_streams", "asyncio's server and client on this machine", """
          import asyncio

          async def talk():
              server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
              async with server:
                  reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
                  assert await reader.read() == b""
                  writer.close()

          def test_THIS():
              asyncio.run(talk())
          """),
    local("multicast_of_nothing", "a socket that is only made", """
          import socket

          def test_THIS():
              socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
          """),
    beyond("connects_beyond", "a connection to another machine", """
           import socket

           def test_THIS():
               with socket.socket() as client:
                   client.settimeout(0.01)
                   try:
                       client.connect(("192.0.2.1", 9))
                   except OSError:
                       pass
           """, "192.0.2.1:9"),
    beyond("connects_beyond_gently", "connect_ex, not waiting", """
           import socket

           def test_THIS():
               with socket.socket() as client:
                   client.setblocking(False)
                   assert client.connect_ex(("192.0.2.1", 9))
           """, "192.0.2.1:9"),
    beyond("sends_beyond", "a datagram to another machine", """
           import socket

           def test_THIS():
               with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                   try:
                       client.sendto(b"a", ("192.0.2.1", 9))
                   except OSError:
                       pass
           """, "192.0.2.1:9"),
    beyond("asks_for_a_name", "resolution of a name", """
           import socket

           def test_THIS():
               try:
                   socket.getaddrinfo("nowhere.invalid", 80)
               except OSError:
                   pass
           """, "nowhere.invalid:80"),
    beyond("child_connects_beyond", "a child process connects to another machine", """
           import subprocess
           import sys

           CODE = "import socket; s = socket.socket(); s.setblocking(False); s.connect_ex(('192.0.2.1', 9))"

           def test_THIS():
               subprocess.run([sys.executable, "-c", CODE], check=True)
           """, "192.0.2.1:9"),
]  # fmt: skip
