import type { GatewayConfig } from './gateway-config.ts';

/** Every name of a section; the compiler keeps the list whole. */
type Names<Section> = Readonly<Record<keyof NonNullable<Section>, true>>;

const sections: Names<GatewayConfig> = {
  operations: true,
  roles: true,
  grants: true,
  upstream: true,
  listen: true,
  auth: true,
  sessions: true,
  limits: true,
  observability: true,
  deploy: true,
  adapters: true,
  plugins: true,
};
const upstream: Names<GatewayConfig['upstream']> = { baseUrl: true, timeoutSecs: true, maxResponseBytes: true };
const limits: Names<GatewayConfig['limits']> = {
  bodyBytes: true,
  queryDepth: true,
  queryAliases: true,
  queryRootFields: true,
  queryTokens: true,
  queryCost: true,
  queryDirectives: true,
  batching: true,
  unbrokenRun: true,
  validationsAtOnce: true,
  validationsWaiting: true,
  guessesPerMinute: true,
  guessesPerMinuteInAll: true,
  startsPerSecond: true,
  startsBurst: true,
  callsPerSecond: true,
  callsBurst: true,
  byRole: true,
  startsAtOnce: true,
  userCallsAtOnce: true,
  userCallsWaiting: true,
  callWaitMs: true,
  loginsPerMinute: true,
  checksPerMinute: true,
};
const sessions: Names<GatewayConfig['sessions']> = {
  store: true,
  cacheTtlMs: true,
  cacheSize: true,
  revalidateMs: true,
  invalidTtlMs: true,
  maxHours: true,
};
const auth: Names<GatewayConfig['auth']> = {
  issuers: true,
  trustedIssuers: true,
  audiences: true,
  jwtMode: true,
  algorithms: true,
  login: true,
  validator: true,
  access: true,
  playbooks: true,
  setCookie: true,
  introspection: true,
};
const listen: Names<GatewayConfig['listen']> = {
  bind: true,
  port: true,
  internalPort: true,
  publicUrl: true,
  internalUrl: true,
  trustedProxies: true,
  corsAllowedOrigins: true,
  corsAllowCredentials: true,
  drainSecs: true,
};
const observability: Names<GatewayConfig['observability']> = { logLevel: true, auditTo: true, auditEmails: true };

/**
 * Names in a config that nothing reads: misspelt, or of another version. An editor marks them; whoever starts a gateway
 * with a limit that is not one is told, too. One line each, with the place.
 */
export function unknownConfigNames(config: GatewayConfig): readonly string[] {
  const known = { upstream, limits, sessions, auth, listen, observability };
  return [
    ...unknownIn('', config, sections),
    ...Object.entries(known).flatMap(([section, names]) =>
      unknownIn(`${section}.`, config[section as keyof typeof known], names),
    ),
  ];
}

function unknownIn(place: string, section: object | undefined, names: Readonly<Record<string, true>>): string[] {
  return Object.keys(section ?? {})
    .filter((name) => !Object.hasOwn(names, name))
    .map((name) => `gateway.config.ts: ${place}${name} is not a name this gateway knows: ignored`);
}
