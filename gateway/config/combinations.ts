import {
  isInClear,
  isLoopback,
  isMemoryStore,
  keepsSessionsInMemory,
  memoryProblem,
  namespaceOf,
  portOf,
  prefixProblem,
  sharedStoreForms,
  splitStoreUrl,
} from './addresses.ts';
import { type AnyGatewayRow, type AnyRow, isGatewayRow } from './gateway-config.ts';
import type { Resolved } from './schema/fields.ts';
import type { sections } from './schema/sections.ts';

const dayMs = 24 * 3_600_000;
const longestDays = 30;

/**
 * When shadow mode ends: the end of a day (`2030-01-31`, UTC) or a moment (`2030-01-31T12:00:00Z`), milliseconds.
 * @returns undefined when the text is neither
 */
export function parseShadowUntil(text = ''): number | undefined {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    const day = Date.parse(`${text}T00:00:00Z`);
    return Number.isNaN(day) ? undefined : day + dayMs;
  }
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z$/.test(text)) return undefined;
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? undefined : moment;
}

/**
 * In shadow mode nothing is refused, so a caller who can write a token is let in as any user when NoETL does not verify it. In
 * production it needs an end, which is near.
 * @returns what is wrong; undefined when nothing is
 */
export function shadowProblem(text: string | undefined, nowMs: number): string | undefined {
  if (text === undefined)
    return `is required with shadow mode: a date at most ${longestDays} days ahead, for example 2030-01-31`;
  const until = parseShadowUntil(text);
  if (until === undefined) return 'must be a date (2030-01-31) or a moment in UTC (2030-01-31T12:00:00Z)';
  if (until <= nowMs) return 'is over: set GATEWAY_JWT_MODE=enforce, or choose a later date';
  return until - nowMs > (longestDays + 1) * dayMs ? `must be at most ${longestDays} days ahead` : undefined;
}

type Sections = Resolved<typeof sections>;

/** The input of a rule beside the values. */
export interface RuleContext {
  /** `unknown`: files are generated, and where they will be used is not known. */
  readonly mode: 'production' | 'development' | 'unknown';
  readonly roles: readonly string[];
}

/** Values that are valid each and cannot work together. */
interface Combination {
  /** The fields that it reads: where one of them has no usable value the rule is left out. The first is the place. */
  readonly reads: readonly [string, ...string[]];
  /** The place, where the rule also reads a field that only the environment may have. */
  readonly at?: string;
  /** The problem and its fix; undefined without a problem. */
  readonly problem: (config: Sections, context: RuleContext) => string | undefined;
}

/** All rules about several values. A field's own bounds are in its schema (ADR 0014). */
export const combinations: readonly Combination[] = [
  {
    reads: ['limits.byRole'],
    problem: ({ limits }, { roles }) => unknownRoles(Object.keys(limits.byRole), roles),
  },
  {
    reads: ['executions.errors'],
    problem: ({ executions: { errors } }, { roles }) => unknownRoles(fullReaders(errors), roles),
  },
  {
    reads: ['results'],
    problem: ({ results }, { roles }) =>
      unknownRoles(
        Object.values(results).flatMap(({ errors }) => fullReaders(errors)),
        roles,
      ),
  },
  {
    reads: ['console.roles'],
    // The default names a role that a config need not have.
    problem: ({ console: { roles: named } }, { roles }) =>
      named.join() === 'admin' ? undefined : unknownRoles(named, roles),
  },
  {
    // Browsers refuse the pair (Fetch Standard, CORS protocol).
    reads: ['listen.corsAllowedOrigins', 'listen.corsAllowCredentials'],
    problem: ({ listen }) =>
      listen.corsAllowCredentials && listen.corsAllowedOrigins.includes('*')
        ? '* and credentials exclude each other'
        : undefined,
  },
  {
    reads: ['listen.internalPort', 'listen.port'],
    problem: ({ listen }) =>
      listen.port === listen.internalPort && listen.port !== 0
        ? 'must differ from listen.port, or callbacks and metrics are public'
        : undefined,
  },
  {
    reads: ['events.callbacks', 'listen.publicUrl'],
    problem: ({ events, listen }) =>
      events.callbacks === 'public' && listen.publicUrl === undefined
        ? 'public needs listen.publicUrl: playbooks are given it as the address of their callbacks'
        : undefined,
  },
  {
    reads: ['listen.publicUrl'],
    problem: ({ listen: { publicUrl } }, { mode }) =>
      mode === 'production' && publicUrl !== undefined && isInClear(new URL(publicUrl))
        ? 'must be https: over http everyone on the way reads the session tokens. For this machine alone, http://localhost is accepted'
        : undefined,
  },
  {
    reads: ['upstream.baseUrl', 'listen.publicUrl', 'listen.internalUrl', 'listen.port', 'listen.internalPort'],
    problem: ({ upstream, listen }) =>
      isAt(upstream.baseUrl, listen.publicUrl, listen.port) ||
      isAt(upstream.baseUrl, listen.internalUrl, listen.internalPort)
        ? 'is the address of the gateway itself: set it to the address of NoETL'
        : undefined,
  },
  {
    reads: ['listen.internalUrl', 'listen.publicUrl', 'listen.port', 'events.callbacks'],
    problem: ({ listen, events }) =>
      events.callbacks === 'internal' && isAt(new URL(listen.internalUrl), listen.publicUrl, listen.port)
        ? 'is the public listener, which takes no callbacks: set it to the address of the internal one (GATEWAY_INTERNAL_PORT)'
        : undefined,
  },
  {
    // In shadow mode NoETL decides on unverified tokens; a local login would have no other party to do so.
    reads: ['auth.jwtMode', 'auth.login'],
    problem: ({ auth }) =>
      auth.jwtMode === 'shadow' && auth.login.kind === 'local'
        ? "shadow needs a login backend that decides; auth.login is { kind: 'local' }"
        : undefined,
  },
  {
    reads: ['auth.jwtShadowUntil', 'auth.jwtMode'],
    problem: ({ auth }, { mode }) =>
      auth.jwtMode === 'shadow' && mode === 'production' ? shadowProblem(auth.jwtShadowUntil, Date.now()) : undefined,
  },
  {
    reads: ['sessions.key'],
    problem: ({ sessions }) =>
      sessions.key.length > 2 ? 'must be one key, or two while they are exchanged' : undefined,
  },
  {
    at: 'sessions.key',
    reads: ['sessions.store'],
    problem: ({ sessions: { store, key = [] }, adapters }, { mode }) =>
      mode === 'production' && key.length === 0 && !isMemoryStore(store) && adapters.sessionStore === undefined
        ? 'is required with a shared store: openssl rand -base64 32, in a Secret'
        : undefined,
  },
  {
    reads: ['sessions.store', 'sessions.acceptMemory'],
    problem: (sections, { mode }) =>
      mode === 'production' && sections.sessions.acceptMemory === false && keepsSessionsInMemory(sections)
        ? memoryProblem
        : undefined,
  },
  {
    // The prefix is a part of every key, of channels and of subjects.
    reads: ['sessions.store'],
    problem: ({ sessions }) => prefixProblem(splitStoreUrl(sessions.store).prefix),
  },
  {
    reads: ['auth.login', 'adapters.login'],
    problem: ({ auth, adapters }) =>
      adapters.login !== undefined && auth.login.kind !== 'custom'
        ? "adapters.login makes the sessions: set { kind: 'custom' }, or remove one of the two"
        : undefined,
  },
  {
    reads: ['adapters.login', 'auth.login'],
    problem: ({ auth, adapters }) =>
      adapters.login === undefined && auth.login.kind === 'custom'
        ? "is required by auth.login { kind: 'custom' }"
        : undefined,
  },
  {
    reads: ['auth.validator'],
    problem: ({ auth }, { mode }) =>
      auth.validator.kind === 'static' && mode === 'production'
        ? "{ kind: 'static' } is for development; set NODE_ENV=development or choose another"
        : undefined,
  },
  {
    reads: ['deploy.replicas', 'sessions.store'],
    problem: ({ deploy, ...sections }, { mode }) =>
      (deploy.replicas ?? 1) > 1 && keepsSessionsInMemory(sections) && mode !== 'development'
        ? `${deploy.replicas} replicas need a session store that they share, and sessions.store is memory:. ${sharedStoreAdvice}`
        : undefined,
  },
  {
    reads: ['deploy.resources.memoryMib', 'deploy.resources.memoryLimitMib'],
    problem: ({ deploy: { resources } }) =>
      resources.memoryMib > resources.memoryLimitMib ? aboveLimit('deploy.resources.memoryLimitMib') : undefined,
  },
  {
    reads: ['deploy.resources.cpu', 'deploy.resources.cpuLimit'],
    problem: ({ deploy: { resources } }) =>
      coresOf(resources.cpu) > coresOf(resources.cpuLimit) ? aboveLimit('deploy.resources.cpuLimit') : undefined,
  },
  {
    reads: ['deploy.ingress.annotations'],
    problem({ deploy: { ingress } }) {
      const wrong = Object.keys(ingress.annotations).filter((name) => !annotationName.test(name));
      return wrong.length === 0 ? undefined : `${wrong.join(', ')}: not the name of an annotation`;
    },
  },
  {
    reads: ['deploy.noetlNamespace', 'upstream.baseUrl'],
    problem: ({ deploy, upstream }) => {
      const named = namespaceOf(upstream.baseUrl);
      return deploy.noetlNamespace === undefined || named === undefined || named === deploy.noetlNamespace
        ? undefined
        : `is ${deploy.noetlNamespace}, but the address of NoETL (upstream.baseUrl) names the namespace ${named}: leave one of the two out`;
    },
  },
];

/** Without a fallback the variable is required, so that the store cannot be forgotten. */
const sharedStoreAdvice = `Set GATEWAY_SESSION_STORE to ${sharedStoreForms}, with sessions: { store: env('GATEWAY_SESSION_STORE') } in gateway.config.ts, or set deploy.replicas to 1`;

/** Roles of logins that the config does not have, each with its place. What cannot be read is left out. */
export function roleProblems({ auth }: Sections, roles: readonly string[]): readonly (readonly [string, string])[] {
  const { login, validator, issuers } = auth ?? {};
  const named: (readonly [string, readonly string[]])[] = [];
  const add = (place: string, map?: Readonly<Record<string, readonly string[]>>, more: readonly string[] = []) => {
    named.push([place, [...Object.values(map ?? {}).flat(), ...more]]);
  };
  if (login?.kind === 'local') add('auth.login', login.roleMap, login.defaultRoles);
  if (validator?.kind === 'static')
    validator.users?.forEach((user, index) => {
      add(`auth.validator.users[${index}].roles`, {}, user?.roles);
    });
  issuers?.forEach((entry, index) => {
    add(`auth.issuers[${index}].roles`, entry?.roles?.map, entry?.roles?.default);
    add(`auth.issuers[${index}].machines.roles`, entry?.machines?.roles);
  });
  return named.flatMap(([place, each]) => {
    const problem = unknownRoles(each, roles);
    return problem === undefined ? [] : [[place, problem] as const];
  });
}

const fullReaders = (errors: Sections['executions']['errors'] | undefined): readonly string[] =>
  typeof errors === 'object' ? errors.full : [];

function unknownRoles(named: readonly string[] = [], roles: readonly string[]): string | undefined {
  const unknown = [...new Set(named)].filter((role) => !roles.includes(role));
  return unknown.length === 0 ? undefined : `${unknown.join(', ')}: unknown role; roles are ${roles.join(', ')}`;
}

/** Whether a URL leads to one of the gateway's listeners: by its address, or by its port on this machine. */
const isAt = (url: URL, address: string | undefined, port: number): boolean =>
  (address !== undefined && new URL(address).host === url.host) || (isLoopback(url) && portOf(url) === port);

/** `250m` are 0.25 cores. */
const coresOf = (amount: string): number =>
  amount.endsWith('m') ? Number.parseInt(amount, 10) / 1_000 : Number(amount);

const aboveLimit = (limit: string): string => `is more than ${limit}, which Kubernetes refuses`;

const annotationName = /^(?:[a-z0-9.-]{1,253}\/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/;

function gatewayRowProblems(field: string, row: AnyGatewayRow): string[] {
  const [needed, given] = row.gateway === 'subscription' ? ['watch', row.watch] : ['resolve', row.resolve];
  const isMissing = given === undefined;
  return isMissing ? [`operations.${field}.${needed}: is required in a row of the kind ${row.gateway}`] : [];
}

/** Problems of a row that is valid by its schema, one line each. */
export function rowProblems(field: string, row: AnyRow): string[] {
  if (isGatewayRow(row)) return gatewayRowProblems(field, row);
  const isQuery = row.type === 'query' || (row.type === undefined && row.upstream.startsWith('GET '));
  return (row.cacheTtlMs ?? 0) > 0 && !isQuery
    ? [
        `operations.${field}.cacheTtlMs: the answer of a mutation cannot be used again; remove it, or set type: 'query' when the operation only reads`,
      ]
    : [];
}
