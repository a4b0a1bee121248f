import type { ExecutionArgs, ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { parseJson } from '../../plugins/json/lossless-json.ts';
import { decidedOperation } from '../../plugins/noetl-auth/decided-operation.ts';
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
  const decided = isUsual(args) ? decidedOperation(args.contextValue, args) : undefined;
  const compiled = decided && operations(args.schema, args.document, decided.definition);
  if (decided === undefined || compiled === undefined) return stock(args);
  // What was asked is held; the stock executor completes it and asks nothing again (ADR 0018).
  return runCompiled(compiled, args.contextValue, decided.variables).then((outcome) => {
    if ('data' in outcome) return writtenResult(outcome.data);
    return 'result' in outcome ? outcome.result : stock({ ...args, rootValue: outcome.held });
  });
}

/** Arguments of the executor that a compiled operation knows. A root value is one that is held already. */
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
