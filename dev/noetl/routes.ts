import { type Accounts, databaseTime, userShape } from './accounts.ts';
import { createAuthPlaybooks } from './auth-playbooks.ts';
import { catalogAgents, catalogList, catalogResource, catalogSchema, register } from './catalog-routes.ts';
import { credentialRoute, listCredentials, saveCredential } from './credentials.ts';
import { detailError, notFound, ok, type SeenRequest, type StandInReply, validationError } from './exchange.ts';
import {
  cancel,
  execute,
  executionList,
  executionRoute,
  refusal,
  resolveResult,
  type StandInState,
} from './execution-routes.ts';
import { rustState } from './rust-shapes.ts';

type Body = Readonly<Record<string, unknown>>;
type Answer = StandInReply | Promise<StandInReply>;
type Route = (state: StandInState, request: SeenRequest) => Answer;

/** Routes without parameters, by method and path. */
const exact: Readonly<Record<string, Route>> = {
  'GET /health': () => ok({ status: 'ok' }),
  'GET /api/health': () => ok({ status: 'ok' }),
  'POST /api/execute': execute,
  'GET /api/executions': executionList,
  'GET /api/result/resolve': resolveResult,
  'POST /api/catalog/list': catalogList,
  'POST /api/catalog/resource': catalogResource,
  'POST /api/catalog/agents/list': catalogAgents,
  'POST /api/catalog/register': register,
  'GET /api/credentials': listCredentials,
  'POST /api/credentials': saveCredential,
  'GET /api/dashboard/stats': dashboardStats,
  'GET /api/worker/pools': workerPools,
  'POST /api/auth/session/validate': validateSession,
  'POST /api/auth/login': rustOnly((state, { body }) => {
    const { status, data } = createAuthPlaybooks(state.accounts, state.clock).login(body as Body);
    return ok({ status, data });
  }),
  'POST /api/auth/check-playbook-access': rustOnly((state, { body }) => {
    const { status, data } = createAuthPlaybooks(state.accounts, state.clock).check(body as Body);
    return ok({ status, data });
  }),
};

/** Answers a request as NoETL would. */
export function answer(state: StandInState, request: SeenRequest): Answer {
  const route = exact[`${request.method} ${request.path}`];
  if (route === undefined) return elsewhere(state, request);
  return request.method === 'POST' ? withJson(state, request, route) : route(state, request);
}

function withJson(state: StandInState, request: SeenRequest, route: Route): Answer {
  // The framework refuses JSON under another media type, in these words.
  const type = String(request.headers['content-type'] ?? '');
  if (!type.startsWith('application/json')) {
    const msg = 'Input should be a valid dictionary or object to extract fields from';
    return validationError('model_attributes_type', ['body'], msg, request.text);
  }
  if (typeof request.body !== 'object' || request.body === null) {
    return validationError('json_invalid', ['body', 9], 'JSON decode error', {}, { error: 'Expecting value' });
  }
  return route(state, request);
}

function elsewhere(state: StandInState, request: SeenRequest): StandInReply {
  const { method, path } = request;
  // The Python server's framework redirects a path that ends in a slash.
  if (state.speak === 'python' && path.length > 1 && path.endsWith('/')) {
    const host = String(request.headers['host'] ?? 'localhost');
    return { status: 307, body: '', headers: { location: `http://${host}${path.slice(0, -1)}` } };
  }
  const execution = /^\/api\/executions\/([^/]+)(\/status|\/events|\/cancellation-check|\/cancel)?$/.exec(path);
  if (execution !== null) {
    return onExecution(state, decodeURIComponent(execution[1] ?? ''), execution[2] ?? '', request);
  }
  const schema = /^\/api\/catalog\/(.+)\/ui_schema$/.exec(path);
  if (schema !== null && method === 'GET') return catalogSchema(state, decodeURIComponent(schema[1] ?? ''));
  const credential = /^\/api\/credentials\/([^/]+)$/.exec(path)?.[1];
  if (credential !== undefined) return credentialRoute(state, decodeURIComponent(credential), request);
  const known = Object.keys(exact).some((key) => key.endsWith(` ${path}`));
  if (known) return methodNotAllowed;
  // How a client can know a missing route from a missing thing: each framework has its own 404.
  return state.speak === 'rust' ? { status: 404, body: '' } : notFound;
}

function onExecution(state: StandInState, id: string, rest: string, request: SeenRequest): StandInReply {
  if (request.method === 'POST' && rest === '/cancel') return cancel(state, id, request);
  return request.method === 'GET' && rest !== '/cancel' ? executionRoute(state, id, rest, request) : methodNotAllowed;
}

const methodNotAllowed = detailError(405, 'Method Not Allowed');

function dashboardStats(state: StandInState): StandInReply {
  const total_executions = state.runs.count();
  if (state.speak === 'rust') {
    const views = state.runs.list();
    const of = (status: string) => views.filter((view) => rustState(view) === status).length;
    const stats = {
      total_executions,
      successful_executions: of('COMPLETED'),
      failed_executions: of('FAILED'),
      cancelled_executions: of('CANCELLED'),
      running_executions: of('RUNNING'),
      total_playbooks: state.catalog.list().length,
      total_workers: 1,
    };
    return ok({ status: 'ok', stats });
  }
  // The Python server counts executions only, in both places.
  const zero = { successful_executions: 0, failed_executions: 0, total_playbooks: 0 };
  const stats = { total_executions, ...zero, active_workflows: total_executions };
  return ok({ status: 'ok', stats, ...stats });
}

/** The address of the message server carries its password: that is how the real one answers. */
function workerPools(state: StandInState): StandInReply {
  const now = new Date(state.clock()).toISOString();
  const pool = {
    name: 'worker-1',
    runtime: {
      pid: 4242,
      type: 'python',
      hostname: 'worker',
      nats_url: 'nats://noetl:noetl@127.0.0.1:4222',
      started_at: now,
    },
    status: 'ready',
    capacity: 1,
    labels: { nats_consumer: 'noetl_worker_pool' },
    heartbeat: now,
    created_at: now,
    updated_at: now,
  };
  if (state.speak === 'rust')
    return ok([{ ...pool, runtime_id: 1, kind: 'worker_pool', uri: 'nats://noetl:noetl@127.0.0.1:4222' }]);
  return ok({ items: [pool], count: 1, runtime: null, status: null, error: null });
}

function validateSession(state: StandInState, { body }: SeenRequest): StandInReply {
  const { session_token: token, credential = 'pg_auth' } = body as Body;
  if (typeof token !== 'string' || token.trim() === '') {
    const msg = 'String should have at least 1 character';
    return validationError('string_too_short', ['body', 'session_token'], msg, '', { min_length: 1 });
  }
  if (credential !== 'pg_auth') return refusal(state, 404, 'Credential not found');
  return ok(sessionAnswer(state.accounts, token));
}

/** A session that is unknown or over is not an error: `valid` is false. */
function sessionAnswer(accounts: Accounts, token: string): Body {
  const session = accounts.session(token);
  const noSession = { status: 'ok', valid: false, user: null, expires_at: null, error: null };
  if (session === undefined) return noSession;
  return { ...noSession, valid: true, user: userShape(session.user), expires_at: databaseTime(session.expiresAt) };
}

/** Routes that only the Rust server has. */
function rustOnly(route: Route): Route {
  return (state, request) => (state.speak === 'rust' ? route(state, request) : notFound);
}
