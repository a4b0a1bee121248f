import { GraphQLError, isNonNullType } from 'graphql';
import type { RootDecision } from '../call-context.ts';
import { GatewayError } from '../errors.ts';
import { accessDenied } from './access/standing-decision.ts';
import {
  type DecisionOptions,
  judgeCall,
  type OperationCaller,
  type OperationType,
  tellDecision,
} from './decide-call.ts';
import type { Judgement } from './decide-field.ts';
import { type OperationToRun, type RootFields, rootFieldsOf, type SelectedField } from './selected-root-fields.ts';

/** Decisions by response key; or `refused`: nothing may run, and these are the answer's errors. */
export type OperationDecision =
  | { readonly decisions: ReadonlyMap<string, RootDecision> }
  | { readonly refused: readonly GraphQLError[]; readonly data: null | undefined };

/**
 * Decides every root field that will run, before any of them does. Nothing may run when the request is wrong, when one
 * field of a mutation is denied, or when one is denied that cannot be null. Never throws: what cannot be found out is
 * denied, with its code.
 * @returns at once what can be decided without asking
 */
export function decideOperation(
  operation: OperationToRun,
  by: OperationCaller,
  options: DecisionOptions,
): OperationDecision | Promise<OperationDecision> {
  const roots = rootFieldsOf(operation);
  if ('errors' in roots) return { refused: roots.errors, data: undefined };
  const root: OperationType = roots.definition.operation;
  const judgements = roots.fields.map((field) => judge(field, root, by, options));
  if (areKnown(judgements)) return concluded(roots, judgements, by, options);
  return Promise.all(judgements).then((all) => concluded(roots, all, by, options));
}

/** The same, in a span where there is tracing. */
export function decideTraced(
  operation: OperationToRun,
  by: OperationCaller,
  options: DecisionOptions,
): OperationDecision | Promise<OperationDecision> {
  const { trace } = options;
  return trace === undefined
    ? decideOperation(operation, by, options)
    : trace('decision', async () => decideOperation(operation, by, options));
}

const areKnown = (judgements: readonly (Judgement | Promise<Judgement>)[]): judgements is readonly Judgement[] =>
  !judgements.some((judgement) => judgement instanceof Promise);

type DecidedFields = Exclude<RootFields, { readonly errors: unknown }>;

/** What may run after all fields were judged. */
function concluded(
  { definition, fields }: DecidedFields,
  judgements: readonly Judgement[],
  by: OperationCaller,
  options: DecisionOptions,
): OperationDecision {
  const root: OperationType = definition.operation;
  const decided = fields.map((field, index) => ({ field, judgement: judgements[index] as Judgement }));
  // Fields of a mutation run one after another, so a denied one must stop those before it as well (ADR 0006). Resolvers that
  // are not the gateway's do not refuse a denied field.
  const stopsAll = root !== 'query' || options.resolvers !== 'gateway';
  const stops = decided.some(
    ({ field: { field }, judgement: { decision } }) =>
      decision.outcome === 'denied' && (stopsAll || field === undefined || isNonNullType(field.type)),
  );
  for (const { field, judgement } of decided) {
    // When one denial stops the operation, the other fields are not audited as allowed.
    if (!stops || judgement.decision.outcome === 'denied') tellDecision(field.name, judgement, root, by, options);
  }
  if (stops) return { refused: denialsOf(decided), data: null };
  return { decisions: new Map(decided.map(({ field, judgement }) => [field.responseKey, judgement.decision])) };
}

const denialsOf = (decided: readonly { readonly field: SelectedField; readonly judgement: Judgement }[]) =>
  decided.flatMap(({ field, judgement: { decision } }) =>
    decision.outcome === 'denied' ? [errorAt(field, decision.error)] : [],
  );

function errorAt(field: SelectedField, error: GatewayError): GraphQLError {
  return new GraphQLError(error.message, { nodes: field.node, path: [field.responseKey], originalError: error });
}

function judge(
  { name, field, args }: SelectedField,
  root: OperationType,
  by: OperationCaller,
  options: DecisionOptions,
): Judgement | Promise<Judgement> {
  if (name.startsWith('__')) return { decision: introspection(name) };
  const deny = (error: GatewayError): Judgement => ({ decision: { outcome: 'denied', field: name, error } });
  if (field === undefined || !options.rules.has(name)) return deny(accessDenied());
  if (args instanceof GatewayError) return deny(args);
  const current = underNewNames(args, options.rules.get(name)?.formerArguments);
  return judgeCall({ name, root, args: current, guarded: args }, by, options);
}

/** Arguments by the names that rules are on. A value under an old name counts, also when the new name has its default. */
function underNewNames(
  args: Readonly<Record<string, unknown>>,
  former: ReadonlyMap<string, string> | undefined,
): Readonly<Record<string, unknown>> {
  if (former === undefined) return args;
  const given = [...former].filter(([old]) => Object.hasOwn(args, old));
  if (given.length === 0) return args;
  const current: Record<string, unknown> = { ...args };
  for (const [old, name] of given) {
    if (current[old] !== null && current[old] !== undefined) current[name] = current[old];
    delete current[old];
  }
  return current;
}

/** Part of every schema, and open to every caller with a session; switched off by a validation rule. */
function introspection(field: string): RootDecision {
  return { outcome: 'allowed', field, args: {}, grant: undefined, path: undefined, rows: undefined };
}
