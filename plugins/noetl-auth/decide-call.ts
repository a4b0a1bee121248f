import type { Caller, RootDecision } from '../call-context.ts';
import type { Clock } from '../clock.ts';
import { GatewayError } from '../errors.ts';
import { sourceText } from '../noetl/playbook-source.ts';
import type { Observe } from '../observe.ts';
import type { AccessChecker } from '../ports.ts';
import type { AccessRule } from './access/access-rule.ts';
import { parsePlaybookPath } from './access/playbook-path.ts';
import { reportDecision } from './access/report-decision.ts';
import { accessDenied } from './access/standing-decision.ts';
import { type ArgumentLimits, findArgumentProblem } from './argument-guard.ts';
import type { RequestHeaders } from './custom-rule.ts';
import { decideField, type ExecutionPath, invalidArgument, type Judgement, type Resolvers } from './decide-field.ts';

/** The operation that a root field belongs to (GraphQL, October 2021, section 2.3). */
export type OperationType = 'query' | 'mutation' | 'subscription';

/** The access rule of a root field in the operations table. */
export interface FieldRule {
  readonly root: OperationType;
  readonly access: AccessRule;
  /** Template marks pass in this field's arguments. */
  readonly allowTemplates: boolean;
  /** Old names of arguments → the names that rules and calls are about. */
  readonly formerArguments?: ReadonlyMap<string, string>;
  /** Arguments that hold catalog paths, and are refused unless these are in normal form, whatever the rule. */
  readonly pathArguments?: readonly string[];
}

/** The inputs of decisions. `rules` is by the name of the root field; a field without one is denied. */
export interface DecisionOptions {
  readonly rules: ReadonlyMap<string, FieldRule>;
  readonly checker: AccessChecker;
  readonly executionPath: ExecutionPath;
  readonly unbrokenRun: number;
  readonly observe: Observe;
  /** For custom rules. Default: the system's. */
  readonly clock?: Clock;
  /** See {@link Resolvers}. Default `any`. */
  readonly resolvers?: Resolvers;
  /** Runs the decision of an operation in a span. Absent: no tracing. */
  readonly trace?: <T>(name: string, work: () => Promise<T>) => Promise<T>;
}

/** Who wants to run an operation. */
export interface OperationCaller {
  readonly caller: Caller;
  readonly requestId: string;
  /** The headers of the request, for custom rules; read only when one is asked. Default: no headers. */
  readonly headers?: () => RequestHeaders;
}

/** A call of one operation, whatever way it came. */
export interface OperationCall {
  /** The name of the operation: of its root field. */
  readonly name: string;
  readonly root: OperationType;
  /** Coerced. */
  readonly args: Readonly<Record<string, unknown>>;
  /** What the guard looks through, by the names that the caller used. Default: `args`. */
  readonly guarded?: Readonly<Record<string, unknown>>;
}

/** Decides a single call that is not part of a GraphQL document, and reports it. Never throws: what cannot be found out is denied. */
export async function decideCall(
  call: OperationCall,
  by: OperationCaller,
  options: DecisionOptions,
): Promise<RootDecision> {
  const judge = async () => judgeCall(call, by, options);
  const judgement = await (options.trace?.('decision', judge) ?? judge());
  tellDecision(call.name, judgement, call.root, by, options);
  return judgement.decision;
}

/** Reports a decision to the audit log and the counters, once it is known. */
export function tellDecision(
  name: string,
  { decision, permission, path, grant, reason }: Judgement,
  root: OperationType,
  by: OperationCaller,
  options: DecisionOptions,
): void {
  // Decided when the upstream's answer names the playbook, and reported then; introspection is not an operation.
  if (decision.outcome === 'onAnswer' || name.startsWith('__')) return;
  reportDecision(options.observe, {
    outcome: outcomeOf(decision),
    // A name without a rule comes from the caller and must not become a label.
    field: options.rules.has(name) ? name : 'other',
    root: root === 'mutation' ? 'mutation' : 'query',
    user: by.caller.session.user,
    permission,
    path,
    grant,
    reason: reason ?? (decision.outcome === 'denied' ? decision.error.code : undefined),
    requestId: by.requestId,
  });
}

function outcomeOf(decision: RootDecision): 'allowed' | 'denied' | 'backend_error' {
  if (decision.outcome !== 'denied') return 'allowed';
  return decision.error.status >= 500 ? 'backend_error' : 'denied';
}

/** The decision for a call by the rule of its operation; an operation without a rule is denied. Never throws. */
export function judgeCall(
  { name, root, args, guarded = args }: OperationCall,
  { caller, requestId, headers }: OperationCaller,
  options: DecisionOptions,
): Judgement | Promise<Judgement> {
  const deny = (error: GatewayError): Judgement => ({ decision: { outcome: 'denied', field: name, error } });
  const rule = options.rules.get(name);
  // A query under the name of a mutation is another operation, which has no rule.
  if (rule === undefined || rule.root !== root) return deny(accessDenied());
  // Before the checker is asked: what NoETL could evaluate must not reach a checker that asks NoETL, either.
  const problem = argumentError(args, guarded, rule, options);
  if (problem !== undefined) return deny(problem);
  const { checker, executionPath, resolvers = 'any' } = options;
  if (resolvers === 'any' && needsGatewayResolvers(rule, guarded)) {
    return { decision: { outcome: 'denied', field: name, error: accessDenied() }, reason: 'resolvers' };
  }
  const failed = (error: unknown) => deny(couldNotFindOut(error));
  try {
    const by = { caller, requestId, headers, nowMs: (options.clock ?? Date.now)() };
    const question = { field: name, root, rule: rule.access, args, checker, executionPath, resolvers, ...by };
    const judged = decideField(question);
    return judged instanceof Promise ? judged.catch(failed) : judged;
  } catch (error) {
    return failed(error);
  }
}

/** Whether the decision is complete only with the gateway's own resolvers. */
function needsGatewayResolvers({ access, root, formerArguments }: FieldRule, given: OperationCall['args']): boolean {
  if (root === 'subscription' || access.kind === 'source') return true;
  if (access.kind === 'authenticated' && access.rows !== undefined) return true;
  return [...(formerArguments?.keys() ?? [])].some((name) => Object.hasOwn(given, name));
}

function argumentError(
  args: Readonly<Record<string, unknown>>,
  guarded: Readonly<Record<string, unknown>>,
  { allowTemplates, access, pathArguments = [] }: FieldRule,
  { unbrokenRun }: DecisionOptions,
): GatewayError | undefined {
  const problem =
    access.kind === 'source'
      ? problemBesideSource(guarded, access.argument, { allowTemplates, unbrokenRun })
      : findArgumentProblem(guarded, { allowTemplates, unbrokenRun });
  if (problem !== undefined) return new GatewayError('ERR_REQUEST_INVALID', `${problem.place}: ${problem.reason}`);
  // The path that the rule is on is parsed where it is decided.
  const judged = access.kind === 'playbook' ? access.argument : undefined;
  const notPath = pathArguments.find((name) => name !== judged && !isAbsentOrPath(args, name));
  return notPath === undefined ? undefined : invalidArgument(notPath, 'a catalog path in normal form');
}

function isAbsentOrPath(args: Readonly<Record<string, unknown>>, name: string): boolean {
  const value = Object.hasOwn(args, name) ? args[name] : undefined;
  return value == null || (typeof value === 'string' && parsePlaybookPath(value) !== undefined);
}

function couldNotFindOut(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError('ERR_INTERNAL', 'access could not be decided', { cause: error });
}

/** A playbook is made of templates; its text, not the base64 that it may come in, must not have long runs. */
function problemBesideSource(guarded: Readonly<Record<string, unknown>>, argument: string, limits: ArgumentLimits) {
  const { [argument]: content, ...rest } = guarded;
  return (
    findArgumentProblem({ [argument]: sourceText(content) ?? '' }, { ...limits, allowTemplates: true }) ??
    findArgumentProblem(rest, limits)
  );
}
