import type { ResolvedConfig } from './resolved-config.ts';
import { parseShadowUntil } from './shadow-mode.ts';
import { keepsSessionsInMemory } from './store-kinds.ts';

/** Settings that weaken what the gateway promises: an operator reads them at each start. */
export function trustWarnings({
  mode,
  auth,
  sessions,
  adapters,
}: Pick<ResolvedConfig, 'mode' | 'auth' | 'sessions' | 'adapters'>): readonly string[] {
  const warnings: string[] = [];
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
