"""Checks the receiver, and PyPI's library of the Standard Webhooks specification, with the published vectors."""

import json
import pathlib
import unittest
from datetime import datetime, timezone
from unittest import mock

import standardwebhooks
from standardwebhooks import webhooks

from receiver import is_from_clankdin

DOCUMENTS = pathlib.Path(__file__).parents[3] / "docs"
VECTORS = json.loads((DOCUMENTS / "webhook-vectors.json").read_text(encoding="utf-8"))["vectors"]


class TestVectors(unittest.TestCase):
    def test_clankdins_signature(self) -> None:
        for vector in VECTORS:
            with self.subTest(vector["name"]):
                body, secret = vector["body"].encode(), vector["secret"]
                signature = vector["headers"]["X-ClankdIn-Signature"]
                self.assertTrue(is_from_clankdin(body, signature, secret))
                self.assertFalse(is_from_clankdin(body + b" ", signature, secret))
                self.assertFalse(is_from_clankdin(body, signature, secret + "x"))
                for other in ["", signature[:-1], signature.upper(), "é"]:
                    self.assertFalse(is_from_clankdin(body, other, secret))

    def test_the_standards_signature(self) -> None:
        for vector in VECTORS:
            # Within a day of a rotation each of the two secrets will do.
            for secret in filter(None, [vector["secret"], vector["previous_secret"]]):
                with self.subTest(vector["name"]):
                    self.check_with_library(secret, vector)

    def check_with_library(self, secret: str, vector: dict) -> None:
        library, body, headers = standardwebhooks.Webhook(secret), vector["body"].encode(), vector["headers"]

        def verify(body: bytes, headers: dict, seconds: int) -> None:
            now = datetime.fromtimestamp(vector["timestamp"] + seconds, timezone.utc)
            with mock.patch.object(webhooks, "datetime", wraps=datetime) as clock:
                clock.now.return_value = now
                library.verify(body, headers)

        verify(body, headers, 0)
        verify(body, headers, 299)
        for wrong in [(body + b" ", headers, 0), (body, {**headers, "webhook-id": "other"}, 0), (body, headers, 301)]:
            with self.assertRaises(standardwebhooks.WebhookVerificationError):
                verify(*wrong)


if __name__ == "__main__":
    unittest.main()
