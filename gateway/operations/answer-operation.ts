import type { GraphQLOutputType } from 'graphql';
import { Cache } from '../../plugins/cache.ts';
import type { CallContext } from '../../plugins/call-context.ts';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { heapBytes } from '../../plugins/json/approximate-bytes.ts';
import { withoutConnections, withoutSecretData } from '../../plugins/noetl/hidden-values.ts';
import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';
import { answerOf } from '../../plugins/noetl/upstream-answer.ts';
import { inDocumentedForm, inOwnForm, inWireForm } from '../../plugins/noetl/wire-dialect.ts';
import { visiblePaths } from '../../plugins/noetl-auth/access/playbook-path.ts';
import { accessDenied, type OpenDecision } from '../../plugins/noetl-auth/access/standing-decision.ts';
import type { Upstream, UpstreamCall, UpstreamReply } from '../../plugins/ports.ts';
import { SingleFlight } from '../../plugins/single-flight.ts';
import { type CallPlan, callFor } from '../calls/call-plan.ts';
import type { Asking } from '../calls/root-fields.ts';
import { askingOf, bound, type RootAnswer, type RootCall } from '../calls/root-fields.ts';
import type { AnyUpstreamRow } from '../config/gateway-config.ts';
import { type ExecutionList, listedExecutions } from '../executions/execution-list.ts';
import { eventsAnswer } from '../executions/execution-views.ts';
import { type ExecutionGate, type Executions, executionIdOf, noSuchExecution } from '../executions/executions.ts';
import { ofDeclaredShape } from './outputs.ts';
import { wireAnswer } from './wire.ts';

type RowKind = 'executions' | 'playbooks';

/** The member that holds the rows of an answer that is not a list: servers and releases call it by these names. */
const listMembers: Readonly<Record<RowKind, readonly string[]>> = {
  executions: ['executions', 'items', 'entries'],
  playbooks: ['entries', 'items'],
};

/**
 * An answer without the rows that the caller may not see. A row whose path is absent or not in normal form is left out;
 * each distinct path is judged once.
 * @param maxPaths distinct paths that are judged; rows beyond are left out
 * @throws when it cannot find out, or the answer has no rows that it knows
 */
async function withVisibleRows(
  body: unknown,
  kind: RowKind,
  context: CallContext,
  maxPaths = Number.POSITIVE_INFINITY,
): Promise<unknown> {
  if (Array.isArray(body)) return visible(body, kind, context, maxPaths);
  if (body === undefined || body === null) return null;
  const member = isJsonObject(body) ? listMembers[kind].find((name) => Array.isArray(body[name])) : undefined;
  if (!isJsonObject(body) || member === undefined) {
    throw new GatewayError('ERR_UPSTREAM', 'NoETL answered in a form that the gateway does not know');
  }
  const rows = await visible(body[member] as readonly unknown[], kind, context, maxPaths);
  // The count of all rows would show how many are hidden.
  return { ...body, [member]: rows, ...(typeof body['count'] === 'number' ? { count: rows.length } : {}) };
}

/** Leaves out the rows that the caller may not see, where the rule of the operation is on rows. */
function visibleTo({ decision, context }: RootCall, maxPaths: number | undefined) {
  const rows = decision.outcome === 'allowed' ? decision.rows : undefined;
  return async (body: unknown) => (rows === undefined ? body : withVisibleRows(body, rows, context, maxPaths));
}

async function visible(
  rows: readonly unknown[],
  kind: RowKind,
  context: CallContext,
  maxPaths: number,
): Promise<readonly unknown[]> {
  const pathOf = (row: unknown) => (isJsonObject(row) ? textMember(row, 'path') : undefined);
  const may = (path: string) =>
    kind === 'executions' ? context.mayOnExecution('view', path) : context.may('view', path);
  const paths = rows.map(pathOf);
  const allowed = await visiblePaths(paths, may, maxPaths);
  return rows.filter((_row, index) => allowed.has(paths[index] ?? ''));
}

/** How the caller wants the catalog. */
interface CatalogPage {
  readonly page: number;
  readonly pageSize: number;
  /** Every version of every path, not the newest alone. */
  readonly versions: boolean;
}

/** The page that the arguments name, which are within their bounds. */
const catalogPageOf = ({ page = 1, pageSize = 100, versions }: Args): CatalogPage => ({
  page: Number(page),
  pageSize: Number(pageSize),
  versions: versions === true,
});

/**
 * A page of the catalog: NoETL lists every version of every path at once. Paths in NoETL's own order.
 * @param body the answer with the rows that the caller may see
 * @returns the body with the entries of the page, newest versions only unless `versions`; a body without `entries` as
 * it is
 */
export function catalogEntries(body: unknown, { page, pageSize, versions }: CatalogPage): unknown {
  if (!isJsonObject(body) || !Array.isArray(body['entries'])) return body;
  const entries = body['entries'].filter(isJsonObject);
  const shown = versions ? entries : newestOfEach(entries);
  return { ...body, entries: shown.slice((page - 1) * pageSize, page * pageSize) };
}

function newestOfEach(entries: readonly JsonObject[]): readonly JsonObject[] {
  const newest = new Map<string, JsonObject>();
  for (const entry of entries) {
    const path = textMember(entry, 'path') ?? '';
    const known = newest.get(path);
    if (known === undefined || versionOf(entry) > versionOf(known)) newest.set(path, entry);
  }
  return [...newest.values()];
}

const versionOf = ({ version }: JsonObject): number => (typeof version === 'number' ? version : 0);

export interface OperationOptions {
  readonly upstream: Upstream;
  readonly executions: Executions;
  readonly gate: ExecutionGate;
  readonly reserved: ReadonlySet<string>;
  readonly clock: Clock;
  readonly maxPathsPerAnswer: number | undefined;
  /** The field's own type: an answer of another kind is refused. */
  readonly type: GraphQLOutputType | undefined;
  /** NoETL's own form and status, for clients of its API; default: the form of the schema. */
  readonly asIs?: boolean;
}

/** Answers that a field keeps for its `cacheTtlMs`, bytes; those that were used least recently go first. */
const cachedBytes = 8 * 1024 * 1024;

/**
 * What no caller gets, whatever the rule: ways into brokers and databases, and what credentials hold. It goes by the
 * kind of the operation and not by its path, so that a new path of NoETL is covered.
 */
function withoutSecretsOf(kind: CallPlan['kind'], body: unknown): unknown {
  if (kind === 'workers') return withoutConnections(body);
  return kind === 'credentials' || kind === 'credentialWrite' ? withoutSecretData(body) : body;
}

type Args = OpenDecision['args'];

const isNamed = (args: Args, name: string): boolean => args[name] !== undefined && args[name] !== null;

/** A successful answer in the form of the schema. */
function documented({ kind, answer }: CallPlan, reply: UpstreamReply, type: OperationOptions['type']): unknown {
  const body = answerOf(reply);
  return answer === 'empty' ? body !== null : ofDeclaredShape(type, inDocumentedForm(kind, body));
}

/**
 * Any operation that has no rules of its own: one call, made of the decision's arguments.
 * @returns the root field's answer. It throws ERR_ACCESS_DENIED for a reserved playbook, ERR_NOT_FOUND for an execution
 * that is hidden or missing, ERR_UPSTREAM for an answer of another form than the field's type, and what `answerOf`
 * throws
 */
export function answerOperation(plan: CallPlan, row: AnyUpstreamRow, options: OperationOptions): RootAnswer {
  const { upstream, executions, gate, reserved, clock, maxPathsPerAnswer, type, asIs = false } = options;
  const ttlMs = row.cacheTtlMs ?? 0;
  const ruled = row.access.kind === 'execution' ? row.access.argument : undefined;
  const reuse = plan.idempotent && ttlMs > 0 ? createReuse(ttlMs, clock) : undefined;

  async function ask(call: UpstreamCall, args: Args, asking: Asking): Promise<unknown> {
    const reply = await upstream.request(call);
    if (plan.kind === 'events') return events(args, reply, asking);
    const body = asIs ? inOwnForm(plan.kind, wireAnswer(reply)) : documented(plan, reply, type);
    return plan.kind === 'executions' ? { rows: body, hasMore: reply.hasMore } : withoutSecretsOf(plan.kind, body);
  }

  return async (call) => {
    const { decision, context } = call;
    // First, since it costs no call: arguments of a wrong form are refused before anything is asked.
    const made = callFor(plan, decision.args);
    assertNotReserved(decision.args);
    await assertExecutionsAllowed(call);
    const asking = askingOf(row, context);
    const body = inWireForm(plan.kind, made.body);
    if (body !== undefined) made.body = body;
    bound(made, row, context);
    const askFor = (wanted: UpstreamCall) => {
      const asked = () => ask(wanted, decision.args, asking);
      return reuse === undefined ? asked() : reuse(wanted, asked);
    };
    // Rows are left out after a reused answer is found: it is one for all callers.
    const visible = visibleTo(call, maxPathsPerAnswer);
    if (plan.kind === 'executions') {
      const list = await listedExecutions(made, decision.args, askFor, visible, executions, asking);
      return asIs ? list : rowsOf(list);
    }
    const shown = await visible(await askFor(made));
    return plan.kind === 'catalog' && !asIs ? catalogEntries(shown, catalogPageOf(decision.args)) : shown;
  };

  /** Whatever the rule is: no caller starts a reserved playbook. */
  function assertNotReserved(args: Args): void {
    if (plan.kind !== 'start') return;
    for (const name of plan.catalogPaths) {
      const path = args[name];
      if (typeof path === 'string' && reserved.has(path)) throw accessDenied();
    }
  }

  /**
   * The execution that the rule is on, unless it has been decided before the call; and every other one that is named:
   * no rule opens the executions of reserved playbooks. The path is not read from the answer: it can
   * contain users' own text.
   */
  async function assertExecutionsAllowed(call: RootCall): Promise<void> {
    const { decision, context } = call;
    for (const name of undecidedIds(decision)) {
      const path = await executions.pathOf(executionIdOf(decision.args[name]), askingOf(row, context));
      if (path === undefined || !(await gate(call, path))) throw noSuchExecution();
    }
  }

  /** The arguments with ids of executions that the decision has not covered. */
  function undecidedIds(decision: OpenDecision): readonly string[] {
    const { args } = decision;
    if (decision.outcome === 'onAnswer') {
      if (ruled === undefined || !plan.executionIds.has(ruled)) throw accessDenied();
      return [...plan.executionIds].filter((name) => name === ruled || isNamed(args, name));
    }
    if (reserved.size === 0) return [];
    // A path is present when the rule has already judged its execution.
    const decided = decision.path === undefined ? undefined : ruled;
    return [...plan.executionIds].filter((name) => name !== decided && isNamed(args, name));
  }

  function events(args: Args, reply: UpstreamReply, asking: Asking): Promise<unknown> {
    const [argument = ''] = plan.executionIds;
    const body = reply.status === 404 ? undefined : answerOf(reply);
    // An answer that is reused is one for all callers.
    const roles = reuse === undefined ? asking.user?.roles : [];
    return eventsAnswer(executionIdOf(args[argument]), body, executions, asking, roles);
  }
}

/**
 * The rows of a list that cannot report that it was cut: an empty one is the end of the list.
 * @throws ERR_REQUEST_INVALID where the look ended before the list did
 */
function rowsOf({ rows, hasMore, stoppedAt }: ExecutionList): readonly unknown[] {
  if (rows.length > 0 || stoppedAt === undefined) return rows;
  const next = hasMore ? `ask for older ones with to: "${stoppedAt}"` : 'NoETL lists no older ones';
  throw new GatewayError(
    'ERR_REQUEST_INVALID',
    `nothing was found back to ${stoppedAt}, where the search ended; ${next}`,
  );
}

/** Reuses answers for the row's time; the access of each caller has been decided before. */
function createReuse(ttlMs: number, clock: Clock) {
  const answers = new Cache<string, { readonly key: string; readonly body: unknown }>({
    max: cachedBytes,
    sizeOf: heapBytes,
    clock,
  });
  const asking = new SingleFlight<string, unknown>();
  return (call: UpstreamCall, ask: () => Promise<unknown>): Promise<unknown> => {
    const key = JSON.stringify([call.path, call.query ?? [], call.body ?? null, call.headers ?? null]);
    const known = answers.get(key);
    if (known !== undefined) return Promise.resolve(known.body);
    return asking.run(key, async () => {
      const until = clock() + ttlMs;
      const body = await ask();
      answers.set(key, { key, body }, until);
      return body;
    });
  };
}
