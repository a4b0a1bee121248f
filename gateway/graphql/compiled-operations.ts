import { type ExecutionArgs, type ExecutionResult, getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { parseJson } from '../../plugins/json/lossless-json.ts';
import type { WrittenJson } from '../operations/compiled/draft.ts';
import { runCompiled } from '../operations/compiled/run-operation.ts';
import { textOfBytes } from '../text-of-bytes.ts';
import { type CompiledOperations, createCompiledOperations } from './compiled-cache.ts';

type Execute = (args: ExecutionArgs) => unknown;

/** The text of written results. */
const written = new WeakMap<object, () => WrittenJson | undefined>();

/**
 * A result's data as JSON.
 * @returns undefined: it was not written, or a plugin has looked at the data and may have changed it
 */
export const writtenDataOf = (result: object): WrittenJson | undefined => written.get(result)?.();

/**
 * Answers plain operations by what was compiled of them, and leaves all others, and all that comes out unusual, to the
 * executor that is there. A plugin that sets another executor later takes the place of this one.
 */
export function useCompiledOperations(operations: CompiledOperations = createCompiledOperations()): Plugin {
  // One function for each executor, and not one for each request.
  const made = new WeakMap<Execute, Execute>();
  return {
    onExecute({ executeFn, setExecuteFn }) {
      const stock = executeFn as Execute;
      const execute = made.get(stock) ?? ((args: ExecutionArgs) => executeCompiled(args, stock, operations));
      made.set(stock, execute);
      setExecuteFn(execute);
    },
  };
}

function executeCompiled(args: ExecutionArgs, stock: Execute, operations: CompiledOperations): unknown {
  const operation = isUsual(args) ? getOperationAST(args.document, args.operationName) : undefined;
  if (!operation) return stock(args);
  const compiled = operations(args.schema, args.document, operation);
  if (compiled === undefined) return stock(args);
  return runCompiled(compiled, { ...args, operation }).then((outcome) => {
    if ('data' in outcome) return writtenResult(outcome.data);
    // The stock executor completes the answers, and asks nothing again (ADR 0026).
    return 'result' in outcome ? outcome.result : stock({ ...args, rootValue: outcome.answers });
  });
}

/** Arguments of the executor that a compiled operation knows. */
const isUsual = ({ rootValue, fieldResolver, typeResolver, ...rest }: ExecutionArgs): boolean =>
  rootValue === undefined && fieldResolver === undefined && typeResolver === undefined && !('signal' in rest);

type Data = NonNullable<ExecutionResult['data']> | null;

/** A result whose data is made of what was written only when it is looked at. */
function writtenResult(json: WrittenJson): ExecutionResult {
  let data: Data = null;
  let isRead = false;
  const result = {
    get data(): Data {
      if (!isRead) data = parseJson('text' in json ? json.text : textOfBytes(json.pieces)) as Data;
      isRead = true;
      return data;
    },
    set data(value: Data) {
      isRead = true;
      data = value;
    },
  };
  written.set(result, () => (isRead ? undefined : json));
  return result;
}
