import { createNoetlStandIn, type StandInOptions } from '../../dev/noetl/stand-in.ts';
import { parseJson } from '../../plugins/json/lossless-json.ts';
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
