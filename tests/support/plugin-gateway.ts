import { buildSchema, GraphQLScalarType, type GraphQLSchema } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { fieldRules, type RuledField } from '../../gateway/calls/root-fields.ts';
import { resolveConfig } from '../../gateway/config/resolve-config.ts';
import type { CallContext } from '../../plugins/call-context.ts';
import { useErrorRendering } from '../../plugins/error-rendering/use-error-rendering.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { createLocalAccessChecker } from '../../plugins/noetl-auth/access/access-checkers.ts';
import type { AccessRule } from '../../plugins/noetl-auth/access/access-rule.ts';
import { compileGrants } from '../../plugins/noetl-auth/access/decision.ts';
import type { Grant } from '../../plugins/noetl-auth/access/grant.ts';
import type { FieldRule } from '../../plugins/noetl-auth/decide-call.ts';
import type { ExecutionPath, Resolvers } from '../../plugins/noetl-auth/decide-field.ts';
import { guardRootResolvers } from '../../plugins/noetl-auth/guard-root-resolvers.ts';
import type { Session } from '../../plugins/noetl-auth/session/session.ts';
import { type AuthServerContext, useNoetlAuth } from '../../plugins/noetl-auth/use-noetl-auth.ts';
import type { GatewayEvent } from '../../plugins/observe.ts';
import type { AccessChecker, Sessions } from '../../plugins/ports.ts';
import { useQueryLimits } from '../../plugins/query-limits/use-query-limits.ts';

/** A resolver that ran: the field and the arguments it was given. Stands for a call upstream. */
export interface UpstreamTouch {
  readonly field: string;
  readonly args: Readonly<Record<string, unknown>>;
}

export const typeDefs = /* GraphQL */ `
  scalar JSON
  type Execution { id: ID! status: String result: JSON events(type: String): [Event] parent: Execution }
  type Event { id: ID! name: String execution: Execution }
  type Playbook { path: String! source: String }
  input Options { path: String, tags: [String!], depth: Int = 3 }
  type Query {
    execution(id: ID!): Execution
    playbook(path: String! = "data/default", version: Int): Playbook
    playbooks(options: Options): [Playbook!]
    workerPools: JSON
    dashboard: JSON!
    special(code: Int = 7, path: String): String
    stamped(at: String!): String
    unruled: String
    shut: String
  }
  type Mutation {
    executePlaybook(name: String!, variables: JSON): Execution
    cancelExecution(id: ID!, reason: String): Execution
    render(name: String!, template: JSON): Execution
  }
`;

/** Made by the same function as in production. */
export const rules: ReadonlyMap<string, FieldRule> = fieldRules(
  new Map(
    Object.entries({
      execution: field('query', { kind: 'execution', permission: 'view', argument: 'id' }),
      playbook: field('query', { kind: 'playbook', permission: 'view', argument: 'path' }, { catalogPaths: ['path'] }),
      playbooks: field('query', { kind: 'authenticated', rows: 'playbooks' }),
      workerPools: field('query', { kind: 'role', roles: ['admin'] }),
      dashboard: field('query', { kind: 'role', roles: ['admin'] }),
      special: field('query', { kind: 'custom', decide: ({ args }) => args['code'] === 7 }, { catalogPaths: ['path'] }),
      stamped: field('query', { kind: 'authenticated' }),
      shut: field('query', { kind: 'closed' }),
      ghost: field('query', { kind: 'authenticated' }),
      executePlaybook: field(
        'mutation',
        { kind: 'playbook', permission: 'execute', argument: 'name' },
        { catalogPaths: ['name'] },
      ),
      cancelExecution: field('mutation', { kind: 'execution', permission: 'execute', argument: 'id' }),
      render: field(
        'mutation',
        { kind: 'playbook', permission: 'execute', argument: 'name' },
        { catalogPaths: ['name'], allowTemplates: true },
      ),
    }),
  ),
);

function field(
  root: 'query' | 'mutation',
  access: AccessRule,
  { catalogPaths = [], allowTemplates = false }: { catalogPaths?: readonly string[]; allowTemplates?: boolean } = {},
): RuledField {
  return { root, row: { upstream: 'GET /x', access, allowTemplates }, plan: { catalogPaths: new Set(catalogPaths) } };
}

export const grant = (
  effect: 'allow' | 'deny',
  role: string,
  permissions: Grant['permissions'],
  ...patterns: string[]
): Grant => ({ effect, role, permissions, patterns, source: `gateway.config.ts:${role}` });

export const defaultGrants: readonly Grant[] = [
  grant('allow', 'admin', ['execute', 'view', 'edit', 'delete'], '*'),
  grant('allow', 'analyst', ['execute', 'view'], 'data/*'),
  grant('deny', 'analyst', ['execute', 'view', 'edit', 'delete'], 'data/secret/*'),
];

export const reserved = ['api_integration/auth0/auth0_login'];

/** Which playbook an execution belongs to. */
export const executions: ReadonlyMap<string, string> = new Map([
  ['1', 'data/report'],
  ['2', 'system/cleanup'],
  ['3', 'api_integration/auth0/auth0_login'],
]);

export function session(...roles: string[]): Session {
  return {
    user: { userId: '17', email: 'ana@example.com', displayName: 'Ana', roles },
    expiresAt: new Date('2099-01-01T00:00:00Z'),
    issuedAt: new Date('2024-01-01T00:00:00Z'),
  };
}

/** Tokens name the roles: `token-admin`, `token-analyst`. `token-broken` cannot be looked up. */
export const sessions: Sessions = {
  async lookup(token) {
    if (token === 'token-broken') throw new GatewayError('ERR_STORE', 'the session store does not answer');
    return token.startsWith('token-') ? session(...token.slice('token-'.length).split('+')) : undefined;
  },
  remember: async () => {},
  end: async () => {},
  endSessionsOf: async () => {},
  sessionsOf: async () => [],
  endOne: async () => false,
  claim: async () => true,
  endAllOf: async () => {},
};

export interface PluginGatewayOptions {
  readonly grants?: readonly Grant[];
  readonly rules?: ReadonlyMap<string, FieldRule>;
  readonly checker?: AccessChecker;
  readonly introspection?: boolean;
  readonly batching?: boolean;
  readonly sessions?: Sessions;
  /** Instead of the small one; its resolvers are not recorded. */
  readonly schema?: GraphQLSchema;
  readonly executionPath?: ExecutionPath;
  /** What a resolver answers; default: something of the field's type. */
  readonly answer?: (field: string, args: Readonly<Record<string, unknown>>, context: CallContext) => unknown;
  /** Default: `gateway`. */
  readonly resolvers?: Resolvers;
  readonly cookies?: boolean;
  /** Leave the plugin out, to see that the resolvers' guard holds alone. */
  readonly withoutAuth?: boolean;
  /** Leave the guard out, to see that the plugin holds alone. */
  readonly withoutGuard?: boolean;
}

/** The limits of a config without limits. */
const { limits } = resolveConfig(
  { operations: {}, roles: [], grants: [] },
  { GATEWAY_TRUSTED_ISSUERS: 'https://issuer.example.com', GATEWAY_AUDIENCES: 'app', NODE_ENV: 'development' },
).config;

type ServerContext = Pick<AuthServerContext, 'requestId' | 'record'>;

/** A Yoga built with the gateway's plugins on a small schema; `touched` holds every root resolver that ran. */
export function pluginGateway(options: PluginGatewayOptions = {}) {
  const touched: UpstreamTouch[] = [];
  const lookedUp: string[] = [];
  const events: GatewayEvent[] = [];
  const reports: { error: Error; requestId: string | undefined }[] = [];
  const schema = options.schema ?? recordingSchema(touched, options.answer ?? answerOf);
  const grants = compileGrants(options.grants ?? defaultGrants, reserved);
  const rendering = useErrorRendering({ report: (error, requestId) => reports.push({ error, requestId }) });
  const auth = useNoetlAuth({
    sessions: options.sessions ?? sessions,
    checker: options.checker ?? createLocalAccessChecker(grants),
    rules: options.rules ?? rules,
    executionPath: async (id, call) => {
      lookedUp.push(id);
      return options.executionPath ? options.executionPath(id, call) : executions.get(id);
    },
    introspection: options.introspection ?? true,
    unbrokenRun: limits.unbrokenRun,
    resolvers: options.resolvers ?? 'gateway',
    cookies: options.cookies ?? true,
    observe: (event) => events.push(event),
  });
  const yoga = createYoga<ServerContext>({
    schema: options.withoutGuard ? schema : guardRootResolvers(schema),
    plugins: [...(options.withoutAuth ? [] : [auth]), useQueryLimits(limits), rendering],
    maskedErrors: false,
    batching: options.batching ?? false,
    maxRequestBodySize: false,
    multipart: false,
    logging: false,
    landingPage: false,
  });
  /** As the HTTP side calls Yoga, with a record of the request. */
  const fetch = (url: string, init: RequestInit = {}, context: Partial<ServerContext> = {}) =>
    yoga.fetch(url, init, { record: {}, ...context });
  return { yoga: { fetch, getEnveloped: yoga.getEnveloped }, touched, lookedUp, events, reports };
}

function recordingSchema(touched: UpstreamTouch[], answer: NonNullable<PluginGatewayOptions['answer']>): GraphQLSchema {
  const schema = buildSchema(typeDefs);
  const json = schema.getType('JSON');
  if (json instanceof GraphQLScalarType) json.serialize = (value) => value;
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      field.resolve = (_source, args: Record<string, unknown>, context: CallContext) => {
        touched.push({ field: field.name, args });
        return answer(field.name, args, context);
      };
    }
  }
  return schema;
}

function answerOf(field: string, args: Readonly<Record<string, unknown>>): unknown {
  if (field === 'playbooks') return [{ path: 'data/report' }];
  if (field === 'playbook') return { path: args['path'] };
  if (field === 'special') return 'special';
  return { id: args['id'] ?? '1', status: 'RUNNING' };
}

export type PluginGateway = ReturnType<typeof pluginGateway>;

/** Posts an operation and reads the JSON answer. */
export async function post(
  gateway: PluginGateway,
  body: unknown,
  { token = 'token-analyst', headers = {} }: { token?: string | undefined; headers?: Record<string, string> } = {},
) {
  const response = await gateway.yoga.fetch(
    'http://gateway.example.com/graphql',
    {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    },
    { requestId: 'request-1' },
  );
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: text === '' ? undefined : JSON.parse(text) };
}

/** The codes of an answer's errors, in order. */
export const codes = (answer: { json: { errors?: { extensions?: { code?: string } }[] } }): (string | undefined)[] =>
  (answer.json.errors ?? []).map((error) => error.extensions?.code);
