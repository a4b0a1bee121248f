import type { OperationDefinitionNode } from 'graphql';
import type { CallContext, RootDecision } from '../../core/call-context.ts';
import type { OperationToRun } from './root-fields.ts';

/** An operation as it was decided: with the variables that its arguments were made of, coerced. */
export interface DecidedOperation {
  readonly definition: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

interface Noted extends DecidedOperation {
  readonly asked: OperationToRun;
}

const noted = new WeakMap<ReadonlyMap<string, RootDecision>, Noted>();

/** Notes what decisions are about. */
export function noteDecided(
  decisions: ReadonlyMap<string, RootDecision>,
  { schema, document, operationName, variableValues }: OperationToRun,
  { definition, variables }: DecidedOperation,
): void {
  noted.set(decisions, { asked: { schema, document, operationName, variableValues }, definition, variables });
}

/**
 * What the decisions of a context are about, when it is just what is about to run.
 * @returns undefined: there are no decisions, arguments could not be coerced, or a plugin has changed the operation since
 */
export function decidedOperation(context: unknown, about: OperationToRun): DecidedOperation | undefined {
  const decisions = (context as Partial<CallContext> | undefined)?.decisions;
  const found = decisions === undefined ? undefined : noted.get(decisions);
  if (found === undefined) return undefined;
  const { schema, document, operationName, variableValues } = found.asked;
  const isSame =
    schema === about.schema &&
    document === about.document &&
    operationName === about.operationName &&
    variableValues === about.variableValues;
  return isSame ? found : undefined;
}
