import { type ExecutionResult, type GraphQLError, type GraphQLResolveInfo, locatedError } from 'graphql';
import { GatewayError } from '../../core/errors.ts';
import { HeldAnswers } from '../../core/held-answers.ts';
import type { CompiledOperation, CompiledRoot } from './compile-operation.ts';
import { Draft, OperationRun } from './draft.ts';
import { writeBytes } from './scratch.ts';

/**
 * What became of a compiled operation: its data as JSON in UTF-8, in pieces; or a whole result, when its only root field has failed; or
 * the answers of its root fields, for the stock executor to complete.
 */
export type CompiledOutcome =
  | { readonly data: readonly Buffer[] }
  | { readonly result: ExecutionResult }
  | { readonly held: HeldAnswers };

/**
 * Asks the root fields of a compiled operation, each once, and writes their answers.
 * @param context what resolvers run with; its decisions are checked by each root field's own resolver
 * @param variables coerced
 */
export async function runCompiled(
  { roots }: CompiledOperation,
  context: unknown,
  variables: Readonly<Record<string, unknown>>,
): Promise<CompiledOutcome> {
  const asked = askAll(roots, context);
  const draft = new Draft(new OperationRun(variables));
  let failure: { readonly error: unknown } | undefined;
  for (let index = 0; index < roots.length; index += 1) {
    const root = roots[index] as CompiledRoot;
    let answer: unknown;
    try {
      answer = await asked[index];
    } catch (error) {
      failure = { error };
      break;
    }
    draft.write(() => {
      writeBytes(root.prefix);
      root.write(answer, draft);
      if (index === roots.length - 1) writeBytes(closeBrace);
    });
    if (draft.run.isOdd) break;
  }
  const [only] = roots;
  const result = failure && only && roots.length === 1 ? failedResult(only, failure.error) : undefined;
  if (result !== undefined) return { result };
  // Gaps can still make the run odd, so they are filled before it is judged.
  const filled = draft.filled();
  if (filled !== undefined) await filled;
  const isWhole = failure === undefined && !draft.run.isOdd;
  return isWhole ? { data: draft.chunks() } : { held: heldAnswers(roots, asked) };
}

const closeBrace = Buffer.from('}');

/** Together, as fields of a query may be; they are written in the order of the selection. */
function askAll(roots: readonly CompiledRoot[], context: unknown): readonly (Promise<unknown> | undefined)[] {
  const asked = roots.map((root) => ask(root, context));
  // Whether one fails is looked at in its turn, which for a single one is now.
  if (asked.length > 1) for (const answer of asked) answer?.catch(ignore);
  return asked;
}

const ignore = (): void => {};

/** Of all that a resolver is given about a field, the gateway's own use these. */
function ask({ field, key, name }: CompiledRoot, context: unknown): Promise<unknown> | undefined {
  if (field?.resolve === undefined) return undefined;
  const info = { fieldName: name, path: { prev: undefined, key, typename: undefined } };
  let asked: Promise<unknown>;
  try {
    asked = Promise.resolve(field.resolve(undefined, {}, context, info as unknown as GraphQLResolveInfo));
  } catch (error) {
    asked = Promise.reject(error);
  }
  return asked;
}

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
