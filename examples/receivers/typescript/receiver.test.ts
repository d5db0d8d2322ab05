// Checks the receiver, and so npm's library of the Standard Webhooks specification, with the published vectors.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isDelivery } from "./receiver.js";

interface Vector {
  name: string;
  secret: string;
  previous_secret: string | null;
  timestamp: number;
  body: string;
  headers: Record<string, string>;
}

const path = process.env.WEBHOOK_VECTORS ?? "../../../docs/webhook-vectors.json";
const vectors: Vector[] = JSON.parse(readFileSync(path, "utf8")).vectors;
const now = Date.now;

for (const vector of vectors) {
  test(vector.name, (context) => {
    context.after(() => {
      Date.now = now;
    });
    const body = Buffer.from(vector.body);
    const at = (seconds: number) => {
      Date.now = () => (vector.timestamp + seconds) * 1000;
    };
    // Within a day of a rotation each of the two secrets will do.
    for (const secret of [vector.secret, vector.previous_secret]) {
      if (secret === null) continue;
      at(0);
      assert(isDelivery(body, vector.headers, secret));
      assert(!isDelivery(Buffer.concat([body, Buffer.from(" ")]), vector.headers, secret));
      assert(!isDelivery(body, { ...vector.headers, "webhook-id": "other" }, secret));
      assert(!isDelivery(body, {}, secret));
      at(299);
      assert(isDelivery(body, vector.headers, secret));
      at(301);
      assert(!isDelivery(body, vector.headers, secret));
    }
    at(0);
    assert(!isDelivery(body, vector.headers, "whsec_AAAA"));
  });
}
