import { idText } from '../../plugins/json/lossless-json.ts';
import type { Accounts } from './accounts.ts';
import { type AuthPlaybook, createAuthPlaybooks, postCallback } from './auth-playbooks.ts';
import type { CatalogEntry, StandInCatalog } from './catalog.ts';
import type { StandInCredential } from './credentials.ts';
import { detailError, ok, type SeenRequest, type StandInReply, validationError } from './exchange.ts';
import * as python from './python-shapes.ts';
import { detailState } from './python-state.ts';
import type { Run } from './run.ts';
import type { RunView } from './run-view.ts';
import type { Runs } from './runs.ts';
import { rustDetail, rustListRow, rustState, rustStatus } from './rust-shapes.ts';
import { noStartStep, workflowWithoutStart } from './rust-writer.ts';
import type { StartQueue } from './start-queue.ts';

/** Everything that the routes of the stand-in use. */
export interface StandInState {
  readonly clock: () => number;
  readonly speak: 'python' | 'rust';
  readonly catalog: StandInCatalog;
  readonly runs: Runs;
  /** The connections that starts wait for. */
  readonly starts: StartQueue;
  readonly accounts: Accounts;
  readonly credentials: StandInCredential[];
  readonly authPlaybooks: Readonly<Record<string, AuthPlaybook>>;
  /** Milliseconds that an auth playbook works before it calls back. */
  readonly authMs: number;
  /** Work that is under way when the stand-in is closed. */
  readonly background: Set<Promise<unknown>>;
}

type Body = Readonly<Record<string, unknown>>;

/** `POST /api/execute`. Python starts one execution per connection to its database, and refuses when many wait. */
export async function execute(state: StandInState, request: SeenRequest): Promise<StandInReply> {
  const release = state.speak === 'python' ? await state.starts.enter() : () => {};
  if (release === undefined) return detailError(500, state.starts.refusal);
  try {
    return executeNow(state, request);
  } finally {
    release();
  }
}

function executeNow(state: StandInState, request: SeenRequest): StandInReply {
  const body = request.body as Body;
  // `payload` is another word for it; the first one counts where both are given.
  const workload = body['workload'] ?? body['payload'] ?? {};
  if (typeof workload !== 'object' || workload === null || Array.isArray(workload)) {
    return validationError('dict_type', ['body', 'workload'], 'Input should be a valid dictionary', workload);
  }
  const { path, catalog_id: catalogId } = body;
  if (typeof path !== 'string' && catalogId === undefined) {
    return validationError(
      'value_error',
      ['body'],
      "Value error, Either 'path' or 'catalog_id' must be provided",
      body,
      {
        error: {},
      },
    );
  }
  const entry = entryOf(state.catalog, body);
  if (entry === undefined) {
    const what = typeof path === 'string' ? path : `catalog_id=${idText(catalogId)}`;
    return refusal(state, 404, `Executable catalog entry not found: ${what}`);
  }
  if (state.speak === 'rust' && noStartStep(entry.playbook.script(workload as Body)) !== false) {
    return refusal(state, 422, workflowWithoutStart);
  }
  const parent = body['parent_execution_id'] ?? undefined;
  const run = start(state, entry, workload as Body, parent === undefined ? undefined : String(parent));
  return ok({ execution_id: run.id, status: 'started', commands_generated: 1 });
}

function entryOf(catalog: StandInCatalog, { path, catalog_id: catalogId, version }: Body): CatalogEntry | undefined {
  if (catalogId !== undefined && catalogId !== null) return catalog.byId(idText(catalogId) ?? '');
  if (typeof path !== 'string') return undefined;
  return catalog.find(path, typeof version === 'number' ? version : undefined);
}

/** Auth playbooks work outside the clock's time: they really call back. */
function start(state: StandInState, entry: CatalogEntry, workload: Body, parentId: string | undefined): Run {
  const options = { workload, ...(parentId === undefined ? {} : { parentId }) };
  const auth = state.authPlaybooks[entry.playbook.path];
  if (auth === undefined) return state.runs.start(entry, options);
  const run = state.runs.startOpen(entry, options);
  const working = runAuthPlaybook(state, auth, run).finally(() => state.background.delete(working));
  state.background.add(working);
  return run;
}

async function runAuthPlaybook(state: StandInState, auth: AuthPlaybook, run: Run): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, state.authMs));
  const callback = createAuthPlaybooks(state.accounts, state.clock)[auth](run.workload);
  // Without it the real playbooks call the gateway's Service in the cluster.
  const gateway = run.workload['gateway_url'];
  const base = typeof gateway === 'string' ? gateway : 'http://gateway.gateway.svc.cluster.local';
  const delivered = await postCallback(`${base}/api/internal/callback`, callback, run.workload['request_id']);
  state.runs.finish(run, delivered ? { result: { status: 'ok' } } : { error: 'callback failed' });
}

/** `GET /api/executions`: pages by number in Python, by offset in Rust; each server ignores the other's names. */
export function executionList(state: StandInState, { query }: SeenRequest): StandInReply {
  if (state.speak === 'rust') {
    const offset = Number(query.get('offset') ?? 0);
    const limit = Math.min(100, Number(query.get('limit') ?? 50));
    return ok(state.runs.list(offset, offset + limit).map(rustListRow));
  }
  const page = Math.max(1, Number(query.get('page') ?? 1));
  const size = Math.min(200, Math.max(1, Number(query.get('page_size') ?? 100)));
  if (!Number.isInteger(page) || !Number.isInteger(size)) {
    return validationError('int_parsing', ['query', 'page'], 'Input should be a valid integer', query.get('page'));
  }
  if ((page - 1) * size > 5_000) return detailError(422, 'Requested page is too deep. Max supported offset is 5000.');
  return ok(state.runs.list((page - 1) * size, page * size).map(python.listRow));
}

/** `GET /api/executions/{id}` and what lies below it. */
export function executionRoute(state: StandInState, id: string, rest: string, request: SeenRequest): StandInReply {
  const odd = oddId(state, id, rest);
  if (odd !== undefined) return odd;
  const view = state.runs.view(id);
  if (view === undefined) {
    if (state.speak === 'rust') return refusal(state, 404, `Execution not found: ${id}`);
    return detailError(404, rest === '/status' ? 'Execution not found' : `Execution ${id} not found`);
  }
  return state.speak === 'rust' ? rustRead(view, rest) : pythonRead(view, rest, request);
}

function pythonRead(view: RunView, rest: string, { query }: SeenRequest): StandInReply {
  if (rest === '/status') return ok(python.status(view));
  if (rest === '/cancellation-check') return ok(python.cancellationCheck(view));
  const pageSize = Number(query.get('page_size') ?? 100);
  if (!Number.isInteger(pageSize) || pageSize < 10) {
    return validationError(
      'greater_than_equal',
      ['query', 'page_size'],
      'Input should be greater than or equal to 10',
      query.get('page_size'),
      { ge: 10 },
    );
  }
  const since = query.get('since_event_id');
  const events = {
    page: Number(query.get('page') ?? 1),
    pageSize: Math.min(500, pageSize),
    type: query.get('event_type') ?? undefined,
    since: since !== null && /^\d+$/.test(since) ? BigInt(since) : undefined,
  };
  if (rest === '/events') return ok(python.eventPage(view, events));
  return ok(python.detail(view, query.get('include_events') === 'false' ? undefined : events));
}

function rustRead(view: RunView, rest: string): StandInReply {
  if (rest === '') return ok(rustDetail(view));
  if (rest === '/status') return ok(rustStatus(view));
  if (rest === '/cancellation-check') return ok({ ...rustStatus(view), progress: undefined });
  return { status: 404, body: '' };
}

/** `POST /api/executions/{id}/cancel`. A finished run becomes cancelled: that is how the Python server is. */
export function cancel(state: StandInState, id: string, request: SeenRequest): StandInReply {
  const odd = oddId(state, id, '/cancel');
  if (odd !== undefined) return odd;
  const view = state.runs.view(id);
  if (view === undefined) return refusal(state, 404, `Execution ${id} not found`);
  const now = state.speak === 'rust' ? rustState(view) : detailState(view).status;
  if (state.speak === 'rust' && now !== 'RUNNING')
    return refusal(state, 422, `Cannot cancel execution in ${now} state`);
  const answer = { execution_id: id, status: 'cancelled' };
  if (now === 'CANCELLED') {
    const message = `Execution ${id} is already CANCELLED`;
    return ok({ ...answer, status: 'already_completed', cancelled_executions: [], message });
  }
  const body = (request.body ?? {}) as Body;
  const cancelled = state.runs.cancel(id, body['cascade'] !== false);
  const message = `Cancelled ${cancelled.length} execution(s)`;
  return ok({ ...answer, cancelled_executions: cancelled, message });
}

/** `GET /api/result/resolve`: the value behind a reference, and nothing around it. */
export function resolveResult(state: StandInState, { query }: SeenRequest): StandInReply {
  const reference = query.get('ref');
  const found = reference === null ? undefined : state.runs.resolve(reference);
  if (found !== undefined) return ok(found.value);
  if (state.speak === 'rust') return { status: 404, body: { error: 'result not found' } };
  if (reference === null) return validationError('missing', ['query', 'ref'], 'Field required', null);
  // Python returns a text that is not a reference unchanged.
  if (!reference.startsWith('noetl://')) return ok(reference);
  return detailError(404, `'TempRef not found: ${reference}'`);
}

/** What the servers make of an id that is no 64-bit number. */
function oddId(state: StandInState, id: string, rest: string): StandInReply | undefined {
  if (/^\d{1,19}$/.test(id) && BigInt(id) < 2n ** 63n) return undefined;
  if (state.speak === 'rust') return { status: 400, body: `Invalid URL: Cannot parse \`${id}\` to a \`i64\`` };
  if (rest === '/status') return detailError(500, `invalid literal for int() with base 10: '${id}'`);
  const context = "CONTEXT:  unnamed portal parameter $1 = '...'";
  return { status: 500, body: `Detail: invalid input syntax for type bigint: "${id}"\n${context}` };
}

/** An error in the form of the server that is played. */
export function refusal(state: StandInState, status: number, message: string): StandInReply {
  return state.speak === 'rust' ? { status, body: { error: message, status } } : detailError(status, message);
}
