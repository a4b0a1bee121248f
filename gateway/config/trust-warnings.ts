import { portOf } from './addresses.ts';
import type { ResolvedConfig } from './resolved-config.ts';
import { parseShadowUntil } from './shadow-mode.ts';
import { keepsSessionsInMemory } from './store-kinds.ts';

/** Settings that weaken what the gateway promises: an operator reads them at each start. */
export function trustWarnings({
  mode,
  auth,
  sessions,
  adapters,
  listen,
}: Pick<ResolvedConfig, 'mode' | 'auth' | 'sessions' | 'adapters' | 'listen'>): readonly string[] {
  const warnings = [...addressWarnings(listen)];
  if (auth.jwtMode === 'shadow') {
    const until = parseShadowUntil(auth.jwtShadowUntil);
    const end = until === undefined ? 'without an end' : `until ${new Date(until).toISOString()}`;
    warnings.push(
      `GATEWAY_JWT_MODE=shadow: identity tokens are checked and not refused, ${end}; NoETL must verify them`,
    );
  }
  // With `false` the start is refused by a combination; here it is absent or `true`.
  if (mode === 'production' && keepsSessionsInMemory({ sessions, adapters })) {
    const choice = sessions.acceptMemory === true ? 'accepted by' : 'to be accepted with';
    warnings.push(
      `GATEWAY_SESSION_STORE is memory:, ${choice} GATEWAY_SESSION_ACCEPT_MEMORY=true: after a restart, sessions that were ended work again where NoETL still knows them`,
    );
  }
  return warnings;
}

/** Addresses that may be right behind a proxy of some kind, and are wrong as a rule. */
function addressWarnings({ publicUrl, internalUrl, port, internalPort }: ResolvedConfig['listen']): readonly string[] {
  const { pathname } = new URL(publicUrl ?? 'https://gateway.example.com');
  const isPublicPort = portOf(new URL(internalUrl)) === port && port !== internalPort;
  return [
    ...(pathname === '/'
      ? []
      : [
          `GATEWAY_PUBLIC_URL has the path ${pathname}: the gateway serves at the root of its address, and its pages work only there`,
        ]),
    ...(isPublicPort
      ? [
          `GATEWAY_INTERNAL_URL has the port of the public listener, ${port}: playbooks cannot call back there; the internal listener is on ${internalPort}`,
        ]
      : []),
  ];
}
