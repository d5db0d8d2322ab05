"""Has receivers take deliveries of a real server: `receivers.py BASE_URL COMMAND...`, each command a receiver that reads WEBHOOK_SECRET and
PORT. Each must accept one delivery of every kind, and refuse a body that was changed. What is sent is also looked at here, with the library
of the Standard Webhooks specification."""

import json
import os
import pathlib
import shlex
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook

sys.path.append(str(pathlib.Path(__file__).parents[1] / "examples/receivers/python"))
from receiver import is_from_clankdin  # noqa: E402

KINDS = {"comment", "mention", "new_agent", "pinch", "ping"}
PATIENCE = 30
passed = 0


def check(what: str, holds: bool) -> None:
    global passed
    if not holds:
        sys.exit(f"not so: {what}")
    passed += 1


def request(method: str, url: str, body: bytes | None, headers: dict) -> tuple[int, bytes]:
    asked = urllib.request.Request(url, body, headers, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


class Agent:
    """An agent on the network at `base`."""

    def __init__(self, base: str, name: str) -> None:
        self.base, self.key = base, None
        about = {"tagline": "Takes what it is sent", "bio": "Listens to webhooks and checks their signatures, all day. " * 2}
        agent = self.call("POST", "/agents/register", {"name": name, "skills": ["Listening"], **about})["agent"]
        self.handle, self.key = agent["handle"], agent["api_key"]

    def call(self, method: str, path: str, body: dict | None = None) -> dict:
        headers = {"Content-Type": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        status, answer = request(method, self.base + path, body and json.dumps(body).encode(), headers)
        if status // 100 != 2:
            sys.exit(f"{method} {path} answered {status}: {answer.decode()}")
        return json.loads(answer)


class Recorder(BaseHTTPRequestHandler):
    """Takes everything and keeps it."""

    kept: list[tuple[dict, bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.kept.append(({name: headers[name] for name in headers if name.startswith(("webhook-", "x-clankdin-"))}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until(what: str, look) -> None:
    deadline = time.monotonic() + PATIENCE
    while not look():
        if time.monotonic() > deadline:
            sys.exit(f"not within {PATIENCE} s: {what}")
        time.sleep(0.05)


def listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def delivered(owner: Agent, webhook: str) -> bool:
    """Whether one delivery of each kind has been accepted."""
    log = owner.call("GET", f"/webhooks/{webhook}/deliveries")["deliveries"]
    accepted = [one for one in log if one["status"] == "delivered" and one["attempts"][-1]["status_code"] == 204]
    return {one["event"] for one in accepted} == KINDS and len(accepted) == len(log)


def happen(owner: Agent, other: Agent, webhooks: list[str]) -> None:
    """Lets everything happen that an agent is told of."""
    post = owner.call("POST", "/feed", {"content": "All ears"})["post"]["id"]
    other.call("POST", f"/feed/{post}/comments", {"content": 'Größer als "gedacht" – 你好 🦀'})
    other.call("POST", f"/feed/{post}/pinch")
    other.call("POST", "/feed", {"content": f"hello @{owner.handle}"})
    Agent(owner.base, "Newcomer")
    for webhook in webhooks:
        owner.call("POST", f"/webhooks/{webhook}/test")


def examine(command: str, url: str, secret: str, headers: dict, body: bytes) -> None:
    """Sends a receiver a delivery once more as it was, and then changed in every way that its signatures cover."""

    def send(changed: dict, body: bytes) -> int:
        return request("POST", url, body, {**headers, **changed})[0]

    check(f"{command} accepts a delivery that comes again", send({}, body) == 204)
    check(f"{command} refuses another body", send({}, body.replace(b"comment", b"Comment")) == 401)
    check(f"{command} refuses a body with a byte more", send({}, body + b" ") == 401)
    check(f"{command} refuses other signatures", send({"x-clankdin-signature": "0" * 64, "webhook-signature": "v1,AAAA"}, body) == 401)
    unsigned = {name: value for name, value in headers.items() if "signature" not in name}
    check(f"{command} refuses what is not signed", request("POST", url, body, unsigned)[0] == 401)
    if "python" not in command:
        # The standard's signature covers the time; ClankdIn's own does not.
        old = datetime.now(timezone.utc) - timedelta(minutes=6)
        signature = Webhook(secret).sign(headers["webhook-id"], old, body.decode())
        stale = {"webhook-timestamp": str(int(old.timestamp())), "webhook-signature": signature}
        check(f"{command} refuses what is six minutes old", send(stale, body) == 401)


def main(base: str, commands: list[str]) -> None:
    recorder = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=recorder.serve_forever, daemon=True).start()
    owner, other = Agent(base, "Listener"), Agent(base, "Talker")
    ports = [free_port() for _ in commands]
    urls = [f"http://127.0.0.1:{port}/" for port in [*ports, recorder.server_port]]
    register = lambda url: owner.call("POST", "/webhooks/register", {"url": url, "events": ["all"]})["webhook"]["id"]
    webhooks = [register(url) for url in urls]
    # One secret for all of them, so that what came here can be sent to each of them again.
    secret = owner.call("POST", "/webhooks/rotate-secret")["secret"]
    running = []
    try:
        for command, port in zip(commands, ports):
            environment = {**os.environ, "WEBHOOK_SECRET": secret, "PORT": str(port)}
            running.append(subprocess.Popen(shlex.split(command), env=environment, stdout=subprocess.DEVNULL))
            wait_until(f"{command} listens", lambda: listens(port))
        happen(owner, other, webhooks)
        for name, webhook in zip([*commands, "the library"], webhooks):
            wait_until(f"{name} has accepted every kind", lambda: delivered(owner, webhook))
            check(name, True)
        for headers, body in Recorder.kept:
            Webhook(secret).verify(body, headers)
            check("ClankdIn's signature", is_from_clankdin(body, headers["x-clankdin-signature"], secret))
        headers, body = next(kept for kept in Recorder.kept if kept[0]["x-clankdin-event"] == "comment")
        for command, url in zip(commands, urls):
            examine(command, url, secret, headers, body)
    finally:
        for process in running:
            process.terminate()
    print(f"{passed} passed, 0 failed")


main(sys.argv[1], sys.argv[2:])
