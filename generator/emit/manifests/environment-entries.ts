import { declaredSections } from '../../../gateway/config/defaults.ts';
import { type EnvRef, isEnvRef } from '../../../gateway/config/environment.ts';
import type { GatewayConfig } from '../../../gateway/config/gateway-config.ts';

/** One environment variable that the declaration reads. */
export type EnvironmentEntry = EnvRef<string | number | boolean>;

/**
 * Every environment variable that the declaration reads, once each, sorted by name. A name that is secret in one place
 * is secret in all; of several fallbacks the first counts.
 */
export function environmentEntries(config: GatewayConfig): readonly EnvironmentEntry[] {
  const found = new Map<string, EnvironmentEntry>();
  for (const ref of references(servedSections(config))) {
    const known = found.get(ref.env);
    found.set(ref.env, known === undefined ? ref : { ...known, secret: known.secret || ref.secret });
  }
  return [...found.values()].sort((a, b) => (a.env < b.env ? -1 : 1));
}

/** The sections that the serving process reads; `deploy` and code do not come from the environment. */
function servedSections(config: GatewayConfig): unknown {
  const { deploy: _deploy, adapters: _adapters, ...served } = declaredSections(config);
  return served;
}

function references(value: unknown): readonly EnvironmentEntry[] {
  if (isEnvRef(value)) return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(references);
}
