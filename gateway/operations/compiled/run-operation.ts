import { type ExecutionResult, type GraphQLError, type GraphQLResolveInfo, locatedError } from 'graphql';
import { GatewayError } from '../../../plugins/errors.ts';
import { HeldAnswers } from '../../../plugins/held-answers.ts';
import type { CompiledOperation, CompiledRoot } from './compile-operation.ts';
import { Draft, OperationRun, type WrittenJson } from './draft.ts';

/**
 * What became of a compiled operation: its data as JSON; or a whole result, when its only root field has failed; or
 * the answers of its root fields, for the stock executor to complete.
 */
export type CompiledOutcome =
  | { readonly data: WrittenJson }
  | { readonly result: ExecutionResult }
  | { readonly held: HeldAnswers };

/**
 * Asks the root fields of a compiled operation, each once, and writes their answers.
 * @param context what resolvers run with; its decisions are checked by each root field's own resolver
 * @param variables coerced
 */
export function runCompiled(
  { roots }: CompiledOperation,
  context: unknown,
  variables: Readonly<Record<string, unknown>>,
): Promise<CompiledOutcome> {
  const [only] = roots;
  const answer = only && roots.length === 1 ? ask(only, context) : undefined;
  return only && answer ? runOne(only, answer, variables) : runAll(roots, context, variables);
}

/** Most operations have one root field. */
function runOne(
  root: CompiledRoot,
  asked: Promise<unknown>,
  variables: Readonly<Record<string, unknown>>,
): Promise<CompiledOutcome> {
  const held = (): CompiledOutcome => ({ held: heldAnswers([root], [asked]) });
  return asked.then(
    (answer) => {
      const draft = new Draft(new OperationRun(variables));
      draft.append(answer, root.write, root.prefix);
      const outcome = (): CompiledOutcome => (draft.run.isOdd ? held() : { data: draft.json('}') });
      // Gaps can still make the run odd, so they are filled before it is judged.
      const filled = draft.filled();
      return filled === undefined ? outcome() : filled.then(outcome);
    },
    (error: unknown) => {
      const result = failedResult(root, error);
      return result === undefined ? held() : { result };
    },
  );
}

async function runAll(
  roots: readonly CompiledRoot[],
  context: unknown,
  variables: Readonly<Record<string, unknown>>,
): Promise<CompiledOutcome> {
  const asked = askAll(roots, context);
  const draft = new Draft(new OperationRun(variables));
  let hasFailed = false;
  for (let index = 0; index < roots.length; index += 1) {
    const { prefix, write } = roots[index] as CompiledRoot;
    let answer: unknown;
    try {
      answer = await asked[index];
    } catch {
      hasFailed = true;
      break;
    }
    draft.append(answer, write, prefix);
    if (draft.run.isOdd) break;
  }
  // Gaps can still make the run odd, so they are filled before it is judged.
  const filled = draft.filled();
  if (filled !== undefined) await filled;
  const isWhole = !hasFailed && !draft.run.isOdd;
  return isWhole ? { data: draft.json('}') } : { held: heldAnswers(roots, asked) };
}

/** Together, as fields of a query may be; they are written in the order of the selection. */
function askAll(roots: readonly CompiledRoot[], context: unknown): readonly (Promise<unknown> | undefined)[] {
  const asked = roots.map((root) => ask(root, context));
  // Whether one fails is looked at in its turn, which for a single one is now.
  if (asked.length > 1) for (const answer of asked) answer?.catch(ignore);
  return asked;
}

const ignore = (): void => {};

/** Of all that a resolver is given about a field, the gateway's own use these. */
function ask({ field, info }: CompiledRoot, context: unknown): Promise<unknown> | undefined {
  if (field?.resolve === undefined) return undefined;
  try {
    return Promise.resolve(field.resolve(undefined, noArguments, context, info as GraphQLResolveInfo));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Each resolver takes the arguments that were decided on. */
const noArguments = Object.freeze({});

/** As the executor words it. @returns undefined when that is more than null and an error of the gateway's own */
function failedResult({ key, nodes, isNullable }: CompiledRoot, error: unknown): ExecutionResult | undefined {
  if (!isNullable || !(error instanceof GatewayError)) return undefined;
  const located: GraphQLError = locatedError(error, nodes, [key]);
  const data: Record<string, unknown> = Object.create(null);
  data[key] = null;
  return { errors: [located], data };
}

function heldAnswers(roots: readonly CompiledRoot[], asked: readonly (Promise<unknown> | undefined)[]): HeldAnswers {
  const answers = roots.flatMap(({ key }, index) => {
    const answer = asked[index];
    return answer === undefined ? [] : [[key, answer] as const];
  });
  return new HeldAnswers(new Map(answers));
}
