import { defaults } from './defaults.ts';
import { createEnvironmentReader, type Environment } from './environment-reader.ts';
import type { GatewayConfig } from './gateway-config.ts';

/** Catalog paths of the three auth playbooks: the gateway's own, and nobody's through it. */
export function reservedPlaybooks(config: GatewayConfig, environment: Environment): string[] {
  const reader = createEnvironmentReader(environment);
  const { login, validateSession, checkAccess } = { ...defaults.auth.playbooks, ...config.auth?.playbooks };
  return [login, validateSession, checkAccess].map((value) => reader.text('auth.playbooks', value));
}
