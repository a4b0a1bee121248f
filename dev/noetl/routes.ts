import { parse } from 'yaml';
import { idText } from '../../plugins/json/lossless-json.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import { kindOfValue } from '../../plugins/noetl/playbook-form.ts';
import { type Accounts, type AuthPlaybook, authPlaybooks, postCallback, sessionShape } from './accounts.ts';
import type { Execution, Executions, ExecutionView, PlaybookScript } from './executions.ts';
import * as python from './python-answers.ts';
import { rustDetail, rustListRow, rustState, rustStatus } from './rust.ts';
import { end, type SamplePlaybook } from './samples.ts';

/** A request as the stand-in received it; `body` is parsed when it is JSON. */
export interface SeenRequest {
  readonly method: string;
  /** Undecoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly body: unknown;
}

/** What a route answers with. */
export interface StandInReply {
  readonly status: number;
  /** Sent as JSON; a string is sent as text without a content type, as this server's middleware does. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One version of a playbook. A new version is a new entry, with an id of its own; the newest is the last. */
export interface CatalogEntry {
  readonly catalogId: string;
  readonly playbook: SamplePlaybook;
  readonly createdAt: number;
  /** As it was registered; samples have no content. */
  readonly content?: string;
}

/** Everything that the routes of the stand-in use. */
export interface StandInState {
  readonly clock: () => number;
  readonly nextId: () => string;
  readonly speak: 'python' | 'rust';
  readonly catalog: CatalogEntry[];
  readonly executions: Executions;
  readonly accounts: Accounts;
  readonly credentials: Members[];
  /** The auth playbooks by their paths. */
  readonly authPaths: Readonly<Record<string, AuthPlaybook>>;
  /** Milliseconds that an auth playbook works before it calls back. */
  readonly authMs: number;
  /** Work that is under way when the stand-in is closed. */
  readonly background: Set<Promise<unknown>>;
}

type Members = Readonly<Record<string, unknown>>;
type Route = (state: StandInState, request: SeenRequest) => StandInReply;

const ok = (body: unknown): StandInReply => ({ status: 200, body });
/** An error as FastAPI writes an HTTPException: its text, or a structure, below `detail`. */
const detailError = (status: number, detail: unknown): StandInReply => ({ status, body: { detail } });
/** A 422 of the framework, which echoes what it was sent. */
const invalid = (type: string, loc: readonly unknown[], msg: string, input: unknown, ctx?: Members): StandInReply =>
  detailError(422, [{ type, loc, msg, input, ...(ctx === undefined ? {} : { ctx }) }]);
/** An error in the form of the server that is imitated. */
const refusal = ({ speak }: StandInState, status: number, message: string): StandInReply =>
  speak === 'rust' ? { status, body: { error: message, status } } : detailError(status, message);
const missing = ({ speak }: StandInState): StandInReply =>
  speak === 'rust' ? { status: 404, body: '' } : detailError(404, 'Not Found');
const methodNotAllowed = detailError(405, 'Method Not Allowed');
const bodyOf = ({ body }: SeenRequest): Members => (isJsonObject(body) ? body : {});

/** Routes that only the Rust server has. */
const authRoute =
  (playbook: AuthPlaybook): Route =>
  (state, request) =>
    state.speak === 'rust' ? ok(authPlaybooks[playbook](state.accounts, bodyOf(request))) : missing(state);

/** Routes without parameters, by method and path. */
const routes: Readonly<Record<string, Route>> = {
  'GET /health': () => ok({ status: 'ok' }),
  'GET /api/health': () => ok({ status: 'ok' }),
  'POST /api/execute': execute,
  'GET /api/executions': listExecutions,
  'GET /api/result/resolve': resolveResult,
  'POST /api/catalog/list': ({ catalog }, request) => {
    const { path } = bodyOf(request);
    const entries = catalog.filter(({ playbook }) => typeof path !== 'string' || playbook.path === path);
    return ok({ entries: entries.toReversed().map(catalogShape) });
  },
  'POST /api/catalog/resource': catalogResource,
  // No sample is an agent.
  'POST /api/catalog/agents/list': () => ok({ entries: [] }),
  'POST /api/catalog/register': register,
  'GET /api/credentials': ({ credentials }) =>
    ok({ items: credentials.map((one) => ({ ...one, data: null })), filter: { type: null, q: null } }),
  'POST /api/credentials': saveCredential,
  'GET /api/dashboard/stats': dashboardStats,
  'GET /api/worker/pools': workerPools,
  'POST /api/auth/session/validate': validateSession,
  'POST /api/auth/login': authRoute('login'),
  'POST /api/auth/check-playbook-access': authRoute('check'),
};

/** Answers a request as NoETL would. */
export function answer(state: StandInState, request: SeenRequest): StandInReply {
  const { method, path, headers, text } = request;
  const route = routes[`${method} ${path}`];
  if (route === undefined) return withParameter(state, request);
  if (method === 'GET') return route(state, request);
  // The framework refuses JSON under another media type, in these words.
  if (!String(headers['content-type'] ?? '').startsWith('application/json')) {
    const msg = 'Input should be a valid dictionary or object to extract fields from';
    return invalid('model_attributes_type', ['body'], msg, text);
  }
  if (typeof request.body === 'object' && request.body !== null) return route(state, request);
  return invalid('json_invalid', ['body', 9], 'JSON decode error', {}, { error: 'Expecting value' });
}

function withParameter(state: StandInState, request: SeenRequest): StandInReply {
  const { method, path, headers } = request;
  // The Python server's framework redirects a path that ends in a slash.
  if (state.speak === 'python' && path.length > 1 && path.endsWith('/')) {
    return { status: 307, body: '', headers: { location: `http://${headers['host']}${path.slice(0, -1)}` } };
  }
  const [, id, rest = ''] =
    /^\/api\/executions\/([^/]+)(\/status|\/events|\/cancellation-check|\/cancel)?$/.exec(path) ?? [];
  if (id !== undefined) return onExecution(state, request, decodeURIComponent(id), rest);
  const schemaOf = /^\/api\/catalog\/(.+)\/ui_schema$/.exec(path)?.[1];
  if (schemaOf !== undefined && method === 'GET') return uiSchema(state, decodeURIComponent(schemaOf), request.query);
  const credential = /^\/api\/credentials\/([^/]+)$/.exec(path)?.[1];
  if (credential !== undefined) return onCredential(state, request, decodeURIComponent(credential));
  return Object.keys(routes).some((key) => key.endsWith(` ${path}`)) ? methodNotAllowed : missing(state);
}

/** An entry by its id, or by path and version; the id counts where both are given. */
function findEntry({ catalog }: StandInState, { path, version, catalog_id: id }: Members): CatalogEntry | undefined {
  if (id !== undefined && id !== null) return catalog.find(({ catalogId }) => catalogId === idText(id));
  const wanted = version === undefined || version === null || version === 'latest' ? undefined : Number(version);
  return catalog.findLast(
    ({ playbook }) => playbook.path === path && (wanted === undefined || playbook.version === wanted),
  );
}

function execute(state: StandInState, request: SeenRequest): StandInReply {
  const body = bodyOf(request);
  // `payload` is another word for it; the first one counts where both are given.
  const workload = body['workload'] ?? body['payload'] ?? {};
  if (!isJsonObject(workload)) {
    return invalid('dict_type', ['body', 'workload'], 'Input should be a valid dictionary', workload);
  }
  const { path, catalog_id: catalogId, parent_execution_id: parent } = body;
  if (typeof path !== 'string' && catalogId === undefined) {
    const msg = "Value error, Either 'path' or 'catalog_id' must be provided";
    return invalid('value_error', ['body'], msg, body, { error: {} });
  }
  const entry = findEntry(state, body);
  if (entry === undefined) {
    const what = typeof path === 'string' ? path : `catalog_id=${idText(catalogId)}`;
    return refusal(state, 404, `Executable catalog entry not found: ${what}`);
  }
  const { playbook } = entry;
  const merged = { ...playbook.workload, ...workload };
  const run = state.executions.start({
    path: playbook.path,
    version: playbook.version,
    catalogId: entry.catalogId,
    parentId: parent === undefined || parent === null ? undefined : String(parent),
    workload: merged,
    script: playbook.script(merged),
  });
  const auth = state.authPaths[playbook.path];
  if (auth !== undefined) {
    const working = runAuthPlaybook(state, auth, run).finally(() => state.background.delete(working));
    state.background.add(working);
  }
  return ok({ execution_id: run.id, status: 'started', commands_generated: 1 });
}

/** An auth playbook; it works until it has called back. Default: longer than any session. */
export const authScript = (ms = 30 * 86_400_000, error?: string): PlaybookScript => ({
  steps: [
    { name: 'start', ms, ...(error === undefined ? { result: { status: 'ok' } } : { error }), continues: true },
    end(),
  ],
});

/** Auth playbooks work outside of the clock's time: they really call back. */
async function runAuthPlaybook(
  { accounts, authMs, clock, executions }: StandInState,
  auth: AuthPlaybook,
  run: Execution,
) {
  await new Promise((resolve) => setTimeout(resolve, authMs));
  const callback = authPlaybooks[auth](accounts, run.workload);
  // Without it the real playbooks call the gateway's Service in the cluster.
  const { gateway_url: base = 'http://gateway.gateway.svc.cluster.local', request_id: requestId } = run.workload;
  const delivered = await postCallback(`${base}/api/internal/callback`, callback, requestId);
  executions.rewrite(run, authScript(clock() - run.startedAt, delivered ? undefined : 'callback failed'));
}

/** Pages by number in Python, by offset in Rust; each server ignores the other's names. */
function listExecutions({ speak, executions }: StandInState, { query }: SeenRequest): StandInReply {
  if (speak === 'rust') {
    const offset = Number(query.get('offset') ?? 0);
    const limit = Math.min(100, Number(query.get('limit') ?? 50));
    return ok(executions.list(offset, offset + limit).map(rustListRow));
  }
  const page = Math.max(1, Number(query.get('page') ?? 1));
  const size = Math.min(200, Math.max(1, Number(query.get('page_size') ?? 100)));
  if (!Number.isInteger(page) || !Number.isInteger(size)) {
    return invalid('int_parsing', ['query', 'page'], 'Input should be a valid integer', query.get('page'));
  }
  if ((page - 1) * size > 5_000) return detailError(422, 'Requested page is too deep. Max supported offset is 5000.');
  return ok(executions.list((page - 1) * size, page * size).map(python.pythonListRow));
}

function onExecution(state: StandInState, request: SeenRequest, id: string, rest: string): StandInReply {
  const { speak } = state;
  if (request.method !== (rest === '/cancel' ? 'POST' : 'GET')) return methodNotAllowed;
  if (!/^\d{1,19}$/.test(id) || BigInt(id) >= 2n ** 63n) return invalidId(speak, id, rest);
  const view = state.executions.view(id);
  if (view === undefined) {
    return refusal(state, 404, rest === '/status' ? 'Execution not found' : `Execution ${id} not found`);
  }
  if (rest === '/cancel') return cancel(state, view, bodyOf(request));
  if (speak === 'python') return pythonRead(view, rest, request.query);
  if (rest === '/events') return missing(state);
  return ok(rest === '' ? rustDetail(view) : rustStatus(view));
}

/** What the servers make of an id that is no 64-bit number. */
function invalidId(speak: StandInState['speak'], id: string, rest: string): StandInReply {
  if (speak === 'rust') return { status: 400, body: `Invalid URL: Cannot parse \`${id}\` to a \`i64\`` };
  if (rest === '/status') return detailError(500, `invalid literal for int() with base 10: '${id}'`);
  const context = "CONTEXT:  unnamed portal parameter $1 = '...'";
  return { status: 500, body: `Detail: invalid input syntax for type bigint: "${id}"\n${context}` };
}

function pythonRead(view: ExecutionView, rest: string, query: URLSearchParams): StandInReply {
  if (rest === '/status') return ok(python.pythonStatus(view));
  if (rest === '/cancellation-check') return ok(python.pythonCancellation(view));
  const pageSize = Number(query.get('page_size') ?? 100);
  if (!Number.isInteger(pageSize) || pageSize < 10) {
    const msg = 'Input should be greater than or equal to 10';
    return invalid('greater_than_equal', ['query', 'page_size'], msg, query.get('page_size'), { ge: 10 });
  }
  const since = query.get('since_event_id');
  const events = {
    page: Number(query.get('page') ?? 1),
    pageSize: Math.min(500, pageSize),
    type: query.get('event_type') ?? undefined,
    since: since !== null && /^\d+$/.test(since) ? BigInt(since) : undefined,
  };
  if (rest === '/events') return ok(python.pythonEvents(view, events));
  return ok(python.pythonDetail(view, query.get('include_events') === 'false' ? undefined : events));
}

/** In Python a finished execution becomes a cancelled one. */
function cancel(state: StandInState, view: ExecutionView, body: Members): StandInReply {
  const { id } = view.run;
  const status = state.speak === 'rust' ? rustState(view) : python.detailState(view).status;
  if (state.speak === 'rust' && status !== 'RUNNING') {
    return refusal(state, 422, `Cannot cancel execution in ${status} state`);
  }
  const answered = (word: string, cancelled: readonly string[], message: string) =>
    ok({ execution_id: id, status: word, cancelled_executions: cancelled, message });
  if (status === 'CANCELLED') return answered('already_completed', [], `Execution ${id} is already CANCELLED`);
  const cancelled = state.executions.cancel(id, body['cascade'] !== false);
  return answered('cancelled', cancelled, `Cancelled ${cancelled.length} execution(s)`);
}

/** The value behind a reference, and nothing around it. */
function resolveResult({ speak, executions }: StandInState, { query }: SeenRequest): StandInReply {
  const reference = query.get('ref');
  const found = reference === null ? undefined : executions.resolve(reference);
  if (found !== undefined) return ok(found.value);
  if (speak === 'rust') return { status: 404, body: { error: 'result not found' } };
  if (reference === null) return invalid('missing', ['query', 'ref'], 'Field required', null);
  // Python returns a text that is not a reference unchanged.
  return reference.startsWith('noetl://') ? detailError(404, `'TempRef not found: ${reference}'`) : ok(reference);
}

const lastPart = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function catalogShape({ catalogId, playbook, createdAt, content }: CatalogEntry): Members {
  const { path, version, description, workload } = playbook;
  const name = lastPart(path);
  const metadata = { name, path, description };
  const created = new Date(createdAt).toISOString().slice(0, -1);
  // Two times of one moment in two forms: the real server writes them so.
  const registered_at = `${created}000+00:00`;
  const terminal = { terminal: {}, terminal_scopes: [], terminal_visible: false };
  return {
    catalog_id: catalogId,
    path,
    version,
    kind: 'playbook',
    content: content ?? `apiVersion: noetl.io/v2\nkind: Playbook\nmetadata:\n  name: ${name}\n  path: ${path}\n`,
    layout: null,
    payload: { apiVersion: 'noetl.io/v2', kind: 'Playbook', metadata, workload, workflow: [] },
    meta: { agent: false, capabilities: [], registered_at, ...terminal },
    created_at: `${created}000`,
  };
}

function catalogResource(state: StandInState, request: SeenRequest): StandInReply {
  const body = bodyOf(request);
  if (typeof body['path'] !== 'string' && body['catalog_id'] === undefined) {
    const msg = 'Value error, At least one identifier must be provided: catalog_id or path';
    return invalid('value_error', ['body'], msg, body, { error: {} });
  }
  const entry = findEntry(state, body);
  return entry === undefined ? refusal(state, 404, 'Catalog entry not found') : ok(catalogShape(entry));
}

function uiSchema(state: StandInState, path: string, query: URLSearchParams): StandInReply {
  const playbook = findEntry(state, { path, version: query.get('version') })?.playbook;
  if (playbook === undefined) return detailError(404, 'Catalog entry not found');
  const none = { description: null, secret: false, credential_glob: null, options: null, children: null };
  const fields = Object.entries(playbook.workload).map(([name, value]) => {
    return { name, kind: kindOfValue(value), default: value, ...none };
  });
  return ok({
    path,
    version: playbook.version,
    kind: 'playbook',
    title: lastPart(path),
    description_markdown: playbook.description,
    exposed_in_ui: false,
    fields,
    generated_at: new Date(state.clock()).toISOString(),
  });
}

/** Decodes base64 in the content where the Python server does. */
function register(state: StandInState, request: SeenRequest): StandInReply {
  const { content } = bodyOf(request);
  if (typeof content !== 'string') return invalid('missing', ['body', 'content'], 'Field required', request.body);
  const text = decoded(content);
  let document: unknown;
  try {
    // As the real server's reader: YAML 1.1, and of two members of one name the last one counts.
    document = parse(text, { version: '1.1', uniqueKeys: false });
  } catch {
    return detailError(500, 'Error registering resource: while parsing a block mapping');
  }
  const { metadata, workload } = isJsonObject(document) ? document : {};
  const { path: declared, name = 'unknown' } = isJsonObject(metadata) ? metadata : {};
  const path = String(declared ?? name);
  const version = (findEntry(state, { path })?.playbook.version ?? 0) + 1;
  const defaults = isJsonObject(workload) ? workload : {};
  const playbook = { path, version, description: '', workload: defaults, script: () => ({ steps: [end()] }) };
  const catalogId = state.nextId();
  state.catalog.push({ catalogId, playbook, createdAt: state.clock(), content: text });
  const message = `Resource '${path}' version '${version}' registered.`;
  return ok({ status: 'success', message, path, version, catalog_id: catalogId, kind: 'playbook' });
}

/**
 * Characters that base64 does not have are skipped, and text that does not decode is taken as it is. This is why the
 * gateway sends sources in base64 (ADR 0017).
 */
function decoded(content: string): string {
  try {
    const bytes = Buffer.from(content.replace(/[^A-Za-z0-9+/]/g, ''), 'base64');
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return content;
  }
}

const time = '2026-01-26T08:00:00+00:00';
const emptyCredential = { meta: null, tags: null, description: null, created_at: time, updated_at: time };
/** A credential with a secret, so that tests see that no caller gets it. */
export const sampleCredential: Members = {
  id: '1',
  name: 'pg_auth',
  ...emptyCredential,
  data: { db_host: 'postgres', db_password: 'pg-s3cr3t' },
  type: 'postgres',
};

/** Writes over one of the same name. */
function saveCredential({ credentials }: StandInState, request: SeenRequest): StandInReply {
  const { name, type, credential_type: documented = type, data } = bodyOf(request);
  const index = credentials.findIndex((one) => one['name'] === name);
  const id = credentials[index]?.['id'] ?? String(credentials.length + 1);
  const saved = { id, name, ...emptyCredential, data: isJsonObject(data) ? data : {}, type: documented };
  credentials.splice(index < 0 ? credentials.length : index, 1, saved);
  return ok({ ...saved, data: null });
}

/** `GET` and `DELETE` of one, by id or name. Without `include_data` the secret is null. */
function onCredential({ credentials }: StandInState, { method, query }: SeenRequest, name: string): StandInReply {
  const found = credentials.find((one) => one['name'] === name || one['id'] === name);
  if (found === undefined) return detailError(404, 'Credential not found');
  if (method === 'GET') return ok(query.get('include_data') === 'true' ? found : { ...found, data: null });
  if (method !== 'DELETE') return methodNotAllowed;
  credentials.splice(credentials.indexOf(found), 1);
  return ok({ message: 'Credential deleted successfully', id: found['id'] });
}

function dashboardStats({ speak, executions, catalog }: StandInState): StandInReply {
  const total_executions = executions.count();
  if (speak === 'rust') {
    const states = executions.list().map(rustState);
    const of = (status: string) => states.filter((state) => state === status).length;
    const stats = {
      total_executions,
      successful_executions: of('COMPLETED'),
      failed_executions: of('FAILED'),
      cancelled_executions: of('CANCELLED'),
      running_executions: of('RUNNING'),
      total_playbooks: catalog.length,
      total_workers: 1,
    };
    return ok({ status: 'ok', stats });
  }
  // The Python server counts executions only, in both places.
  const zero = { successful_executions: 0, failed_executions: 0, total_playbooks: 0 };
  const stats = { total_executions, ...zero, active_workflows: total_executions };
  return ok({ status: 'ok', stats, ...stats });
}

/** The address of the message server has its password in it: the real one answers so. */
function workerPools({ speak, clock }: StandInState): StandInReply {
  const now = new Date(clock()).toISOString();
  const nats_url = 'nats://noetl:noetl@127.0.0.1:4222';
  const pool = {
    name: 'worker-1',
    runtime: { pid: 4242, type: 'python', hostname: 'worker', nats_url, started_at: now },
    status: 'ready',
    capacity: 1,
    labels: { nats_consumer: 'noetl_worker_pool' },
    heartbeat: now,
    created_at: now,
    updated_at: now,
  };
  if (speak === 'rust') return ok([{ ...pool, runtime_id: 1, kind: 'worker_pool', uri: nats_url }]);
  return ok({ items: [pool], count: 1, runtime: null, status: null, error: null });
}

/** A session that is unknown or over is not an error: `valid` is false. */
function validateSession(state: StandInState, request: SeenRequest): StandInReply {
  const { session_token: token, credential = 'pg_auth' } = bodyOf(request);
  if (typeof token !== 'string' || token.trim() === '') {
    const msg = 'String should have at least 1 character';
    return invalid('string_too_short', ['body', 'session_token'], msg, '', { min_length: 1 });
  }
  if (credential !== 'pg_auth') return refusal(state, 404, 'Credential not found');
  const session = state.accounts.session(token);
  const none = { status: 'ok', valid: false, user: null, expires_at: null, error: null };
  return ok(session === undefined ? none : { ...none, valid: true, ...sessionShape(session) });
}
