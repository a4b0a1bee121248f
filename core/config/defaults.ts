import { withDerivedValues } from './derived-values.ts';
import type { GatewayConfig } from './gateway-config.ts';
import { defaultOf } from './read-value.ts';
import { sections } from './schema/gateway.ts';
import type { Declared, Node } from './schema/node.ts';

export type DeclaredSections = Declared<typeof sections>;

/** A declaration's sections with every default filled in; references to the environment are unread. */
export function declaredSections(config: Partial<GatewayConfig>): DeclaredSections {
  return fill(sections, withDerivedValues(config)) as DeclaredSections;
}

/** What a config without sections gets: the variables of NoETL's deployments, and their defaults. */
export const defaults: DeclaredSections = declaredSections({});

function fill(node: Node, given: unknown): unknown {
  if (node.node === 'leaf') return given === undefined ? defaultOf(node) : given;
  if (node.node === 'variant') return given ?? node.default;
  if (node.node !== 'section') return given;
  const values = (given ?? {}) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.entries(node.entries).map(([name, inner]) => [name, fill(inner, values[name])]));
}
