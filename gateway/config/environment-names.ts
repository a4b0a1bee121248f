import { type Environment, isInjected } from './environment.ts';
import { nearestNames } from './nearest-names.ts';

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
