import {
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
} from 'graphql';
import type { GraphQLParams } from 'graphql-yoga';
import type { CallContext, Caller, RootDecision } from '../../plugins/call-context.ts';
import { type MaybePromise, whenKnown } from '../../plugins/maybe-promise.ts';
import type { Decision } from '../../plugins/noetl-auth/access/decision.ts';
import type { Permission } from '../../plugins/noetl-auth/access/permission.ts';
import { type DecisionOptions, decideCall, type OperationCall } from '../../plugins/noetl-auth/decide-call.ts';
import { decideTraced, type OperationDecision } from '../../plugins/noetl-auth/decide-operation.ts';
import { decidedOperation } from '../../plugins/noetl-auth/decided-operation.ts';
import { judgeOn, judgeOnExecutionsOf } from '../../plugins/noetl-auth/questions.ts';
import type { OperationToRun } from '../../plugins/noetl-auth/selected-root-fields.ts';
import type { CompiledOperation } from '../operations/compiled/compile-operation.ts';
import type { WrittenJson } from '../operations/compiled/draft.ts';
import { runCompiled } from '../operations/compiled/run-operation.ts';
import type { CompiledOperations } from './compiled-cache.ts';
import type { StockExecutor } from './compiled-operations.ts';
import type { KnownDocuments } from './known-documents.ts';
import type { OperationOutcome } from './request-params.ts';
import { isUsual } from './run-operation.ts';

export interface PlainRunOptions {
  /** The schema on which Yoga runs operations. */
  readonly schema: GraphQLSchema;
  readonly documents: KnownDocuments;
  readonly operations: CompiledOperations;
  readonly stock: StockExecutor;
  readonly deciding: DecisionOptions;
  readonly maskError: (error: unknown) => GraphQLError;
}

/** A request of a caller with a session, whose parameters were read. */
export interface PlainRequest {
  readonly params: GraphQLParams;
  readonly caller: Caller;
  readonly requestId: string;
  /** The request as plugins would see it. */
  readonly request: () => Request;
}

/** The data as JSON; or what Envelop's hooks would have left to render. */
export type PlainOutcome = { readonly data: WrittenJson } | OperationOutcome;

/** @returns undefined when nothing was run: Envelop's hooks have to see the operation */
export type RunPlain = (asked: PlainRequest) => Promise<PlainOutcome> | undefined;

/**
 * Runs an operation that was compiled, of a document that was validated before, where the gateway's own plugins are the only
 * ones: what their hooks do for such an operation, in their order, without Envelop's chain around each. Every root field is
 * decided before any of them runs, and each resolver checks its own decision as always.
 */
export function createPlainRun(options: PlainRunOptions): RunPlain {
  const { schema, documents, operations } = options;
  return (asked) => {
    const { params } = asked;
    const document = isUsual(params) ? documents.of(params.query) : undefined;
    const definition = document && getOperationAST(document, params.operationName);
    const compiled = document && definition ? operations(schema, document, definition) : undefined;
    // Until an operation has run with hooks there is no executor to leave surprises to.
    if (document === undefined || compiled === undefined || options.stock.execute === undefined) return undefined;
    const { variables: variableValues, operationName } = params;
    return run(compiled, { schema, document, variableValues, operationName }, asked, options);
  };
}

/** Never rejects. By `then` and not by `await`: what can be known at once costs no function that waits. */
function run(
  compiled: CompiledOperation,
  operation: OperationToRun,
  asked: PlainRequest,
  options: PlainRunOptions,
): Promise<PlainOutcome> {
  const runDecided = (decided: OperationDecision): Promise<PlainOutcome> => {
    if ('refused' in decided) {
      const { refused: errors, data } = decided;
      return Promise.resolve({ result: data === undefined ? { errors } : { errors, data } });
    }
    const contextValue = new PlainContext(asked, decided.decisions, options.deciding);
    const held = (rootValue: unknown) => runHeld({ ...operation, contextValue, rootValue } as ExecutionArgs, options);
    // Undefined where arguments could not be coerced: the stock executor words that.
    const about = decidedOperation(contextValue, operation);
    if (about === undefined) return held(undefined);
    return runCompiled(compiled, contextValue, about.variables).then((outcome) => {
      if ('data' in outcome) return outcome;
      return 'result' in outcome ? { result: masked(outcome.result, options) } : held(outcome.held);
    });
  };
  try {
    return whenKnown(decideTraced(operation, asked, options.deciding), runDecided).catch(failed);
  } catch (error) {
    return Promise.resolve(failed(error));
  }
}

const failed = (error: unknown): PlainOutcome => ({ error });

/** By the stock executor, which asks for nothing that is held already. */
async function runHeld(args: ExecutionArgs, options: PlainRunOptions): Promise<PlainOutcome> {
  return { result: masked((await options.stock.execute?.(args)) as ExecutionResult, options) };
}

/** As the plugin that masks errors does with a result of the executor. */
function masked(result: ExecutionResult, { maskError }: PlainRunOptions): ExecutionResult {
  return result.errors === undefined ? result : { ...result, errors: result.errors.map((error) => maskError(error)) };
}

/** What resolvers find on the context that hooks would have built. One object and no closures: it is made for every request. */
class PlainContext implements CallContext {
  readonly requestId: string;
  readonly caller: Caller;
  readonly decisions: CallContext['decisions'];
  readonly #deciding: DecisionOptions;
  readonly #requestOf: () => Request;
  #request: Request | undefined;

  constructor(asked: PlainRequest, decisions: CallContext['decisions'], deciding: DecisionOptions) {
    this.requestId = asked.requestId;
    this.caller = asked.caller;
    this.decisions = decisions;
    this.#deciding = deciding;
    this.#requestOf = asked.request;
  }

  async may(permission: Permission, path: string): Promise<boolean> {
    return (await judgeOn(this, this.#deciding.checker, permission, path)).allowed;
  }

  async mayOnExecution(permission: Permission, path: string): Promise<boolean> {
    return (await judgeOnExecutionsOf(this, this.#deciding.checker, permission, path)).allowed;
  }

  judgeOnExecution(permission: Permission, path: string): MaybePromise<Decision> {
    return judgeOnExecutionsOf(this, this.#deciding.checker, permission, path);
  }

  header(name: string): string | undefined {
    this.#request ??= this.#requestOf();
    return this.#request.headers.get(name) ?? undefined;
  }

  decide(call: OperationCall): Promise<RootDecision> {
    return decideCall(call, this, this.#deciding);
  }
}
