import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../plugins/clock.ts';
import { parseJson } from '../../plugins/json/lossless-json.ts';
import { createAccounts, type StandInSession, type StandInUser, sampleUsers } from './accounts.ts';
import type { AuthPlaybook } from './auth-playbooks.ts';
import { createCatalog } from './catalog.ts';
import { sampleCredentials } from './credentials.ts';
import type { Interception, SeenRequest, StandInReply } from './exchange.ts';
import type { StandInState } from './execution-routes.ts';
import { createIds } from './ids.ts';
import { samplePlaybooks } from './playbooks.ts';
import { answer } from './routes.ts';
import { createRuns, openScript, type Runs } from './runs.ts';
import type { SamplePlaybook } from './script.ts';
import { createStartQueue } from './start-queue.ts';

/** Without any of them: the Python server with sample playbooks and users, on loopback, whose engine does not lag. */
export interface StandInOptions {
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  readonly clock?: Clock;
  /** Whose wire shapes are spoken. Default `python`. */
  readonly speak?: 'python' | 'rust';
  /** Milliseconds that the Python engine is behind the events of a step, as under load. Default 0. */
  readonly lagMs?: number;
  /**
   * Milliseconds that a start keeps one of the four connections; when more than 32 starts wait, NoETL answers 500.
   * Default 0: no bound.
   */
  readonly startMs?: number;
  readonly users?: readonly StandInUser[];
  /** Added to the samples; a path that is there already gets a newer version. */
  readonly playbooks?: readonly SamplePlaybook[];
  /** Catalog paths of the auth playbooks. */
  readonly authPlaybooks?: Readonly<Record<AuthPlaybook, string>>;
  /** Milliseconds that an auth playbook works before it calls back. Default 20. */
  readonly authMs?: number;
  readonly sessionHours?: number;
  /** The file served as `/openapi.json`. */
  readonly openapiFile?: string | URL;
  /** Requests that are remembered; older ones are dropped. Default 1,000. */
  readonly remember?: number;
}

/** A small NoETL server with state, over HTTP: for development and tests. */
export interface NoetlStandIn {
  readonly url: URL;
  /** What was asked, oldest first. */
  readonly requests: SeenRequest[];
  readonly runs: Runs;
  readonly users: readonly StandInUser[];
  /** A session without a login, by e-mail. */
  openSession(email: string): StandInSession;
  /** Answers in the routes' place for as long as it is set: outages, delays, odd answers. */
  intercept: ((request: SeenRequest) => Interception | Promise<Interception>) | undefined;
  close(): Promise<void>;
}

/** The paths of NoETL's own auth playbooks. */
const defaultAuthPlaybooks: Readonly<Record<AuthPlaybook, string>> = {
  login: 'api_integration/auth0/auth0_login',
  validate: 'api_integration/auth0/auth0_validate_session',
  check: 'api_integration/auth0/check_playbook_access',
};

/**
 * Starts a stand-in. It listens on loopback unless `host` names another address, and closes idle sockets after 5 s as
 * NoETL does.
 */
export async function createNoetlStandIn(options: StandInOptions = {}): Promise<NoetlStandIn> {
  const { host = '127.0.0.1', port = 0, remember = 1_000 } = options;
  const state = createState(options);
  const requests: SeenRequest[] = [];
  const server = createServer({ keepAliveTimeout: 5_000 }, (request, response) => {
    serve(request, response).catch(() => response.destroy());
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = await read(request);
    requests.push(seen);
    if (requests.length > remember) requests.shift();
    const reply =
      // In this order: what a test intercepts, the document, then the routes.
      (await standIn.intercept?.(seen)) ?? (await openapi(seen, options.openapiFile)) ?? (await answer(state, seen));
    // The socket stays open, and the gateway's own limit of time has to end the call.
    if (reply === 'hang') return;
    if (reply === 'reset') return void request.socket.destroy();
    write(response, reply, seen, state.clock());
  }

  await listen(server, port, host);
  const standIn: NoetlStandIn = {
    url: new URL(`http://${host}:${(server.address() as AddressInfo).port}`),
    requests,
    runs: state.runs,
    users: state.accounts.users,
    openSession: (email) => state.accounts.open(state.accounts.userOf(email, undefined)),
    intercept: undefined,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      // Auth playbooks still call back; a test must not end before they have.
      await Promise.allSettled(state.background);
    },
  };
  return standIn;
}

function createState(options: StandInOptions): StandInState {
  const { clock = Date.now, speak = 'python', users = sampleUsers, authPlaybooks = defaultAuthPlaybooks } = options;
  const nextId = createIds(clock);
  const catalog = createCatalog(clock, nextId);
  for (const playbook of [...samplePlaybooks, ...(options.playbooks ?? [])]) catalog.add(playbook);
  for (const path of Object.values(authPlaybooks)) {
    catalog.add({ path, version: 1, description: '', workload: {}, script: () => openScript });
  }
  return {
    clock,
    speak,
    catalog,
    runs: createRuns({ clock, nextId, speak, lagMs: options.lagMs ?? 0, find: (path) => catalog.find(path) }),
    starts: createStartQueue(options.startMs ?? 0),
    accounts: createAccounts(clock, users, (options.sessionHours ?? 24) * 3_600_000),
    authPlaybooks: Object.fromEntries(
      Object.entries(authPlaybooks).map(([kind, path]) => [path, kind as AuthPlaybook]),
    ),
    credentials: [...sampleCredentials],
    authMs: options.authMs ?? 20,
    background: new Set(),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

async function read(request: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const { method = 'GET', headers } = request;
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

async function openapi(seen: SeenRequest, file: string | URL | undefined): Promise<StandInReply | undefined> {
  if (file === undefined || seen.method !== 'GET' || seen.path !== '/openapi.json') return undefined;
  return { status: 200, body: parseJson(await readFile(file, 'utf8')) };
}

/** Headers as uvicorn sends them: no hint about idle sockets, and any origin is let in. */
function write(response: ServerResponse, reply: StandInReply, seen: SeenRequest, now: number): void {
  const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
  const origin = seen.headers['origin'];
  // The date is the stand-in's clock, which a test may set.
  response.sendDate = false;
  response.writeHead(reply.status, {
    date: new Date(now).toUTCString(),
    server: 'uvicorn',
    connection: 'keep-alive',
    'content-length': Buffer.byteLength(text),
    ...(typeof reply.body === 'string' ? {} : { 'content-type': 'application/json' }),
    ...(typeof origin === 'string'
      ? { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true', vary: 'Origin' }
      : {}),
    ...reply.headers,
  });
  response.end(text);
}
