import * as v from 'valibot';
import type { Clock } from '../../../plugins/clock.ts';
import { defaultSecretNames } from '../../../plugins/noetl/hidden-values.ts';
import { hasTemplateMark } from '../../../plugins/noetl/template-mark.ts';
import type { Observe } from '../../../plugins/observe.ts';
import type { AccessChecker, SessionStore, SessionValidator, Upstream } from '../../../plugins/ports.ts';
import { isOrigin, isSessionKey, parseUpstreamUrl, sharedStoreForms, storeKindOf } from '../addresses.ts';
import type { LoginBackend } from '../login-ports.ts';
import { auth } from './auth.ts';
import {
  choice,
  code,
  either,
  flag,
  integer,
  list,
  named,
  parsed,
  plainSection,
  section,
  text,
  value,
} from './fields.ts';

/** An answer or a body becomes a text, and V8's texts end at 2^29 characters: half of that leaves room for its JSON. */
export const maxTextBytes = 2 ** 28;

/** The message of a field for an invalid address. */
export const httpUrl = 'must be an http or https URL without query or credentials';

const isHeaderToken = (token: string): boolean => /^[\x21-\x7e]{1,4096}$/.test(token);

/** How NoETL is called. */
export const upstream = section({
  baseUrl: parsed({
    env: 'NOETL_BASE_URL',
    default: 'http://noetl.noetl.svc.cluster.local:8082',
    doc: 'where NoETL is; the default names the namespace of `deploy.noetlNamespace`',
    parse: parseUpstreamUrl,
    must: httpUrl,
  }),
  token: text({
    env: 'NOETL_INTERNAL_API_TOKEN',
    secret: true,
    optional: true,
    default: '',
    doc: 'sent to NoETL as `Authorization: Bearer …` with every call; a Rust server with `NOETL_INTERNAL_AUTH_MODE=enforce` asks for it',
    accepts: isHeaderToken,
    must: 'must be visible ASCII characters without blanks, 4096 at most',
  }),
  timeoutSecs: integer({ env: 'NOETL_TIMEOUT_SECS', default: 30, min: 1, max: 3600, doc: 'one call to NoETL' }),
  maxResponseBytes: integer({
    default: 16 * 1024 * 1024,
    min: 1024,
    max: maxTextBytes,
    doc: 'one answer of NoETL; a larger one is `ERR_UPSTREAM`',
  }),
});

const port = { min: 0, max: 65_535 };

/**
 * The two listeners: the public one for callers, the internal one for callbacks, probes, metrics and the console (ADR
 * 0009).
 */
export const listen = section({
  bind: text({ env: 'GATEWAY_BIND', default: '0.0.0.0', doc: 'address of both listeners' }),
  // `GATEWAY_PORT` comes second: Kubernetes may have set it to something else.
  port: integer({ env: ['ROUTER_PORT', 'GATEWAY_PORT'], default: 8090, ...port, doc: 'public listener' }),
  internalPort: integer({
    env: 'GATEWAY_INTERNAL_PORT',
    default: 8091,
    ...port,
    doc: 'internal listener: callbacks, `/metrics`, `/ready`',
  }),
  publicUrl: text({
    env: 'GATEWAY_PUBLIC_URL',
    optional: true,
    doc: 'the URL of the gateway in browsers',
    accepts: (url) => parseUpstreamUrl(url) !== undefined,
    must: httpUrl,
  }),
  internalUrl: parsed({
    env: 'GATEWAY_INTERNAL_URL',
    default: 'http://noetl-gateway-internal.gateway.svc.cluster.local:8091',
    doc: 'the URL of the internal listener for playbooks',
    // It is part of workloads, and NoETL evaluates templates in those.
    parse: (url) => (parseUpstreamUrl(url) === undefined || hasTemplateMark(url) ? undefined : url.replace(/\/+$/, '')),
    must: httpUrl,
  }),
  trustedProxies: integer({
    env: 'GATEWAY_TRUSTED_PROXIES',
    default: 0,
    min: 0,
    max: 16,
    doc: 'number of proxies in front whose `X-Forwarded-For` is trusted',
  }),
  corsAllowedOrigins: list({
    env: 'CORS_ALLOWED_ORIGINS',
    default: [],
    doc: 'exact origins (`scheme://host[:port]`); `*` only without credentials',
    item: (origin) => (origin === '*' || isOrigin(origin) ? origin : undefined),
    must: 'is not an origin (scheme://host[:port], nothing more)',
  }),
  corsAllowCredentials: flag({
    env: 'CORS_ALLOW_CREDENTIALS',
    default: true,
    doc: 'pages of these origins may send cookies',
  }),
  drainSecs: integer({
    default: 25,
    min: 0,
    max: 3600,
    doc: 'time that a stopping process gives to requests in flight',
  }),
});

// Longer than any session; a life in milliseconds must stay within what timers and dates hold.
const year = 366 * 24 * 3_600_000;

/** Where sessions are kept and how long each layer trusts what it knows (docs/sessions.md). */
export const sessions = section({
  store: text({
    env: 'GATEWAY_SESSION_STORE',
    secret: true,
    default: 'memory:',
    doc: `\`memory:\` for one process; ${sharedStoreForms} is shared by replicas; \`?prefix=\` names the deployment`,
    accepts: (url) => storeKindOf(url) !== undefined,
    must: `must be memory:, ${sharedStoreForms}`,
  }),
  // Three states: absent is a warning, `true` is accepted, `false` refuses to start.
  acceptMemory: flag({
    env: 'GATEWAY_SESSION_ACCEPT_MEMORY',
    optional: true,
    doc: 'in production, whether `memory:` is accepted although sessions that were ended work again after a restart where NoETL still knows them: `false` refuses to start, as the manifests have it; without it the gateway starts with a warning',
  }),
  key: list({
    env: 'GATEWAY_SESSION_KEY',
    secret: true,
    default: [],
    doc: 'base64 of at least 32 random bytes, which signs records in a shared store; two while they are exchanged, the first one signs; required with a shared store in production',
    item: (text) => (isSessionKey(text) ? text : undefined),
    must: 'must be base64 of at least 32 random bytes: openssl rand -base64 32',
  }),
  cacheTtlMs: integer({
    default: 5_000,
    min: 0,
    max: year,
    doc: 'a process uses a session for this long before it reads the store again',
  }),
  revalidateMs: integer({
    default: 300_000,
    min: 1_000,
    max: year,
    doc: 'the validator is asked again about a session after this',
  }),
  maxHours: integer({ default: 24, min: 1, max: 8784, doc: 'longest life of a session' }),
});

// Bounds far above any use: a limit can be set as good as off, and is never zero, negative or a fraction.
const count = { min: 1, max: 2 ** 31 };
const userCount = { min: 1, max: 1_000_000 };

/**
 * What callers may take. Each limit is of one process; rates
 * are counted for all replicas where the session store is Redis.
 */
export const limits = section({
  preset: value(v.picklist(['small', 'standard', 'large'], 'must be small, standard or large'), {
    default: 'standard',
    doc: 'connections, bytes in flight and validations that the config does not set: `small` has a quarter, `large` four times as much',
  }),
  bodyBytes: integer({ default: 1024 * 1024, min: 1, max: maxTextBytes, doc: 'body of a request; 413 beyond' }),
  queryDepth: integer({ default: 15, ...count, doc: 'nested selections; 400 beyond' }),
  queryAliases: integer({ default: 15, ...count, doc: 'aliases; 400 beyond' }),
  queryRootFields: integer({ default: 10, ...count, doc: 'root fields; 400 beyond' }),
  queryCost: integer({ default: 5_000, ...count, doc: 'cost of the document; 400 beyond' }),
  batching: flag({ default: false, doc: 'accept arrays of operations' }),
  validationsAtOnce: integer({ default: 16, ...count, doc: 'validations of unknown tokens in flight' }),
  startsAtOnce: integer({
    default: 16,
    ...count,
    doc: 'starts of playbooks in flight to NoETL, per replica, and twice as many calls of one user; NoETL refuses starts when 32 wait',
  }),
  connections: integer({
    default: 10_000,
    ...count,
    doc: 'connections to the public listener, a tenth of them from one address; closed beyond. With `listen.trustedProxies` the tenth bounds requests in flight of one client; 503 beyond',
  }),
  bytesInFlight: integer({
    default: 16 * 1024 * 1024,
    ...count,
    doc: 'bodies of requests in memory, twice as much for responses of NoETL, four times for responses that are not read yet; of one address or user a quarter of each; 503 beyond',
  }),
  loginsPerMinute: integer({
    default: 60,
    ...count,
    doc: 'refused logins of one address, and invalid session tokens of one address (IPv6: of one /64); ten times as many session checks, access checks and stream tickets of one user, each; 429 beyond',
  }),
  startsPerSecond: integer({
    default: 20,
    ...count,
    doc: 'playbooks that one user starts, three times as many at once; 429 beyond',
  }),
  callsPerSecond: integer({
    default: 200,
    ...count,
    doc: 'calls to NoETL that one user causes, three times as many at once; an answer without a call does not count; 429 beyond',
  }),
  /** By role, `{ admin: { startsPerSecond: 50 } }`; of a user's roles the largest limit counts. */
  byRole: named(
    section({
      startsPerSecond: integer({
        optional: true,
        ...userCount,
        doc: 'for users of this role; with several the largest',
      }),
      callsPerSecond: integer({
        optional: true,
        ...userCount,
        doc: 'for users of this role; with several the largest',
      }),
    }),
  ),
});

/** Log lines and the audit log. Metrics need no setting; traces have the variables of OpenTelemetry. */
export const observability = section({
  logLevel: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    env: 'LOG_LEVEL',
    default: 'info',
    doc: 'least level of log lines',
  }),
  auditTo: text({ default: 'stdout', doc: '`stdout`, or the path of a file' }),
  auditEmails: flag({ default: false, doc: 'write e-mail addresses into the audit log' }),
});

const fullErrors = section({
  full: list({
    doc: 'roles that read errors whole, as NoETL stored them, with stack traces and SQL; secrets by name stay masked',
  }),
});

const errors = either(
  choice(['shown', 'hidden'], {
    default: 'shown',
    doc: '`hidden`: reasons of failures stay in NoETL; callers read "the execution failed"',
  }),
  fullErrors,
);

/** How executions are shown to callers. */
export const executions = section({
  errors,
  secretNames: list({
    default: defaultSecretNames,
    doc: 'members of results, steps and events whose values are masked; a name that ends in one is masked too',
  }),
  maxWaitSecs: integer({
    default: 30,
    min: 0,
    max: 300,
    doc: 'the longest that `executePlaybook(waitSeconds:)` may ask for',
  }),
  staleMs: integer({
    default: 250,
    min: 0,
    max: 10_000,
    doc: 'how old the answer about a running execution may be; all who ask within it share one call to NoETL',
  }),
  keepBytes: integer({
    default: 32 * 1024 * 1024,
    min: 1024 * 1024,
    max: 4 * 1024 ** 3,
    doc: 'memory for finished executions, which then cost NoETL no call again; as much again for what running ones have shown',
  }),
});

/** The result of a playbook, by catalog path or pattern. */
export const results = named(
  section({
    step: text({ optional: true, doc: 'the step whose result is the result of the playbook' }),
    path: text({ optional: true, doc: 'the part of it that is the result, for example `data.rows`' }),
    text: text({ optional: true, doc: 'the part of it that is `textOutput`' }),
    errors: either(
      choice(['shown', 'hidden'], { optional: true, doc: 'as `executions.errors`, for this playbook' }),
      fullErrors,
    ),
    secrets: choice(['shown', 'masked'], {
      optional: true,
      doc: '`shown`: members named like secrets are not masked for this playbook',
    }),
  }),
);

const most = { min: 1, max: 1_000_000 };

/** Results that arrive by themselves: `GET /events`, callbacks of playbooks, and how long results wait. */
export const events = section({
  enabled: flag({ env: 'GATEWAY_SSE_ENABLED', default: true, doc: 'serve `GET /events`' }),
  heartbeatSecs: integer({
    env: 'GATEWAY_HEARTBEAT_INTERVAL_SECS',
    default: 30,
    min: 1,
    max: 3600,
    doc: 'between two `ping` events; proxies close streams that are silent for long',
  }),
  connectionSecs: integer({
    env: 'GATEWAY_CONNECTION_TIMEOUT_SECS',
    default: 0,
    min: 0,
    max: 604_800,
    doc: 'a stream ends after this, and its client connects again and loses nothing; 0: no limit',
  }),
  sessionInQuery: flag({
    default: true,
    doc: 'accept `?session_token=` at `/events`; browsers’ EventSource cannot send headers. Tickets take its place',
  }),
  keepSecs: integer({
    default: 1_800,
    min: 60,
    max: 604_800,
    doc: 'a result waits this long for its client, and a request for its callback',
  }),
  resultBytes: integer({
    default: 512 * 1024,
    min: 1_024,
    max: 16 * 1024 * 1024,
    doc: 'of one delivered result; a larger one is left out with a note, and `execution(id)` has it',
  }),
  streams: integer({
    default: 5_000,
    ...most,
    doc: 'open streams of `/events` and subscriptions; 503 beyond. A fifth of them for one user or one address (IPv6: one /64), and as many requests of one user without a result; 429 beyond',
  }),
  callbacks: choice(['internal', 'public'], {
    default: 'internal',
    doc: '`public`: playbooks call back at `listen.publicUrl`, for clusters where they cannot reach the internal port yet',
  }),
});

const typeName = (doc: string) =>
  text({
    optional: true,
    accepts: (name) => /^[A-Z][A-Za-z0-9]*$/.test(name),
    must: 'must be a name in PascalCase, for example PlaybookEntry',
    doc,
  });

const sentence = value(v.pipe(v.string('must be a text'), v.nonEmpty('must not be empty')), {
  optional: true,
  doc: 'what callers read of the field',
});

/** The settings of one field of a type. */
const fieldSettings = plainSection({
  description: text({ optional: true, doc: 'what callers read of the field' }),
  type: choice(
    ['BigInt', 'Boolean', 'Date', 'DateTime', 'Decimal', 'Float', 'ID', 'Int', 'JSON', 'String', 'URL', 'UUID'],
    {
      optional: true,
      doc: 'a scalar instead of the type that the document has',
    },
  ),
  nullable: flag({ optional: true, doc: 'true: NoETL may leave it out although the document promises it' }),
  deprecated: text({ optional: true, doc: 'why it should not be used any more, and what to use' }),
});

/** How the GraphQL schema presents the document. */
export const schema = plainSection({
  descriptions: choice(['config', 'document'], {
    default: 'config',
    doc: '`document`: descriptions of the document for types, fields and arguments are shown where the config has none (pull --keep-docs)',
  }),
  integers: choice(['BigInt', 'Int'], {
    default: 'BigInt',
    doc: 'what an integer of an answer is whose document sets no bounds within 32 bits',
  }),
  longIntegers: choice(['text', 'number'], {
    default: 'text',
    doc: 'how integers beyond ±(2^53 − 1) are written in `JSON` and `BigInt`: `number` keeps the digits, but most clients lose some',
  }),
  maps: choice(['entries', 'JSON'], {
    default: 'entries',
    doc: 'what a map of an answer is whose document gives its values a type: a list of `key` and `value`, or any JSON',
  }),
  types: named(
    plainSection({
      name: typeName('public name; by default the name in the document, in PascalCase'),
      description: text({ optional: true, doc: 'what callers read of the type' }),
      fields: named(either(sentence, fieldSettings)),
    }),
  ),
});

/** Tools for programs that speak the Model Context Protocol: rows with `mcp: true`, and playbooks. */
export const mcp = section({
  enabled: flag({
    env: 'GATEWAY_MCP_ENABLED',
    default: true,
    doc: 'serve `/mcp`: tools made of the rows with `mcp: true`',
  }),
  playbooks: list({
    default: [],
    doc: 'patterns of catalog paths; each playbook that matches is a tool of its own for callers who may execute it',
  }),
});

/** The page for operators (ADR 0015). */
export const consolePage = section({
  public: flag({
    default: false,
    doc: 'also serve the console on the public listener; it is on the internal one always',
  }),
  roles: list({
    default: ['admin'],
    doc: 'roles that see the policy, the health and the audit entries there; executions and playbooks follow the grants',
  }),
});

const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const isLabel = (name: string): boolean => label.test(name);
const isHost = (name: string): boolean => name.split('.').every(isLabel);
const namespace = 'is not a namespace (a-z, 0-9 and -, 63 characters at most)';
const resourceName = 'is not the name of a resource of Kubernetes (a-z, 0-9, - and .)';

/** The Ingress of the component `ingress` and of the chart. */
const ingress = plainSection({
  className: text({
    optional: true,
    doc: 'class of the Ingress; without it the cluster’s default counts',
    accepts: isHost,
    must: resourceName,
  }),
  annotations: named(text({ optional: true, doc: 'an annotation of the Ingress, under its name' })),
  tlsSecret: text({
    default: 'noetl-gateway-tls',
    doc: 'Secret with the certificate of `deploy.host`',
    accepts: isHost,
    must: resourceName,
  }),
});

const cpu = {
  accepts: (amount: string) => /^(?:\d+m|\d+(?:\.\d{1,3})?)$/.test(amount),
  must: 'must be cores, for example 250m or 2',
};

/** Requests and limits of a pod. */
const resources = plainSection({
  cpu: text({ default: '250m', doc: 'processor that a pod asks for', ...cpu }),
  cpuLimit: text({ default: '2', doc: 'processor that a pod may use', ...cpu }),
  memoryMib: integer({ default: 256, min: 64, max: 1_048_576, doc: 'memory that a pod asks for, MiB' }),
  memoryLimitMib: integer({
    default: 512,
    min: 128,
    max: 1_048_576,
    doc: 'memory that a pod may use, MiB; the heap and the alert on memory follow',
  }),
});

/** Where the gateway runs and where NoETL does. Kubernetes would refuse wrong values later, when it is harder to see why. */
export const deploy = plainSection({
  namespace: text({ default: 'gateway', doc: 'namespace of the gateway', accepts: isLabel, must: namespace }),
  image: text({
    default: 'noetl-gateway',
    doc: 'image; without a tag the version of the project is used',
    accepts: (name) => /^[\w.:/@-]+$/.test(name),
    must: 'is not the name of an image',
  }),
  replicas: integer({
    optional: true,
    min: 1,
    max: 1_000,
    doc: 'pods; 1 with sessions in memory, else 2. More than 1 needs a shared `sessions.store`',
  }),
  noetlNamespace: text({
    optional: true,
    doc: 'namespace of NoETL; by default the one that `upstream.baseUrl` names, else `noetl`',
    accepts: isLabel,
    must: namespace,
  }),
  trustedNamespaces: list({
    default: [],
    doc: 'namespaces that may reach NoETL directly, beside the gateway’s',
    item: (name) => (isLabel(name) ? name : undefined),
    must: namespace,
  }),
  host: text({
    optional: true,
    doc: 'public host name',
    accepts: isHost,
    must: 'is not a host name',
  }),
  runbookUrl: text({
    default: 'https://github.com/example/noetl-gateway/blob/main/docs/operate.md',
    doc: 'page with a section for each alert: the `runbook_url` of an alert is this and `#` and its name',
    accepts: (url) => URL.canParse(url) && /^https?:/.test(url) && !url.includes('#'),
    must: 'is not an http or https URL without a fragment',
  }),
  ingress,
  resources,
  issuerNamespaces: list({
    default: [],
    doc: 'namespaces of identity providers in this cluster, which the gateway then may reach',
    item: (name) => (isLabel(name) ? name : undefined),
    must: namespace,
  }),
});

/** The input of a custom adapter: the same as that of the gateway's own. */
export interface AdapterGiven {
  readonly upstream: Upstream;
  readonly clock: Clock;
  readonly observe: Observe;
}

/** Stages with custom adapters. Each is made once, at start; throwing there stops the start. */
export const adapters = section({
  sessionStore: code<(given: AdapterGiven) => SessionStore | Promise<SessionStore>>({
    optional: true,
    doc: 'replaces the session store',
  }),
  validator: code<(given: AdapterGiven) => SessionValidator>({ optional: true, doc: 'replaces `auth.validator`' }),
  login: code<(given: AdapterGiven) => LoginBackend>({ optional: true, doc: 'replaces `auth.login`' }),
  accessChecker: code<(given: AdapterGiven) => AccessChecker>({
    optional: true,
    doc: 'replaces `auth.access.checker`; with `auth.access.combine: both` the grants here must allow, too',
  }),
});

/**
 * The sections of a config, declared in this place only. From it derive the types, the defaults, the names of
 * variables, what is refused and what is unknown, the manifests' variables, the JSON Schema and the settings table.
 * `operations`, `roles` and `grants` have types of their own, because they depend on the document.
 */
export const sections = section({
  upstream,
  listen,
  auth,
  sessions,
  limits,
  observability,
  executions,
  results,
  events,
  schema,
  mcp,
  console: consolePage,
  deploy,
  adapters,
});
