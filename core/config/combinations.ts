import { namespaceOf } from './derived-values.ts';
import type { AnyGatewayRow, AnyRow } from './operation-row.ts';
import { isGatewayRow } from './operation-row.ts';
import type { sections } from './schema/gateway.ts';
import type { Resolved } from './schema/node.ts';
import { keyProblem, memoryProblem, prefixProblem, splitStoreUrl } from './session-trust.ts';
import { shadowProblem } from './shadow-mode.ts';
import { isMemoryStore, keepsSessionsInMemory, sharedStoreForms } from './store-kinds.ts';

type Sections = Resolved<typeof sections>;

/** The input of a rule beside the values. */
export interface RuleContext {
  /** `unknown`: files are generated, and where they will be used is not known. */
  readonly mode: 'production' | 'development' | 'unknown';
  readonly roles: readonly string[];
  /** Whether the config itself has the value; false when only the environment of the process has it. */
  readonly isFixed: (place: string) => boolean;
}

/** Values that are valid each and cannot work together. */
interface Combination {
  /** The fields that it looks at: where one of them has no usable value the rule is left out. The first is the place. */
  readonly reads: readonly [string, ...string[]];
  /** The problem and its fix; undefined without a problem. */
  readonly problem: (config: Sections, context: RuleContext) => string | undefined;
}

/** All rules about several values. A field's own bounds are in its schema (ADR 0014). */
export const combinations: readonly Combination[] = [
  {
    reads: ['limits.byRole'],
    problem: ({ limits }, { roles }) => {
      const unknown = Object.keys(limits.byRole).filter((role) => !roles.includes(role));
      return unknown.length === 0 ? undefined : `${unknown.join(', ')}: unknown role; roles are ${roles.join(', ')}`;
    },
  },
  {
    reads: ['console.roles'],
    problem({ console: { roles: named } }, { roles }) {
      const unknown = named.filter((role) => !roles.includes(role));
      // The default names a role that a config need not have.
      if (unknown.length === 0 || named.join() === 'admin') return undefined;
      return `${unknown.join(', ')}: unknown role; roles are ${roles.join(', ')}`;
    },
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
    reads: ['sessions.key', 'sessions.store'],
    problem: ({ sessions, adapters }, { mode }) => {
      const isShared = !isMemoryStore(sessions.store) && adapters.sessionStore === undefined;
      return keyProblem(sessions.key, isShared && mode === 'production');
    },
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
    problem: ({ deploy, ...sections }, { mode, isFixed }) => {
      if (
        (deploy.replicas ?? 1) < 2 ||
        !keepsSessionsInMemory(sections) ||
        mode === 'development' ||
        !isFixed('sessions.store')
      )
        return undefined;
      return `${deploy.replicas} replicas need a session store that they share, and sessions.store is memory: — set GATEWAY_SESSION_STORE to ${sharedStoreForms}, or deploy.replicas to 1`;
    },
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
