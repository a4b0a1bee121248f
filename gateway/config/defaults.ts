import { withDerivedValues } from './derived-values.ts';
import { isEnvRef } from './env.ts';
import type { GatewayConfig } from './gateway-config.ts';
import { defaultOf } from './read-value.ts';
import { sections } from './schema/gateway.ts';
import type { Declared, Leaf, Node, Section } from './schema/node.ts';

/** A declaration's sections, complete. */
export type DeclaredSections = Declared<typeof sections>;

/** A declaration's sections with every default filled in; references to the environment are unread. */
export function declaredSections(config: Partial<GatewayConfig>): DeclaredSections {
  return fill(sections, withDerivedValues(config)) as DeclaredSections;
}

/** The settings of a config without sections: the variables of NoETL's deployments, and their defaults. */
export const defaultSections: DeclaredSections = declaredSections({});

function fill(node: Node, given: unknown): unknown {
  switch (node.node) {
    case 'leaf':
      return given === undefined ? defaultOf(node) : asSecret(node, given);
    case 'variant':
      return given ?? node.default;
    case 'many':
      return Array.isArray(given) ? given.map((item: unknown) => fill(node.each, item)) : given;
    case 'section':
      return given === undefined && node.isOptional === true ? undefined : fillSection(node, given);
    default:
      return given;
  }
}

function fillSection({ entries }: Section, given: unknown): Record<string, unknown> {
  const values = (given ?? {}) as Readonly<Record<string, unknown>>;
  const filled = Object.entries(entries).map(([name, inner]) => [name, fill(inner, values[name])]);
  return { ...values, ...Object.fromEntries(filled.filter(([, value]) => value !== undefined)) };
}

/** A field that holds a secret makes its variable one, also where `env()` does not. */
const asSecret = ({ secret }: Leaf, given: unknown): unknown =>
  secret && isEnvRef(given) ? { ...given, secret: true } : given;
