import {
  type Condition,
  type FieldUse,
  keyOf,
  mayBeAbsent,
  type RandomDocument,
  type Selection,
  type Variable,
  variablesIn,
  walk,
} from './random-operation.ts';

/** A field that runs, and the value of its argument; null when it has none that can be used. */
export interface Running {
  readonly name: string;
  readonly argument: string | null;
}

/**
 * What the first operation of a document runs, by response key, read from the rules of the GraphQL specification.
 * @returns undefined when the request itself is wrong, so that nothing runs.
 */
export function runningFields(document: RandomDocument): ReadonlyMap<string, Running> | undefined {
  const [operation = []] = document.operations;
  for (const set of document.operations)
    for (const one of walk(document, set)) if (!isValid(document, one)) return undefined;
  for (const name of variablesIn(document, operation))
    if (!isSentWell(document.variables[name] as Variable)) return undefined;
  const running = new Map<string, Running>();
  collect(document, operation, running);
  return running;
}

/** A nullable variable fits an argument that is not only when the variable or the argument has a default. */
function isValid(document: RandomDocument, selection: Selection): boolean {
  if (selection.kind !== 'field' || selection.field.value.kind !== 'variable') return true;
  const { type, fallback } = document.variables[selection.field.value.name] as Variable;
  const argument = document.usable[selection.field.name]?.argument;
  return type.endsWith('!') || fallback !== undefined || (argument !== undefined && mayBeAbsent(argument));
}

function isSentWell({ type, fallback, sent }: Variable): boolean {
  if (sent === undefined) return fallback !== undefined || !type.endsWith('!');
  return sent !== null || !type.endsWith('!');
}

function collect(document: RandomDocument, set: readonly Selection[], running: Map<string, Running>): void {
  for (const selection of set) {
    if (!selection.conditions.every(({ directive, on }) => holds(document, on) === (directive === 'include'))) continue;
    if (selection.kind === 'field') {
      const { field } = selection;
      running.set(keyOf(field), { name: field.name, argument: argumentOf(document, field) });
    } else
      collect(
        document,
        selection.kind === 'inline' ? selection.inside : (document.fragments[selection.fragment] ?? []),
        running,
      );
  }
}

const holds = (document: RandomDocument, on: Condition['on']): boolean =>
  typeof on === 'boolean' ? on : variableValue(document, on.variable) === true;

function argumentOf(document: RandomDocument, { name, value: given }: FieldUse): string | null {
  if (given.kind === 'literal') return given.value;
  const found = given.kind === 'variable' ? variableValue(document, given.name) : undefined;
  if (found === undefined) return document.usable[name]?.argument?.fallback ?? null;
  return typeof found === 'string' ? found : null;
}

function variableValue(document: RandomDocument, name: string): string | boolean | null | undefined {
  const { sent, fallback } = document.variables[name] as Variable;
  return sent === undefined ? fallback : sent;
}
