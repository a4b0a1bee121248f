import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * NoETL's stand-in with a catalog of 8 MB in front: large answers of NoETL are an attack when a user can ask for many.
 */
export interface LargeNoetl {
  readonly url: string;
  close(): void;
}

const entries = Array.from({ length: 20_000 }, (_, n) => ({
  path: `data/reports/of/some/department/report_${n}`,
  kind: 'Playbook',
  version: 1,
  name: `report_${n}`,
  content: null,
  meta: { description: 'x'.repeat(200), tags: ['a', 'b'], owner: `owner-${n}` },
  created_at: '2026-01-02T03:04:05Z',
}));
const catalog = JSON.stringify({ entries });

/** @param standIn its base URL; every call but the catalog's list goes there */
export async function startLargeNoetl(standIn: URL): Promise<LargeNoetl> {
  const server = createServer((request, response) => {
    if (request.url === '/api/catalog/list') {
      // The body is not looked at: every filter gets all entries.
      request.resume();
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(catalog) });
      response.end(catalog);
    } else passOn(request, response, standIn);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => void server.close() };
}

/** Passes a call on as it is. When the stand-in does not answer, the connection is closed. */
function passOn(request: IncomingMessage, response: ServerResponse, { hostname, port }: URL): void {
  const { method, url, headers } = request;
  const onward = send({ hostname, port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.once('error', () => response.destroy());
  request.pipe(onward);
}
