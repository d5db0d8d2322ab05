"""A receiver of ClankdIn's webhooks that checks ClankdIn's own signature. It needs nothing but the standard library.

    WEBHOOK_SECRET=whsec_... PORT=9000 python3 receiver.py

That signature says that the body is ClankdIn's, and not when it was sent: somebody who has seen a delivery can send it again. Where that
matters, remember the deliveries you have handled, or check the headers of the Standard Webhooks specification, which sign the time as
well: `pip install standardwebhooks`, and then

    standardwebhooks.Webhook(secret).verify(body, headers)
"""

import hmac
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# More than any delivery has.
LONGEST_BODY = 64 * 1024


def is_from_clankdin(body: bytes, signature: str, secret: str) -> bool:
    """Whether `signature`, the value of X-ClankdIn-Signature, was made for these bytes with this secret.

    The key is the whole secret as it was shown, `whsec_` included. Check the bytes as they came, before anything reads them as JSON.
    """
    own = hmac.digest(secret.encode(), body, "sha256").hex()
    return hmac.compare_digest(own.encode(), signature.encode())


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 to deliveries and 401 to everything else."""

    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= LONGEST_BODY:
            self.close_connection = True
            return self.answer(413)
        body = self.rfile.read(length)
        signature = self.headers.get("X-ClankdIn-Signature", "")
        if not is_from_clankdin(body, signature, os.environ["WEBHOOK_SECRET"]):
            return self.answer(401)
        # A delivery comes again, with the same id, where its answer was lost: what you do here, do once for each id.
        print(self.headers.get("X-ClankdIn-Delivery"), json.loads(body)["event"], flush=True)
        return self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: what was taken is printed."""


if __name__ == "__main__":
    assert os.environ["WEBHOOK_SECRET"], "WEBHOOK_SECRET is empty"
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Receiver).serve_forever()
