import { type ExecutionResult, GraphQLError, type GraphQLResolveInfo, locatedError } from 'graphql';
import { GatewayError } from '../../../plugins/errors.ts';
import type { CompiledOperation, CompiledRoot } from './compile-operation.ts';
import { Draft, type OperationArgs, OperationRun, type WrittenJson } from './draft.ts';

/**
 * What became of a compiled operation: its data as JSON; or a whole result, when its only root field has failed; or
 * the answers of its root fields by response key, for graphql-js to complete.
 */
export type CompiledOutcome =
  | { readonly data: WrittenJson }
  | { readonly result: ExecutionResult }
  | { readonly answers: ReadonlyMap<string, Promise<unknown>> };

/**
 * Asks the root fields of a compiled operation, each once, and writes their answers.
 * @param args resolvers run with the context; each checks its own decision there
 */
export async function runCompiled({ roots }: CompiledOperation, args: OperationArgs): Promise<CompiledOutcome> {
  const asked = askAll(roots, args.contextValue);
  const draft = new Draft(new OperationRun(args));
  for (const [index, { prefix, write }] of roots.entries()) {
    let answer: unknown;
    try {
      answer = await asked[index];
    } catch (error) {
      const result = failedResult(roots, error);
      return result === undefined ? { answers: answersOf(roots, asked) } : { result };
    }
    draft.append(answer, write, prefix);
    if (draft.run.isOdd) break;
  }
  // Gaps can still make the run odd, so they are filled before it is judged.
  const filled = draft.filled();
  if (filled !== undefined) await filled;
  return draft.run.isOdd ? { answers: answersOf(roots, asked) } : { data: draft.json('}') };
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

/** As graphql-js words it. @returns undefined when that is more than one null and an error of the gateway's own */
function failedResult([root, ...others]: readonly CompiledRoot[], error: unknown): ExecutionResult | undefined {
  if (root === undefined || others.length > 0 || !root.isNullable || !(error instanceof GatewayError)) return undefined;
  // About arguments, which graphql-js coerces again.
  if (error.cause instanceof GraphQLError) return undefined;
  const data: Record<string, unknown> = Object.create(null);
  data[root.key] = null;
  return { errors: [locatedError(error, root.nodes, [root.key])], data };
}

function answersOf(roots: readonly CompiledRoot[], asked: readonly (Promise<unknown> | undefined)[]) {
  return new Map(
    roots.flatMap(({ key }, index) => {
      const answer = asked[index];
      return answer === undefined ? [] : [[key, answer] as const];
    }),
  );
}
