import { declaredSections } from './defaults.ts';
import type { Environment } from './environment.ts';
import type { GatewayConfig } from './gateway-config.ts';
import { readValue } from './read-value.ts';
import { auth } from './schema/auth.ts';

/** Catalog paths of the three auth playbooks: no caller starts them through the gateway. */
export function reservedPlaybooks(config: GatewayConfig, environment: Environment): string[] {
  const { playbooks } = declaredSections(config).auth;
  const { entries } = auth.entries.playbooks;
  return (['login', 'validateSession', 'checkAccess'] as const).map((name) =>
    String(readValue(entries[name], playbooks[name], environment).raw),
  );
}
