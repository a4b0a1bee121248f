import { type ConstDirectiveNode, Kind, type StringValueNode } from 'graphql';
import { readNotes } from '../openapi/field-notes.ts';

interface Described {
  readonly description?: StringValueNode | undefined;
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}

/**
 * A definition whose description is what callers read, and with the deprecation that the description carried. Mesh
 * keeps descriptions and drops reasons of deprecation, so both travel in the description (`field-notes.ts`).
 */
export function noted<Node extends Described>(node: Node): Node {
  const { description: given, ...rest } = node;
  const { description, deprecated } = readNotes(given?.value);
  const directives = deprecated === undefined ? node.directives : [...(node.directives ?? []), deprecation(deprecated)];
  return {
    ...rest,
    ...(description === undefined ? {} : { description: { kind: Kind.STRING, value: description } }),
    ...(directives === undefined ? {} : { directives }),
  } as Node;
}

/** `@deprecated(reason:)` (GraphQL specification, @deprecated). */
export const deprecation = (reason: string): ConstDirectiveNode => ({
  kind: Kind.DIRECTIVE,
  name: { kind: Kind.NAME, value: 'deprecated' },
  arguments: [
    { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: 'reason' }, value: { kind: Kind.STRING, value: reason } },
  ],
});
