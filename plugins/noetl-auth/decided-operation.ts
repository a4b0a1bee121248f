import type { OperationDefinitionNode } from 'graphql';
import type { CallContext, RootDecision } from '../call-context.ts';
import type { OperationToRun } from './selected-root-fields.ts';

/** An operation as it was decided: with the variables that its arguments were made of, coerced. */
export interface DecidedOperation {
  readonly definition: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Decisions by response key, and what they are about. */
export class Decisions extends Map<string, RootDecision> {
  readonly #asked: OperationToRun;
  readonly #decided: DecidedOperation;

  constructor(asked: OperationToRun, decided: DecidedOperation) {
    super();
    this.#asked = asked;
    this.#decided = decided;
  }

  /** @returns undefined unless that is the operation that was decided */
  about({ schema, document, operationName, variableValues }: OperationToRun): DecidedOperation | undefined {
    const asked = this.#asked;
    // By identity: a plugin that changes any of them makes a new object.
    const isSame =
      schema === asked.schema &&
      document === asked.document &&
      operationName === asked.operationName &&
      variableValues === asked.variableValues;
    return isSame ? this.#decided : undefined;
  }
}

/**
 * What the decisions of a context are about, when it is just what is about to run.
 * @returns undefined: there are no decisions, arguments could not be coerced, or a plugin has changed the operation since
 */
export function decidedOperation(context: unknown, about: OperationToRun): DecidedOperation | undefined {
  const decisions = (context as Partial<CallContext> | undefined)?.decisions;
  return decisions instanceof Decisions ? decisions.about(about) : undefined;
}
