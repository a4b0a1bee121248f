import { createNoetlStandIn, type StandInOptions } from '../../dev/noetl/stand-in.ts';
import { parseJson } from '../../plugins/json/lossless-json.ts';
import { serveOnLoopback } from './loopback-server.ts';
import { handClock } from './session-fakes.ts';

const open: { close(): Promise<unknown> }[] = [];

/** Closes what the functions below opened. */
export async function closeStandIns(): Promise<void> {
  for (const each of open.splice(0).reverse()) await each.close();
}

/** A stand-in on a clock that is turned by hand, and plain HTTP calls to it. */
export async function standIn(options: StandInOptions = {}) {
  const clock = handClock();
  const noetl = await createNoetlStandIn({ clock, authMs: 1, ...options });
  open.push(noetl);
  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(new URL(path, noetl.url), {
      method,
      redirect: 'manual',
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get('content-type') === 'application/json';
    return { status: response.status, headers: response.headers, text, body: (json ? parseJson(text) : text) as never };
  }
  const start = async (path: string, workload = {}): Promise<string> =>
    (await call('POST', '/api/execute', { path, workload })).body['execution_id'];
  return { clock, noetl, call, start };
}

/** Takes callbacks, as the gateway's internal listener does. `next` resolves when the first has come. */
export async function callbackReceiver(status = 200) {
  const seen: { url: string | undefined; agent: string | undefined; text: string }[] = [];
  const { promise: next, resolve: arrived } = Promise.withResolvers<void>();
  const server = await serveOnLoopback(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    seen.push({ url: request.url, agent: request.headers['user-agent'], text });
    response.writeHead(status, { 'content-type': 'application/json' }).end('{"delivered":true}');
    arrived();
  });
  open.push(server);
  return { url: server.url, seen, next };
}
