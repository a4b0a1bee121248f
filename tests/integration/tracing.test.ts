import { gunzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { type LoopbackServer, serveOnLoopback } from '../support/loopback-server.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const traceparent = `00-${traceId}-${spanId}-01`;

let serve: ServeProcess;
let collector: LoopbackServer | undefined;
afterEach(async () => {
  await serve.close();
  await collector?.close();
});

/** Takes OTLP over HTTP; texts and ids are in protobuf as they are. */
async function startCollector() {
  const received: { path: string; body: Buffer }[] = [];
  collector = await serveOnLoopback((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      received.push({ path: request.url ?? '', body: plain });
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  const all = (path: string) => Buffer.concat(received.filter((one) => one.path === path).map(({ body }) => body));
  return { url: collector.url, all };
}

async function list(headers: Record<string, string>, token: string) {
  return fetch(`${serve.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify({ query: '{ executions { id } }' }),
  });
}

const sentOn = () =>
  serve.noetl.requests.filter(({ path }) => path === '/api/executions').map(({ headers }) => headers['traceparent']);

it('without OpenTelemetry a trace goes through, and is in the log', async () => {
  serve = await startServe();
  const token = await serve.login('developer@example.com');
  await list({ traceparent, tracestate: 'a=b' }, token);
  expect(sentOn()).toContain(traceparent);
  await list({ traceparent: 'nonsense' }, token);
  expect(sentOn()).not.toContain('nonsense');
  await expect.poll(() => serve.output()).toContain(`"traceId":"${traceId}"`);
});

it('with OpenTelemetry there are spans for the request, auth, the decision and the call, and metrics', async () => {
  const { url, all } = await startCollector();
  serve = await startServe({
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_SERVICE_NAME: 'edge',
    OTEL_BSP_SCHEDULE_DELAY: '100',
    OTEL_METRIC_EXPORT_INTERVAL: '300',
  });
  const token = await serve.login('developer@example.com');
  await list({ traceparent }, token);
  const names = ['edge', 'POST /graphql', 'auth', 'auth login', 'decision', 'NoETL GET /api/executions'];
  const missing = () => names.filter((name) => !all('/v1/traces').includes(name));
  await expect.poll(missing, { timeout: 10_000 }).toEqual([]);
  const traces = all('/v1/traces');
  expect(traces.includes(Buffer.from(traceId, 'hex'))).toBe(true);
  // The caller's span is the parent, and NoETL gets one of ours in the same trace.
  expect(traces.includes(Buffer.from(spanId, 'hex'))).toBe(true);
  const [forwarded] = sentOn().filter((header) => String(header).includes(traceId));
  expect(forwarded).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
  expect(forwarded).not.toBe(traceparent);
  expect(traces.includes(Buffer.from(String(forwarded).slice(36, 52), 'hex'))).toBe(true);
  // No token, no argument and no user is part of a span.
  expect(traces.includes(token)).toBe(false);
  await expect
    .poll(() => all('/v1/metrics').includes('noetl_gateway_upstream_request_duration_seconds'), { timeout: 10_000 })
    .toBe(true);
});

it('a collector that is down stops nothing', async () => {
  serve = await startServe({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_BSP_SCHEDULE_DELAY: '50' });
  const token = await serve.login('developer@example.com');
  expect((await list({}, token)).status).toBe(200);
  expect(await serve.terminate()).toBe(0);
});
