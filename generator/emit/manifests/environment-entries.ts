import { defaults } from '../../../core/config/defaults.ts';
import { type EnvRef, isEnvRef } from '../../../core/config/env.ts';
import type { GatewayConfig } from '../../../core/config/gateway-config.ts';

/** The sections of a declaration that reach the serving process; `deploy` and code do not. */
const sections = ['upstream', 'listen', 'auth', 'sessions', 'limits', 'observability'] as const;

export type DeclaredSections = Readonly<Record<(typeof sections)[number], Readonly<Record<string, unknown>>>>;

/** One environment variable that the declaration reads. */
export type EnvironmentEntry = EnvRef<string | number | boolean>;

/** The declaration's sections with every default filled in, references unread. */
export function declaredSections(config: GatewayConfig): DeclaredSections {
  return {
    upstream: { ...defaults.upstream, ...config.upstream },
    listen: { ...defaults.listen, ...config.listen },
    auth: { ...defaults.auth, ...config.auth, playbooks: { ...defaults.auth.playbooks, ...config.auth?.playbooks } },
    sessions: { ...defaults.sessions, ...config.sessions },
    limits: { ...defaults.limits, ...config.limits },
    observability: { ...defaults.observability, ...config.observability },
  };
}

/**
 * Every environment variable that the declaration reads, once each, sorted by name. A name that is secret in one place
 * is secret in all; of several fallbacks the first counts.
 */
export function environmentEntries(config: GatewayConfig): readonly EnvironmentEntry[] {
  const found = new Map<string, EnvironmentEntry>();
  for (const ref of references(declaredSections(config))) {
    const known = found.get(ref.env);
    found.set(ref.env, known === undefined ? ref : { ...known, secret: known.secret || ref.secret });
  }
  return [...found.values()].sort((a, b) => (a.env < b.env ? -1 : 1));
}

/** What a field holds when its environment variable is absent. */
export function fallbackOf(value: unknown): unknown {
  return isEnvRef(value) ? value.fallback : value;
}

function references(value: unknown): readonly EnvironmentEntry[] {
  if (isEnvRef(value)) return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(references);
}
