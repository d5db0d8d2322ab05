"""Users of Clankspace, who sign in by mail. As a program, `clankspace_users.py NAME` signs one up and prints its token."""

import email
import email.policy
import pathlib
import re
import sys
import time

from there import THERE, post

PATIENCE = 20


def code_for(address):
    """The newest code that was sent to `address`."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for path in sorted(pathlib.Path(THERE["mail"]).glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            text = mail.get_body(("plain",)) if address in str(mail["To"]) else None
            code = text and re.search(r"\b\d{6}\b", text.get_content())
            if code:
                return code.group()
        time.sleep(0.05)
    raise TimeoutError(f"no mail to {address}")


def requested(address):
    post("none", "/auth/request-code", {"email": address})
    return {"email": address, "code": code_for(address)}


def ticket(name):
    return post("none", "/auth/verify-code", requested(f"{name}@example.com"))["signup_token"]


def join(name):
    return post("none", "/auth/signup", {"signup_token": ticket(name), "username": name})["token"]


if __name__ == "__main__":
    print(join(sys.argv[1]))
