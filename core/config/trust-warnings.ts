import type { ResolvedConfig } from './resolved-config.ts';
import { parseShadowUntil } from './shadow-mode.ts';

/** Settings that weaken what the gateway promises: an operator reads them at each start. */
export function trustWarnings({
  mode,
  auth,
  sessions,
}: Pick<ResolvedConfig, 'mode' | 'auth' | 'sessions'>): readonly string[] {
  const warnings: string[] = [];
  if (auth.jwtMode === 'shadow') {
    const until = parseShadowUntil(auth.jwtShadowUntil);
    const end = until === undefined ? 'without an end' : `until ${new Date(until).toISOString()}`;
    warnings.push(
      `GATEWAY_JWT_MODE=shadow: identity tokens are checked and not refused, ${end}; NoETL must verify them`,
    );
  }
  if (mode === 'production' && sessions.store === 'memory:' && !sessions.forgets) {
    warnings.push(
      'GATEWAY_SESSION_STORE is memory: sessions that were ended work again after a restart; use redis://… or nats://…, or accept it with memory:?restart=forgets',
    );
  }
  return warnings;
}
