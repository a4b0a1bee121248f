import { distance } from 'fastest-levenshtein';

/** A reference to an environment variable, read once at start. `fallback` undefined: required unless the field is optional. */
export interface EnvRef<T extends string | number | boolean> {
  readonly env: string;
  readonly fallback: T | undefined;
  /** Set when a Secret, not a ConfigMap, should hold the value; manifests then refer to it and never contain it. */
  readonly secret: boolean;
}

/** A value, or where in the environment to find it. */
export type FromEnv<T extends string | number | boolean> = T | EnvRef<T>;

/** A comma list, as environment variables hold lists, or the list itself. */
export type ListFromEnv = FromEnv<string> | readonly FromEnv<string>[];

/**
 * Names an environment variable; the only way from a config to the environment.
 * Text, numbers (`"30"`) and booleans (`true`/`false`/`1`/`0`) are read by the type of their field.
 */
export function env(name: string, options: EnvOptions): EnvRef<string>;
export function env<T extends string | number | boolean = string>(
  name: string,
  fallback?: T,
  options?: EnvOptions,
): EnvRef<Widen<T>>;
export function env(
  name: string,
  fallback?: string | number | boolean | EnvOptions,
  options: EnvOptions = {},
): EnvRef<string | number | boolean> {
  if (typeof fallback === 'object') return env(name, undefined, fallback);
  return { env: name, fallback, secret: options.secret ?? false };
}

interface EnvOptions {
  readonly secret?: boolean;
}

type Widen<T> = T extends string ? string : T extends number ? number : T extends boolean ? boolean : never;

/** Whether a value of a declaration is a reference made by `env`, which is read when the gateway starts. */
export function isEnvRef(value: unknown): value is EnvRef<string | number | boolean> {
  return typeof value === 'object' && value !== null && 'env' in value && 'fallback' in value;
}

/** The value when the environment variable is absent. */
export function fallbackOf<T extends string | number | boolean>(value: FromEnv<T>): T | undefined;
export function fallbackOf(value: unknown): unknown;
export function fallbackOf(value: unknown): unknown {
  return isEnvRef(value) ? value.fallback : value;
}

/** The variables of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Names that Kubernetes gives to what it injects for a Service in the namespace. */
const injectedName = /_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_[A-Z]+)?)$/;
const injectedAddress = /^(?:tcp|udp|sctp):\/\//;

/** Whether Kubernetes injected the variable for a Service, which may be named like one of ours: `GATEWAY_PORT=tcp://…`. */
export function isInjected(name: string, text: string | undefined): boolean {
  return injectedName.test(name) || (name.endsWith('_PORT') && injectedAddress.test(text ?? ''));
}

/** A variable's text without blanks around it; undefined when it is unset, empty, or injected by Kubernetes. */
export function variable(environment: Environment, name: string): string | undefined {
  const text = environment[name]?.trim();
  return text === undefined || text === '' || isInjected(name, text) ? undefined : text;
}

/** The known names nearest to a misspelt one, whatever their case; none where more than a quarter of its letters differs. */
export function nearestNames(name: string, known: Iterable<string>): readonly string[] {
  const measured = [...known].map((each) => ({ each, away: distance(each.toLowerCase(), name.toLowerCase()) }));
  const least = Math.min(...measured.map(({ away }) => away));
  return measured.filter(({ away }) => away === least && away <= Math.ceil(name.length / 4)).map(({ each }) => each);
}

/** Variables of the earlier gateway that have no effect here, with what takes their place. */
const retired: Readonly<Record<string, string>> = {
  GATEWAY_WS_ENABLED: 'there is nothing to switch',
  GATEWAY_SESSION_VALIDATE_VIA_PLAYBOOK: "set auth.validator to { kind: 'http' } in gateway.config.ts",
  GATEWAY_CONFIG: 'the declaration is gateway.config.ts',
  GATEWAY_SCOPED_APPS_FILE: 'grants in gateway.config.ts take its place',
  GATEWAY_SCOPED_RECEIPT_KEY: 'grants in gateway.config.ts take its place',
  NOETL_AUTH_SYNC: "set auth.login and auth.validator to { kind: 'http' } in gateway.config.ts",
  NOETL_AUTHZ_SYNC: "set auth.access.checker to 'http' in gateway.config.ts",
  NOETL_KV_ADDR: 'set GATEWAY_SESSION_STORE',
  NOETL_KV_CALLBACK_ID_PREFIX: 'there is nothing to set',
  NOETL_KV_SESSION_BUCKET: 'there is nothing to set',
  NOETL_KV_SESSION_TTL_SECS: 'set sessions.revalidateMs in gateway.config.ts',
  NOETL_KV_REQUEST_BUCKET: 'there is nothing to set',
  NOETL_KV_REQUEST_TTL_SECS: 'there is nothing to set',
  NOETL_EVENT_FEED_ADDR: 'there is nothing to set',
  NATS_URL: 'set GATEWAY_SESSION_STORE=nats://…',
  NATS_UPDATES_SUBJECT_PREFIX: 'there is nothing to set',
  NATS_CALLBACK_SUBJECT_PREFIX: 'there is nothing to set',
  NATS_SESSION_BUCKET: 'there is nothing to set',
  NATS_SESSION_CACHE_TTL_SECS: 'there is nothing to set',
  NATS_REQUEST_BUCKET: 'there is nothing to set',
  NATS_REQUEST_TTL_SECS: 'there is nothing to set',
  RUST_LOG: 'set LOG_LEVEL',
};

/** Names of the earlier gateway that are taken and do nothing. */
export const retiredVariables: readonly string[] = Object.keys(retired);

/** Other names that begin like this may belong to another program, so only those near a known name are named. */
const shared = /^(?:AUTH|CORS|NOETL|ROUTER)_/;

/** Warnings for variables that have no effect: one line each, names only, never values. */
export function unknownVariables(environment: Environment, known: ReadonlySet<string>): string[] {
  const isOurs = (name: string) =>
    name.startsWith('GATEWAY_') ||
    Object.hasOwn(retired, name) ||
    (shared.test(name) && nearestNames(name, known).length > 0);
  return Object.keys(environment)
    .filter(isOurs)
    .filter((name) => !known.has(name) && !isInjected(name, environment[name]))
    .sort()
    .map((name) =>
      Object.hasOwn(retired, name)
        ? `${name} is not used: ${retired[name]}`
        : `${name} is an unknown name: ignored${adviceFor(name, known)}`,
    );
}

function adviceFor(name: string, known: Iterable<string>): string {
  const near = nearestNames(name, known);
  return near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`;
}

/** The earlier gateway's bypass switch. Anything but off is refused, so that a copied deployment cannot stay open. */
export function bypassProblem(environment: Environment): string | undefined {
  const value = environment['GATEWAY_AUTH_BYPASS']?.trim().toLowerCase() ?? '';
  return value === '' || value === 'false' || value === '0'
    ? undefined
    : 'GATEWAY_AUTH_BYPASS: there is no bypass; remove it, or set it to false';
}

/** Node's switch that takes any certificate: tokens would be verified with keys of any machine on the way. */
export const certificateProblem = (environment: Environment): string | undefined =>
  environment['NODE_TLS_REJECT_UNAUTHORIZED'] === '0'
    ? 'NODE_TLS_REJECT_UNAUTHORIZED: certificates are always checked in production; name a private authority with NODE_EXTRA_CA_CERTS'
    : undefined;
