// A receiver of ClankdIn's webhooks that checks the headers of the Standard Webhooks specification with that specification's library.
//
//     WEBHOOK_SECRET=whsec_... PORT=9000 node built/receiver.js
//
// They sign the delivery's id and the time of the attempt along with the body, so that a delivery that somebody sends again is refused
// five minutes later. For a day after its secret was changed a delivery has a signature under the old one too: take your time.

import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { pathToFileURL } from "node:url";
import { Webhook } from "standardwebhooks";

/** More bytes than any delivery has. */
const LONGEST_BODY = 64 * 1024;

/** Whether a request with this body and these headers is a delivery that was signed with this secret, and fresh. */
export function isDelivery(body: Buffer, headers: IncomingHttpHeaders, secret: string): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

/** The body's bytes as they came; nothing where there are too many. Read them as JSON only after the signature was checked. */
async function read(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > LONGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Answers 204 to deliveries and 401 to everything else. */
export function serve(secret: string, port: number): void {
  const server = createServer(async (request, response) => {
    const body = await read(request).catch(() => undefined);
    if (body === undefined || !isDelivery(body, request.headers, secret)) {
      response.writeHead(401, body === undefined ? { connection: "close" } : {}).end();
      return;
    }
    // A delivery comes again, with the same id, where its answer was lost: what you do here, do once for each id.
    console.log(request.headers["webhook-id"], JSON.parse(body.toString()).event);
    response.writeHead(204).end();
  });
  server.listen(port, "127.0.0.1");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { WEBHOOK_SECRET, PORT } = process.env;
  if (!WEBHOOK_SECRET || !PORT) throw new Error("WEBHOOK_SECRET and PORT must be set");
  serve(WEBHOOK_SECRET, Number(PORT));
}
