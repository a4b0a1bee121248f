import type { Caller, RootDecision } from '../call-context.ts';
import { GatewayError } from '../errors.ts';
import { parseExecutionId } from '../noetl/execution-state.ts';
import { readPlaybookSource, wireSource } from '../noetl/playbook-source.ts';
import type { AccessChecker } from '../ports.ts';
import { type MaybePromise, whenKnown } from '../single-flight.ts';
import { judgeOn, judgeOnExecutionsOf } from './access/access-checkers.ts';
import type { AccessRule, CustomRule } from './access/access-rule.ts';
import type { Decision } from './access/decision.ts';
import type { Grant, Permission } from './access/grant.ts';
import { parsePlaybookPath } from './access/playbook-path.ts';
import { accessDenied } from './access/standing-decision.ts';
import { askCustomRule, headersForRules, type RequestHeaders } from './custom-rule.ts';

/** The playbook path of an execution; undefined when there is no such execution. @throws when it cannot find out. */
export type ExecutionPath = (id: string, call: { caller: Caller; requestId: string }) => Promise<string | undefined>;

/**
 * Whose resolvers answer root fields.
 * - `gateway`: those of the gateway's executable schema, which refuse denied fields, judge executions on NoETL's answer, run on
 *   the arguments that were decided on, and leave out the rows of lists that the caller may not view
 * - `any`: every decision is complete before anything runs. What needs the gateway's resolvers is denied: rules with `rows`,
 *   rules on a source, subscriptions, and arguments under former names.
 */
export type Resolvers = 'gateway' | 'any';

/** The inputs of the decision on a field: its rule, the caller, and the checkers. */
export interface FieldQuestion {
  readonly field: string;
  readonly root: 'query' | 'mutation' | 'subscription';
  readonly rule: AccessRule;
  readonly args: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
  readonly requestId: string;
  readonly checker: AccessChecker;
  readonly executionPath: ExecutionPath;
  readonly resolvers: Resolvers;
  /** Of the request, for custom rules. */
  readonly headers?: (() => RequestHeaders) | undefined;
  readonly nowMs: number;
}

/** A decision, and its members in the audit log. */
export interface Judgement {
  readonly decision: RootDecision;
  readonly permission?: Permission;
  readonly path?: string;
  readonly grant?: Grant | undefined;
  /** Why it is denied, where the error's code does not name it; why it is allowed, where a custom rule gives a reason. */
  readonly reason?: string;
}

/**
 * Decides one root field by its access rule, on its coerced arguments.
 * @throws what the checker or `executionPath` throw: they could not find out.
 */
export function decideField(question: FieldQuestion): MaybePromise<Judgement> {
  const { rule } = question;
  switch (rule.kind) {
    case 'closed':
      return { decision: denied(question, accessDenied()) };
    case 'authenticated':
      return { decision: allowed(question, { rows: rule.rows }) };
    case 'role':
      return hasRole(question, rule.roles)
        ? { decision: allowed(question, {}) }
        : { decision: denied(question, accessDenied()), reason: 'role' };
    case 'playbook':
      return decideOnPath(question, rule.permission, argumentOf(question, rule.argument), rule.argument);
    case 'path':
      return decideOnPath(question, rule.permission, rule.path, 'the playbook');
    case 'execution':
      return decideOnExecutionId(question, rule.permission, rule.argument);
    case 'source':
      return decideOnSource(question, rule.permission, rule.argument);
    case 'custom':
      return decideByCode(question, rule.decide);
    default:
      return { decision: denied(question, unknownRule(rule)) };
  }
}

/** The same words for what is hidden and for what does not exist. */
const executionNotFound = () => new GatewayError('ERR_NOT_FOUND', 'execution not found');

/**
 * A kind of rule that this version does not know, from a config without types: denied. The parameter lets the compiler
 * find a kind without a case.
 */
function unknownRule(_rule: never): GatewayError {
  return accessDenied();
}

function denied({ field }: FieldQuestion, error: GatewayError): RootDecision {
  return { outcome: 'denied', field, error };
}

function allowed(
  { field, args }: FieldQuestion,
  on: Partial<Pick<RootDecision & { outcome: 'allowed' }, 'grant' | 'permission' | 'path' | 'rows' | 'reason'>>,
): RootDecision {
  const { grant, permission, path, rows, reason } = on;
  const given = { ...(permission !== undefined && { permission }), ...(reason !== undefined && { reason }) };
  return { outcome: 'allowed', field, args, grant, path, rows, ...given };
}

function hasRole({ caller }: FieldQuestion, roles: readonly string[]): boolean {
  return caller.session.user.roles.some((role) => roles.includes(role));
}

function decideOnPath(
  question: FieldQuestion,
  permission: Permission,
  value: unknown,
  argument: string,
): MaybePromise<Judgement> {
  const path = typeof value === 'string' ? parsePlaybookPath(value) : undefined;
  if (path === undefined || (question.resolvers === 'any' && /[?#]/.test(path))) {
    // Other executors may put the argument into an address, where these two end the path.
    return { decision: denied(question, invalidArgument(argument, 'a catalog path in normal form')) };
  }
  const { caller, checker } = question;
  const verdict = checker.check({ user: caller.session.user, permission, path, token: caller.token });
  return whenKnown(verdict, (known) => ofVerdict(question, known, { permission, path }, accessDenied));
}

/** What was read is what is sent: NoETL gets the source in the one form that it cannot read otherwise. */
async function decideOnSource(question: FieldQuestion, permission: Permission, argument: string): Promise<Judgement> {
  const source = readPlaybookSource(argumentOf(question, argument));
  if ('problem' in source) {
    const error = new GatewayError('ERR_REQUEST_INVALID', `${argument} ${source.problem}`);
    return { decision: denied(question, error), permission };
  }
  const { caller, checker, args } = question;
  const { path, text } = source;
  const verdict = await checker.check({ user: caller.session.user, permission, path, token: caller.token });
  const sent = { ...question, args: { ...args, [argument]: wireSource(text) } };
  return ofVerdict(sent, verdict, { permission, path }, accessDenied);
}

function decideOnExecutionId(
  question: FieldQuestion,
  permission: Permission,
  argument: string,
): MaybePromise<Judgement> {
  const id = parseExecutionId(argumentOf(question, argument));
  if (id === undefined) {
    return { decision: denied(question, invalidArgument(argument, 'an execution id, which is digits')) };
  }
  const { field, args } = question;
  // A read is judged on its answer, which names the playbook: no second call, and nothing has started by then.
  if (question.resolvers === 'gateway' && question.root !== 'mutation')
    return { decision: { outcome: 'onAnswer', field, args, permission }, permission };
  return decideOnOwnPath(question, permission, id);
}

/** Finds the execution's playbook first: what is not a read must not have happened before it is decided. */
async function decideOnOwnPath(question: FieldQuestion, permission: Permission, id: string): Promise<Judgement> {
  const { caller, checker, requestId } = question;
  const path = await question.executionPath(id, { caller, requestId });
  if (path === undefined) return { decision: denied(question, executionNotFound()), permission };
  const verdict = await judgeOnExecutionsOf(question, checker, permission, path);
  return ofVerdict(question, verdict, { permission, path }, executionNotFound);
}

/** @param refusal the error of a denial: the same words for what is hidden as for what is missing */
function ofVerdict(
  question: FieldQuestion,
  verdict: Decision,
  about: { readonly permission: Permission; readonly path: string },
  refusal: () => GatewayError,
): Judgement {
  const { grant } = verdict;
  return verdict.allowed
    ? { decision: allowed(question, { grant, ...about }), grant, ...about }
    : { decision: denied(question, refusal()), grant, reason: verdict.why, ...about };
}

async function decideByCode(question: FieldQuestion, decide: CustomRule): Promise<Judgement> {
  const { field, args, caller, checker } = question;
  const user = caller.session.user;
  const may = async (permission: Permission, path: string) =>
    (await judgeOn(question, checker, permission, path)).allowed;
  const headers = headersForRules(question.headers?.() ?? [], caller);
  const verdict = await askCustomRule(decide, { field, args, user, may, headers, time: new Date(question.nowMs) });
  if (!verdict.allowed) return { decision: denied(question, verdict.error), reason: verdict.reason };
  const { reason } = verdict;
  const why = reason === undefined ? {} : { reason };
  return { decision: allowed(question, why), ...why };
}

function argumentOf({ args }: FieldQuestion, name: string): unknown {
  return Object.hasOwn(args, name) ? args[name] : undefined;
}

/** The error of an argument of a wrong form. @param expected what it must be, in words; never the value itself */
export function invalidArgument(argument: string, expected: string): GatewayError {
  return new GatewayError('ERR_REQUEST_INVALID', `${argument} must be ${expected}`);
}
