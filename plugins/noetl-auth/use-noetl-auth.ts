import { useGenericAuth } from '@envelop/generic-auth';
import type { ExecutionArgs, ExecutionResult } from 'graphql';
import type { Plugin, YogaInitialContext } from 'graphql-yoga';
import type { CallContext, Caller, RootDecision } from '../call-context.ts';
import { GatewayError } from '../errors.ts';
import type { GuessBudget, Sessions } from '../ports.ts';
import { createAuthenticator } from './authenticator.ts';
import { type DecisionOptions, decideCall, type OperationCall } from './decide-call.ts';
import { decideTraced } from './decide-operation.ts';
import { noIntrospectionRule } from './no-introspection.ts';
import { questionsOf } from './questions.ts';
import { refusalResponse } from './refusal-response.ts';
import { renewCall } from './renew-call.ts';

export interface NoetlAuthOptions extends DecisionOptions {
  readonly sessions: Sessions;
  /** Whether callers with a session may ask for the schema. */
  readonly introspection: boolean;
}

/** Who sent a request. Without a caller nothing of it is parsed. */
export interface CallerRecord {
  /** Set once, by the first that authenticates the request: this plugin, or the HTTP side before it. */
  caller?: Caller;
}

/** Members of Yoga's context that this plugin needs. Yoga copies the context, but not the record. */
export interface AuthServerContext {
  readonly requestId?: string;
  readonly guesses?: GuessBudget;
  readonly record: CallerRecord;
}

/** Members that this plugin adds to the context of an operation. */
export type AuthContext = Pick<
  CallContext,
  'caller' | 'decide' | 'decisions' | 'renew' | 'header' | 'may' | 'mayOnExecution' | 'judgeOnExecution' | 'requestId'
>;

/** Envelop's hooks before an operation runs; queries, mutations and subscriptions alike. */
interface BeforeRunning {
  readonly args: Pick<ExecutionArgs, 'schema' | 'document' | 'operationName' | 'variableValues' | 'contextValue'>;
  readonly extendContext: (extension: Partial<Pick<AuthContext, 'decisions' | 'renew'>>) => void;
  readonly setResultAndStopExecution: (result: ExecutionResult) => void;
}

/**
 * Authenticates every request before it is parsed, and decides every root field of an operation before any of them runs.
 * A request without a valid session is answered with 401, one whose session cannot be checked with 503. Only a GET without
 * parameters passes without one, since it can run nothing.
 */
export function useNoetlAuth(options: NoetlAuthOptions): Plugin<AuthContext, AuthServerContext> {
  const authenticate = createAuthenticator(options);
  const before = (hook: BeforeRunning) => decideBefore(hook, options);
  return {
    async onRequest({ request, endResponse, fetchAPI, serverContext }) {
      const { record, guesses } = serverContext;
      // The HTTP side has authenticated the request, or there is nothing to protect.
      if (record.caller !== undefined || canRunNothing(request)) return;
      try {
        const found = await authenticate((name) => request.headers.get(name), guesses);
        if ('caller' in found) record.caller = found.caller;
        else endResponse(refusalResponse(found.refused, fetchAPI.Response));
      } catch (error) {
        endResponse(refusalResponse(error, fetchAPI.Response));
      }
    },
    onPluginInit({ addPlugin }) {
      // generic-auth resolves the user only; what may run is decided below (ADR 0006).
      const resolveUser: object = useGenericAuth<Caller, YogaInitialContext & Partial<AuthServerContext>, 'caller'>({
        mode: 'resolve-only',
        contextFieldName: 'caller',
        resolveUserFn: ({ record }) => record?.caller ?? null,
      });
      addPlugin(resolveUser);
      addPlugin({
        onContextBuilding: ({ context, extendContext }) =>
          extendContext({
            ...questionsOf(context, options.checker),
            header: (name: string) => context.request?.headers.get(name) ?? undefined,
            decide: (call: OperationCall) => decideFor(context, call, options),
          }),
      });
    },
    onParse({ context }) {
      // However a document got here: without a session it is not even parsed.
      const { record } = context as Partial<AuthServerContext>;
      if (record?.caller === undefined) throw tokenMissing();
    },
    ...(options.introspection ? {} : { onValidate: forbidIntrospection }),
    onExecute: before as NonNullable<Plugin<AuthContext>['onExecute']>,
    onSubscribe: ((hook: BeforeRunning) => {
      const { caller, requestId } = hook.args.contextValue as Partial<AuthContext>;
      if (!caller || requestId === undefined) throw tokenMissing();
      // A subscription outlives its decision: each event asks again.
      hook.extendContext({ renew: renewCall(caller, requestId, options) });
      return before(hook);
    }) as NonNullable<Plugin<AuthContext>['onSubscribe']>,
  };
}

/** A call of another operation, for the caller of the request. */
async function decideFor(
  { caller, requestId }: Partial<AuthContext>,
  call: OperationCall,
  options: NoetlAuthOptions,
): Promise<RootDecision> {
  if (!caller || requestId === undefined) throw tokenMissing();
  return decideCall(call, { caller, requestId }, options);
}

const forbidIntrospection: NonNullable<Plugin['onValidate']> = ({ addValidationRule }) =>
  addValidationRule(noIntrospectionRule);

const tokenMissing = () => new GatewayError('ERR_TOKEN_MISSING', 'a session token is required');

/**
 * GraphiQL's page, or an error of Yoga's: without parameters there is nothing to run. Preflights carry no session. Looks
 * at the text of the address, since readers of parameters disagree about what ends them.
 */
function canRunNothing({ method, url }: Request): boolean {
  return method === 'OPTIONS' || ((method === 'GET' || method === 'HEAD') && !url.includes('?'));
}

async function decideBefore(
  { args, extendContext, setResultAndStopExecution }: BeforeRunning,
  options: NoetlAuthOptions,
) {
  const { caller, requestId } = args.contextValue as Partial<AuthContext>;
  if (!caller || requestId === undefined) throw tokenMissing();
  const decided = await decideTraced(args, { caller, requestId }, options);
  if ('decisions' in decided) return extendContext({ decisions: decided.decisions });
  const { refused: errors, data } = decided;
  setResultAndStopExecution(data === undefined ? { errors } : { errors, data });
}
