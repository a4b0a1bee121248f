import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import type { Clock } from '../../plugins/clock.ts';
import { parseJson } from '../../plugins/json/lossless-json.ts';
import { listen } from '../issuer.ts';
import { type AuthPlaybook, createAccounts, type StandInSession, type StandInUser, sampleUsers } from './accounts.ts';
import { createExecutions, createIds, type Execution, type PlaybookScript } from './executions.ts';
import { writePython } from './python-events.ts';
import {
  answer,
  authScript,
  type CatalogEntry,
  type SeenRequest,
  type StandInReply,
  type StandInState,
  sampleCredential,
} from './routes.ts';
import { writeRust } from './rust.ts';
import { type SamplePlaybook, samplePlaybooks } from './samples.ts';

/** Without any of them: the Python server with sample playbooks and users, on loopback, whose engine does not lag. */
export interface StandInOptions {
  readonly clock?: Clock;
  /** The server that is imitated. Default `python`. */
  readonly speak?: 'python' | 'rust';
  /** Milliseconds that the Python engine is behind the events of a step, as under load. Default 0. */
  readonly lagMs?: number;
  readonly users?: readonly StandInUser[];
  /** Added to the samples; a path that is there already gets a newer version. */
  readonly playbooks?: readonly SamplePlaybook[];
  /** Milliseconds that an auth playbook works before it calls back. Default 20. */
  readonly authMs?: number;
  /** Default 24. */
  readonly sessionHours?: number;
  /** The file served as `/openapi.json`. */
  readonly openapiFile?: string | URL;
  /** Requests that are remembered; older ones are dropped. Default 1,000. */
  readonly remember?: number;
}

/** `hang`: no answer ever. `reset`: the connection breaks. Undefined: the stand-in answers. */
export type Interception = StandInReply | 'hang' | 'reset' | undefined;

/** A small NoETL server with state, over HTTP: for development and tests. */
export interface NoetlStandIn {
  readonly url: URL;
  /** What was asked, oldest first. */
  readonly requests: SeenRequest[];
  /** When an execution ends by itself, milliseconds since the epoch; undefined: unknown. */
  endOf(id: string): number | undefined;
  /** A session without a login, by e-mail. */
  openSession(email: string): StandInSession;
  /** Answers in the routes' place for as long as it is set: outages, delays, unexpected answers. */
  intercept: ((request: SeenRequest) => Interception | Promise<Interception>) | undefined;
  close(): Promise<void>;
}

/** The paths of NoETL's own auth playbooks. */
const authPaths: Readonly<Record<string, AuthPlaybook>> = {
  'api_integration/auth0/auth0_login': 'login',
  'api_integration/auth0/auth0_validate_session': 'validate',
  'api_integration/auth0/check_playbook_access': 'check',
};
const hourMs = 3_600_000;

/** Starts a stand-in on loopback. It closes idle sockets after 5 s as NoETL does. */
export async function createNoetlStandIn(options: StandInOptions = {}): Promise<NoetlStandIn> {
  const { remember = 1_000, openapiFile } = options;
  const state = createState(options);
  const requests: SeenRequest[] = [];
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = seenOf(request, await textOf(request));
    requests.push(seen);
    if (requests.length > remember) requests.shift();
    const isDocument = openapiFile !== undefined && seen.method === 'GET' && seen.path === '/openapi.json';
    const reply =
      (await standIn.intercept?.(seen)) ??
      (isDocument ? { status: 200, body: parseJson(await readFile(openapiFile, 'utf8')) } : answer(state, seen));
    // The socket stays open, and the gateway's own limit of time has to end the call.
    if (reply === 'hang') return;
    if (reply === 'reset') return void request.socket.destroy();
    write(response, reply, seen, state.clock());
  }

  const { port, close } = await listen((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  const standIn: NoetlStandIn = {
    url: new URL(`http://127.0.0.1:${port}`),
    requests,
    endOf: (id) => state.executions.view(id)?.run.events.at(-1)?.at,
    openSession: (email) => state.accounts.open(state.accounts.userOf(email)),
    intercept: undefined,
    async close() {
      await close();
      // Auth playbooks still call back; a test must not end before they have.
      await Promise.allSettled(state.background);
    },
  };
  return standIn;
}

function createState({ clock = Date.now, speak = 'python', lagMs = 0, ...options }: StandInOptions): StandInState {
  const nextId = createIds(clock);
  const auth = Object.keys(authPaths).map((path) => {
    return { path, version: 1, description: '', workload: {}, script: () => authScript() };
  });
  const playbooks = [...samplePlaybooks, ...(options.playbooks ?? []), ...auth];
  const entry = (playbook: SamplePlaybook): CatalogEntry => ({ catalogId: nextId(), playbook, createdAt: clock() });
  const server =
    speak === 'rust'
      ? { write: writeRust, cancelled: { type: 'playbook_cancelled', node: 'playbook' }, issuesAfterCancel: false }
      : {
          write: (run: Execution, script: PlaybookScript) => writePython(run, script, lagMs),
          cancelled: { type: 'execution.cancelled', node: 'cancel' },
          issuesAfterCancel: true,
        };
  return {
    clock,
    nextId,
    speak,
    catalog: playbooks.map(entry),
    executions: createExecutions({ clock, nextId, ...server }),
    accounts: createAccounts(clock, options.users ?? sampleUsers, (options.sessionHours ?? 24) * hourMs),
    credentials: [sampleCredential],
    authPaths,
    authMs: options.authMs ?? 20,
    background: new Set(),
  };
}

function seenOf({ method = 'GET', url = '/', headers }: IncomingMessage, text: string): SeenRequest {
  const [path = '/', query = ''] = url.split('?');
  return { method, path, query: new URLSearchParams(query), headers, text, body: jsonOf(text) };
}

function jsonOf(text: string): unknown {
  try {
    // With every digit: ids that a test compares are beyond 2^53.
    return text === '' ? undefined : parseJson(text);
  } catch {
    return undefined;
  }
}

/** Headers as uvicorn sends them: no hint about idle sockets, and every origin is allowed. */
function write(
  response: ServerResponse,
  { status, body, headers }: StandInReply,
  seen: SeenRequest,
  now: number,
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const { origin } = seen.headers;
  // The date is the stand-in's clock, which a test may set.
  response.sendDate = false;
  response.writeHead(status, {
    date: new Date(now).toUTCString(),
    server: 'uvicorn',
    connection: 'keep-alive',
    'content-length': Buffer.byteLength(text),
    ...(typeof body === 'string' ? {} : { 'content-type': 'application/json' }),
    ...(typeof origin === 'string'
      ? { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true', vary: 'Origin' }
      : {}),
    ...headers,
  });
  response.end(text);
}
