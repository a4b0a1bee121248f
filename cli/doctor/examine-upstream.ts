import { documentHash } from '../../generator/document/document-hash.ts';
import type { OpenApiDocument } from '../../generator/openapi/open-api.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { Upstream, UpstreamReply } from '../../plugins/ports.ts';

/**
 * A read that only works when NoETL's database does; `/health` would only report that the process lives.
 * @throws ERR_UPSTREAM when the answer is not 200
 */
export async function examineUpstream(upstream: Upstream): Promise<{ readonly date: Date | undefined }> {
  const { status, date } = await get(upstream, '/api/executions', [['page_size', '1']]);
  if (status !== 200) throw new GatewayError('ERR_UPSTREAM', `it answers ${status}`);
  return { date };
}

/** Hash of NoETL's live document, comparable with the lock; undefined when NoETL has no document. */
export async function probeDocument(upstream: Upstream): Promise<string | undefined> {
  const { status, body } = await get(upstream, '/openapi.json', []);
  if (status === 404) return undefined;
  if (status !== 200 || !isDocument(body)) throw new GatewayError('ERR_UPSTREAM', 'its answer is not a document');
  // Numbers as `pull` reads them: the client of the upstream keeps digits that JSON.parse does not.
  return documentHash(JSON.parse(JSON.stringify(body)));
}

const get = (upstream: Upstream, path: string, query: readonly [string, string][]): Promise<UpstreamReply> =>
  upstream.request({ method: 'GET', path, query, idempotent: true, timeoutMs: 10_000, route: path });

const isDocument = (body: unknown): body is OpenApiDocument =>
  typeof body === 'object' && body !== null && 'openapi' in body && 'paths' in body;
