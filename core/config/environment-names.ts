import type { Environment } from './environment-reader.ts';

/** Names of the earlier gateway that mean nothing here; some with where to look instead. */
const retired: Readonly<Record<string, string>> = {
  GATEWAY_SSE_ENABLED: 'there is nothing to switch',
  GATEWAY_WS_ENABLED: 'there is nothing to switch',
  GATEWAY_HEARTBEAT_INTERVAL_SECS: 'there is nothing to set',
  GATEWAY_CONNECTION_TIMEOUT_SECS: 'there is nothing to set',
  GATEWAY_AUTH0_REDIRECT_URI: 'apps keep their own',
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

/** Set by Kubernetes for a Service in the namespace, never by a person. */
const injected = /_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_[A-Z]+)?)$/;

/** Warnings for names that do nothing here: one line each, names only, never values. */
export function unknownNames(environment: Environment, known: ReadonlySet<string>): string[] {
  return Object.keys(environment)
    .filter(
      (name) =>
        (name.startsWith('GATEWAY_') || name in retired) &&
        name !== 'GATEWAY_POLICY_FILE' &&
        !known.has(name) &&
        !isInjected(name, environment),
    )
    .sort()
    .map((name) =>
      name in retired ? `${name} is not used: ${retired[name]}` : `${name} is not a name this gateway knows: ignored`,
    );
}

function isInjected(name: string, environment: Environment): boolean {
  return injected.test(name) || (name.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//.test(environment[name] ?? ''));
}

/** The earlier gateway's bypass switch. Anything but off is refused, so that a copied deployment cannot stay open. */
export function bypassProblem(environment: Environment): string | undefined {
  const value = environment['GATEWAY_AUTH_BYPASS']?.trim().toLowerCase() ?? '';
  return value === '' || value === 'false' || value === '0'
    ? undefined
    : 'GATEWAY_AUTH_BYPASS: there is no bypass; remove it, or set it to false';
}
