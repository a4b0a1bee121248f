import { useGenericAuth } from '@envelop/generic-auth';
import {
  type ASTVisitor,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type ValidationContext,
} from 'graphql';
import type { Plugin, YogaInitialContext } from 'graphql-yoga';
import type { CallContext, Caller, RootDecision } from '../call-context.ts';
import { GatewayError } from '../errors.ts';
import type { GuessBudget, Sessions } from '../ports.ts';
import type { AccessRule } from './access/access-rule.ts';
import { createAuthenticator, refusalResponse } from './authenticator.ts';
import {
  type DecisionOptions,
  decideCall,
  type FieldRule,
  type OperationCall,
  type OperationCaller,
} from './decide-call.ts';
import { decideTraced } from './decide-operation.ts';
import { questionsOf, renewCall } from './questions.ts';

/** Access rules by root type and field, in the form of a resolver map. A field without a rule is denied. */
export interface RootRules {
  readonly Query?: Readonly<Record<string, AccessRule>>;
  readonly Mutation?: Readonly<Record<string, AccessRule>>;
}

export interface NoetlAuthOptions
  extends Pick<DecisionOptions, 'checker' | 'trace'>,
    Partial<Pick<DecisionOptions, 'clock' | 'executionPath' | 'observe' | 'resolvers' | 'unbrokenRun'>> {
  /** Finds the session of a token. @see Sessions */
  readonly sessions: Pick<Sessions, 'lookup'>;
  /** Who may call which root field. */
  readonly rules: RootRules | ReadonlyMap<string, FieldRule>;
  /** Whether callers with a session may ask for the schema. Default: false. */
  readonly introspection?: boolean;
  /**
   * Whether the cookie `session_token` opens a session, beside the headers. Default: false. Browsers send cookies unasked, so
   * the server must then check the origin of every request itself.
   */
  readonly cookies?: boolean;
}

/** Who sent a request. Without a caller nothing of it is parsed. */
export interface CallerRecord {
  /** Set once, by the first that authenticates the request: this plugin, or the HTTP side before it. */
  caller?: Caller;
}

/** Members of the server's context that this plugin uses where the server has them. */
export interface AuthServerContext {
  readonly requestId?: string;
  readonly guesses?: GuessBudget;
  /** For a server that authenticates before the plugin. Yoga copies the context, but not the record. */
  readonly record?: CallerRecord;
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

/** The longest run of letters and digits in an argument, where the server sets none. @see ArgumentLimits */
const usualUnbrokenRun = 4_000;

/**
 * A plugin for graphql-yoga, and for servers that are built on it, such as Hive Gateway. It authenticates every request before
 * it is parsed, and decides every root field of an operation before any of them runs. A request without a valid session is
 * answered with 401, one whose session cannot be checked with 503. Only a GET without parameters passes without a session,
 * since it can run nothing.
 *
 * It throws errors of the gateway, which {@link useErrorRendering} renders; set `maskedErrors: false` beside it.
 * @throws ERR_CONFIG_INVALID when a query and a mutation have the same name
 */
export function useNoetlAuth(options: NoetlAuthOptions): Plugin<object, AuthServerContext> {
  const deciding: Deciding = {
    observe: () => {},
    unbrokenRun: usualUnbrokenRun,
    executionPath: async () => undefined,
    ...options,
    rules: rulesByField(options.rules),
  };
  const callers = createCallers(deciding, options.cookies === true);
  const before = (hook: BeforeRunning) => decideBefore(hook, deciding);
  return {
    async onRequest({ request, endResponse, fetchAPI, serverContext }) {
      const refusal = await callers.authenticate(request, serverContext ?? {});
      if (refusal !== undefined) endResponse(refusalResponse(refusal.error, fetchAPI.Response));
    },
    onPluginInit({ addPlugin }) {
      // generic-auth resolves the user only; what may run is decided below (ADR 0006).
      const resolveUser: object = useGenericAuth<Caller, YogaInitialContext & AuthServerContext, 'caller'>({
        mode: 'resolve-only',
        contextFieldName: 'caller',
        resolveUserFn: (context) => callers.of(context) ?? null,
      });
      const extendContext: Plugin<AuthContext> = {
        onContextBuilding: ({ context, extendContext }) =>
          extendContext({
            ...questionsOf(context, options.checker),
            header: (name: string) => context.request?.headers.get(name) ?? undefined,
            decide: (call: OperationCall) => decideFor(context, call, deciding),
          }),
      };
      addPlugin(resolveUser);
      addPlugin(extendContext as object);
    },
    onParse({ context }) {
      // However a document got here: without a session it is not even parsed.
      if (callers.of(context as AuthInput) === undefined) throw tokenMissing();
    },
    ...(options.introspection === true ? {} : { onValidate: forbidIntrospection }),
    onExecute: before as NonNullable<Plugin['onExecute']>,
    onSubscribe: ((hook: BeforeRunning) => {
      // A subscription outlives its decision: each event asks again.
      hook.extendContext({ renew: renewCall(callerIn(hook.args.contextValue as Asking), deciding) });
      return before(hook);
    }) as NonNullable<Plugin['onSubscribe']>,
  };
}

type Deciding = DecisionOptions & Pick<NoetlAuthOptions, 'sessions'>;

/** What there is of a request before its context is built. */
type AuthInput = AuthServerContext & { readonly request?: Request };

/** The callers of requests: in the record of a server that has one, else by the request. */
function createCallers({ sessions, observe }: Deciding, cookies: boolean) {
  const known = new WeakMap<Request, Caller>();
  const authenticate = createAuthenticator({ sessions, observe, cookies });
  const of = ({ record, request }: AuthInput): Caller | undefined =>
    record === undefined ? request && known.get(request) : record.caller;
  return {
    of,
    /** @returns the error with which the request is refused; undefined when it has a caller, or can run nothing */
    async authenticate(request: Request, { record, guesses }: AuthServerContext) {
      if (record?.caller !== undefined || canRunNothing(request)) return undefined;
      try {
        const found = await authenticate((name) => request.headers.get(name), guesses);
        if ('refused' in found) return { error: found.refused };
        if (record === undefined) known.set(request, found.caller);
        else record.caller = found.caller;
        return undefined;
      } catch (error) {
        return { error: error as unknown };
      }
    },
  };
}

function rulesByField(rules: NoetlAuthOptions['rules']): ReadonlyMap<string, FieldRule> {
  if (rules instanceof Map) return rules;
  const { Query = {}, Mutation = {} } = rules as RootRules;
  const twice = Object.keys(Query).filter((name) => Object.hasOwn(Mutation, name));
  if (twice.length > 0) {
    throw new GatewayError('ERR_CONFIG_INVALID', `rules: ${twice.join(', ')} is a query and a mutation; rename one`);
  }
  const ofRoot = (root: FieldRule['root'], fields: Readonly<Record<string, AccessRule>>) =>
    Object.entries(fields).map(([name, access]) => [name, { root, access, allowTemplates: false }] as const);
  return new Map([...ofRoot('query', Query), ...ofRoot('mutation', Mutation)]);
}

/** A call of another operation, for the caller of the request. */
async function decideFor(context: Asking, call: OperationCall, options: DecisionOptions): Promise<RootDecision> {
  return decideCall(call, callerIn(context), options);
}

/** The context of an operation, which has a caller when the plugin has done its work. */
type Asking = Partial<Pick<AuthContext, 'caller' | 'requestId'>> & Pick<AuthInput, 'request'>;

/** @throws ERR_TOKEN_MISSING */
function callerIn(context: Asking): OperationCaller {
  const { caller, requestId } = context;
  if (!caller || requestId === undefined) throw tokenMissing();
  // Not before a rule asks: the request of an operation is made when it is looked at.
  return { caller, requestId, headers: () => context.request?.headers ?? [] };
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
  options: DecisionOptions,
) {
  const decided = await decideTraced(args, callerIn(args.contextValue as Asking), options);
  if ('decisions' in decided) return extendContext({ decisions: decided.decisions });
  const { refused: errors, data } = decided;
  setResultAndStopExecution(data === undefined ? { errors } : { errors, data });
}

const metaFields = new Set(['__schema', '__type']);

/** A validation rule that refuses `__schema` and `__type` at any depth. `__typename` passes. */
export function noIntrospectionRule(context: ValidationContext): ASTVisitor {
  return {
    Field(node) {
      if (!metaFields.has(node.name.value)) return;
      const extensions = { code: 'ERR_ACCESS_DENIED' };
      context.reportError(new GraphQLError('introspection is switched off', { nodes: node, extensions }));
    },
  };
}
