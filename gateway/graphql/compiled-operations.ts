import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  type Token,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import { parseJson, textOfBytes } from '../../plugins/json/lossless-json.ts';
import { guardedResolver } from '../../plugins/noetl-auth/guard-root-resolvers.ts';
import { type CompiledOperation, compileOperation, runCompiled } from '../operations/compiled-operation.ts';
import { asksNoetl } from '../operations/executable-schema.ts';
import type { WrittenJson } from '../operations/written-json.ts';

/** Parsed documents and errors of parsing, by the text of the query. */
interface DocumentCaches {
  readonly documentCache: LRUCache<string, DocumentNode>;
  readonly errorCache: LRUCache<string, Error>;
}

/** Estimates: a token with the nodes that are made of it, and an error with its stack. */
const bytesOfToken = 512;
const bytesOfError = 4 * 1024;
/** An hour: operations of an app that is gone leave. */
const keptMs = 3_600_000;
/** How late an entry may leave, milliseconds: a cache sets a timer each time that it asks for the time anew. */
const lateMs = 1_000;
/** For how long what is made of operations is kept. */
const keptFor = { ttl: keptMs, ttlResolution: lateMs } as const;

/**
 * Caches with a bound in bytes: 16 MiB of documents, 1 MiB of errors. A document above 256 KiB, which is about 500 tokens,
 * is parsed again each time. Without the bound a user could fill the heap with documents that differ in a comment.
 */
export function createDocumentCaches(): DocumentCaches {
  return {
    documentCache: new LRUCache<string, DocumentNode>({
      max: 1_024,
      ...keptFor,
      maxSize: 16 * 1024 * 1024,
      maxEntrySize: 256 * 1024,
      sizeCalculation: (document, text) => 2 * text.length + bytesOfToken * (1 + tokensOf(document, text.length)),
    }),
    errorCache: new LRUCache<string, Error>({
      max: 1_024,
      ...keptFor,
      maxSize: 1024 * 1024,
      maxEntrySize: 16 * 1024,
      sizeCalculation: (_error, text) => 4 * text.length + bytesOfError,
    }),
  };
}

/** Of a document whose text is not known. */
const assumedBytes = 64 * 1024;

/** About how many bytes a parsed document takes. */
function bytesOfDocument(document: DocumentNode): number {
  if (document.loc === undefined) return assumedBytes;
  const { length } = document.loc.source.body;
  return 2 * length + bytesOfToken * (1 + tokensOf(document, length));
}

/** Comments are in the list of tokens as well. Without locations every second character may be a token. */
function tokensOf({ loc }: DocumentNode, length: number): number {
  if (loc === undefined) return length / 2;
  let count = 0;
  for (let token: Token | null = loc.startToken; token !== null; token = token.next) count += 1;
  return count;
}

/** @returns undefined for an operation that is left to the stock executor */
type CompiledOperations = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
) => CompiledOperation | undefined;

interface Entry {
  readonly schema: GraphQLSchema;
  readonly compiled: CompiledOperation | undefined;
}

/** Estimate: the functions that write a field, with what they hold, in bytes. */
const bytesOfField = 1024;

/**
 * Compiles each operation once. The operations that are kept have a bound in bytes, 16 MiB with the documents that they
 * hold; one above 512 KiB is compiled again each time.
 */
function createCompiledOperations(): CompiledOperations {
  const kept = new LRUCache<OperationDefinitionNode, Entry, DocumentNode>({
    max: 1_024,
    ...keptFor,
    maxSize: 16 * 1024 * 1024,
    maxEntrySize: 512 * 1024,
  });
  return (schema, document, operation) => {
    const known = kept.get(operation);
    // An operation is kept with the schema it was compiled for; there is one schema for the life of a process.
    if (known !== undefined && known.schema === schema) return known.compiled;
    const compiled = compileOperation({ schema, document, operation }, isOwn);
    const size = bytesOfDocument(document) + bytesOfField * (1 + (compiled?.fieldCount ?? 0));
    kept.set(operation, { schema, compiled }, { size });
    return compiled;
  };
}

/** A plugin may wrap resolvers; only the gateway's own do not look at the whole of what the executor gives them. */
const isOwn: Parameters<typeof compileOperation>[1] = ({ resolve }) => asksNoetl(guardedResolver(resolve));

type Execute = (args: ExecutionArgs) => unknown;

/** The text of written results. */
const written = new WeakMap<object, () => WrittenJson | undefined>();

/**
 * A result's data as JSON.
 * @returns undefined: it was not written, or a plugin has looked at the data and may have changed it
 */
export const writtenDataOf = (result: object): WrittenJson | undefined => written.get(result)?.();

/**
 * Answers plain operations by what was compiled of them, and leaves all others, and all that does not fit its types, to the
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
  const operation = isCompilable(args) ? getOperationAST(args.document, args.operationName) : undefined;
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
const isCompilable = ({ rootValue, fieldResolver, typeResolver, ...rest }: ExecutionArgs): boolean =>
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
