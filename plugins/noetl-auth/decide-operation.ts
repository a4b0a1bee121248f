import { GraphQLError, isNonNullType } from 'graphql';
import type { AccessRule } from '../../core/access/access-rule.ts';
import { parsePlaybookPath } from '../../core/access/playbook-path.ts';
import { reportDecision } from '../../core/access/report-decision.ts';
import { accessDenied } from '../../core/access/standing-decision.ts';
import type { Caller, RootDecision } from '../../core/call-context.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Observe } from '../../core/observe.ts';
import type { AccessChecker } from '../../core/ports.ts';
import { findArgumentProblem } from './argument-guard.ts';
import { decideField, type ExecutionPath, invalidArgument, type Judgement } from './decide-field.ts';
import { type OperationToRun, type RootField, rootFieldsOf } from './root-fields.ts';

export type OperationKind = 'query' | 'mutation' | 'subscription';

/** What the operations table says about a root field. */
export interface FieldRule {
  readonly root: OperationKind;
  readonly access: AccessRule;
  /** Template marks pass in this field's arguments. */
  readonly allowTemplates: boolean;
  /** Arguments that hold catalog paths, and are refused unless these are in normal form, whatever the rule. */
  readonly pathArguments?: readonly string[];
}

/** What decisions are made with. `rules` is by the name of the root field; a field without one is denied. */
export interface DecisionOptions {
  readonly rules: ReadonlyMap<string, FieldRule>;
  readonly checker: AccessChecker;
  readonly executionPath: ExecutionPath;
  readonly unbrokenRun: number;
  readonly observe: Observe;
}

/** Who wants to run an operation. */
export interface OperationCaller {
  readonly caller: Caller;
  readonly requestId: string;
}

/** Decisions by response key; or `refused`: nothing may run, and these are the answer's errors. */
export type OperationDecision =
  | { readonly decisions: ReadonlyMap<string, RootDecision> }
  | { readonly refused: readonly GraphQLError[]; readonly data: null | undefined };

/**
 * Decides every root field that will run, before any of them does. Nothing may run when the request is wrong, when one
 * field of a mutation is denied, or when one is denied that cannot be null. Never throws: what cannot be found out is
 * denied, with the code that says so.
 */
export async function decideOperation(
  operation: OperationToRun,
  by: OperationCaller,
  options: DecisionOptions,
): Promise<OperationDecision> {
  const roots = rootFieldsOf(operation);
  if ('errors' in roots) return { refused: roots.errors, data: undefined };
  const root: OperationKind = roots.operation;
  const decided = await Promise.all(
    roots.fields.map(async (field) => ({ field, judgement: await judge(field, root, by, options) })),
  );
  const denials = decided.flatMap(({ field, judgement: { decision } }) =>
    decision.outcome === 'denied' ? [{ field, error: decision.error }] : [],
  );
  const stops = denials.some(
    ({ field }) => root === 'mutation' || field.field === undefined || isNonNullType(field.field.type),
  );
  for (const { field, judgement } of decided) {
    // What nothing comes of, since another field was denied, was not allowed.
    if (!stops || judgement.decision.outcome === 'denied') tell(field, judgement, root, by, options);
  }
  if (stops) return { refused: denials.map(({ field, error }) => errorAt(field, error)), data: null };
  return { decisions: new Map(decided.map(({ field, judgement }) => [field.responseKey, judgement.decision])) };
}

function errorAt(field: RootField, error: GatewayError): GraphQLError {
  return new GraphQLError(error.message, { nodes: field.node, path: [field.responseKey], originalError: error });
}

function tell(
  field: RootField,
  { decision, permission, path }: Judgement,
  root: OperationKind,
  by: OperationCaller,
  options: DecisionOptions,
): void {
  // Decided when the upstream's answer names the playbook, and told then; introspection is no operation's.
  if (decision.outcome === 'onAnswer' || field.name.startsWith('__')) return;
  reportDecision(options.observe, {
    outcome: outcomeOf(decision),
    // A name that is no rule's comes from outside and must not become a label.
    field: options.rules.has(field.name) ? field.name : 'other',
    root: root === 'mutation' ? 'mutation' : 'query',
    user: by.caller.session.user,
    permission,
    path,
    grant: decision.outcome === 'allowed' ? decision.grant?.source : undefined,
    requestId: by.requestId,
  });
}

function outcomeOf(decision: RootDecision): 'allowed' | 'denied' | 'backend_error' {
  if (decision.outcome !== 'denied') return 'allowed';
  return decision.error.status >= 500 ? 'backend_error' : 'denied';
}

async function judge(
  { name, field, args }: RootField,
  root: OperationKind,
  { caller, requestId }: OperationCaller,
  options: DecisionOptions,
): Promise<Judgement> {
  if (name.startsWith('__')) return { decision: introspection(name) };
  const deny = (error: GatewayError): Judgement => ({ decision: { outcome: 'denied', field: name, error } });
  const rule = options.rules.get(name);
  if (field === undefined || rule === undefined || rule.root !== root) return deny(accessDenied());
  if (args instanceof GatewayError) return deny(args);
  const problem = argumentError(args, rule, options);
  if (problem !== undefined) return deny(problem);
  const { checker, executionPath } = options;
  try {
    return await decideField({ field: name, root, rule: rule.access, args, caller, requestId, checker, executionPath });
  } catch (error) {
    return deny(couldNotFindOut(error));
  }
}

/** Part of every schema, and open to whoever has a session; switched off by a validation rule. */
function introspection(field: string): RootDecision {
  return { outcome: 'allowed', field, args: {}, grant: undefined, path: undefined, rows: undefined };
}

function argumentError(
  args: Readonly<Record<string, unknown>>,
  { allowTemplates, pathArguments = [] }: FieldRule,
  { unbrokenRun }: DecisionOptions,
): GatewayError | undefined {
  const problem = findArgumentProblem(args, { allowTemplates, unbrokenRun });
  if (problem !== undefined) return new GatewayError('ERR_REQUEST_INVALID', `${problem.place}: ${problem.reason}`);
  const notPath = pathArguments.find((name) => !isAbsentOrPath(args, name));
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
