import type { IncomingMessage } from 'node:http';
import type { CallbackRegistry } from '../../gateway/callbacks/callback-registry.ts';
import { serveOnLoopback } from './loopback-server.ts';

/** An execution of the fake; what it says of itself is set by the playbook. */
export interface FakeRun {
  readonly id: string;
  readonly workload: Readonly<Record<string, string>>;
  status: 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
  /** No event says that it has ended. */
  isInferred: boolean;
  endTime: string | null;
  /** Posts as the worker does, `data` first. @returns the receiver's status and body. */
  callBack(status: string, data: unknown, route?: string): Promise<{ status: number; body: unknown }>;
}

export type FakePlaybook = (run: FakeRun) => void | Promise<void>;

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

export interface AuthNoetlOptions {
  readonly playbooks?: Readonly<Record<string, FakePlaybook>>;
  /** Other routes, by `METHOD /path`. */
  readonly routes?: Readonly<Record<string, (body: unknown) => readonly [status: number, body: unknown]>>;
  /** The answer to execute comes after this; the playbook begins before it. */
  readonly executeAnswersAfter?: Promise<unknown>;
}

/** A NoETL for logins only: starts, shows and cancels executions, in the shapes of the Python server. */
export async function startAuthNoetl(options: AuthNoetlOptions) {
  const { playbooks = {}, routes = {}, executeAnswersAfter } = options;
  const runs = new Map<string, FakeRun>();
  const seen: Seen[] = [];

  async function execute(body: { path: string; workload: Record<string, string> }) {
    const playbook = playbooks[body.path];
    if (playbook === undefined) return [404, { detail: `Executable catalog entry not found: ${body.path}` }] as const;
    const id = String(767013030834995400n + BigInt(runs.size));
    const run: FakeRun = {
      id,
      workload: body.workload,
      status: 'RUNNING',
      isInferred: false,
      endTime: null,
      callBack: (status, data, route = 'callback') =>
        post(`${body.workload['gateway_url']}/api/internal/${route}`, {
          data,
          status,
          request_id: body.workload['request_id'],
        }),
    };
    runs.set(id, run);
    void playbook(run);
    await executeAnswersAfter;
    return [200, { execution_id: id, status: 'started', commands_generated: 1 }] as const;
  }

  function aboutRun(method: string, id: string, suffix: string): readonly [number, unknown] {
    const run = runs.get(id);
    if (run === undefined) return [404, { detail: `Execution ${id} not found` }];
    if (method === 'POST') {
      run.status = 'CANCELLED';
      return [200, { status: 'cancelled', execution_id: id, cancelled_executions: [id], message: 'Cancelled 1' }];
    }
    if (suffix === '') {
      return [200, { execution_id: id, status: run.status, end_time: run.endTime, events: eventsOf(run) }];
    }
    const completed = run.status === 'COMPLETED';
    return [
      200,
      { completed, failed: run.status === 'FAILED', completion_inferred: completed && run.isInferred, variables: {} },
    ];
  }

  async function answer(method: string, path: string, body: unknown): Promise<readonly [number, unknown]> {
    const route = routes[`${method} ${path}`];
    if (route !== undefined) return route(body);
    if (path === '/api/execute') return execute(body as Parameters<typeof execute>[0]);
    const [, id, suffix = ''] = /^\/api\/executions\/(\d+)(\/status|\/cancel)?$/.exec(path) ?? [];
    return id === undefined ? [404, { detail: 'Not Found' }] : aboutRun(method, id, suffix);
  }

  const server = await listen(async (method, path, body) => {
    seen.push({ method, path, body });
    return answer(method, path, body);
  });
  return { ...server, seen, runs, requests: (path: string) => seen.filter((call) => call.path === path) };
}

function eventsOf({ status, isInferred }: FakeRun): readonly object[] {
  if (status === 'RUNNING' || isInferred) return [];
  return [{ event_id: '1', event_type: `playbook.${status.toLowerCase()}`, created_at: new Date().toISOString() }];
}

/** The internal listener, as far as callbacks go. */
export function startCallbackListener(callbacks: CallbackRegistry) {
  return listen(async (_method, path, body) => {
    const reply = callbacks.handle(path, body);
    return [reply.status, reply.body];
  });
}

type Answer = (method: string, path: string, body: unknown) => Promise<readonly [status: number, body: unknown]>;

async function listen(answer: Answer) {
  return serveOnLoopback(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const [status, body] = await answer(request.method ?? 'GET', path, await bodyOf(request));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? undefined : JSON.parse(text);
}

async function post(url: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}
