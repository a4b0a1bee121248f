import type { OperationKind } from './operation-kind.ts';

/** The fields whose shape the protocol fixes: the root that each is in, and what its operation does. */
export const protocolFields = {
  executePlaybook: { root: 'mutation', kind: 'execute' },
  execution: { root: 'query', kind: 'execution' },
  rerunExecution: { root: 'mutation', kind: 'rerun' },
} as const satisfies Record<string, { readonly root: 'query' | 'mutation'; readonly kind: OperationKind }>;

/** A field whose form the protocol fixes. */
export type ProtocolField = keyof typeof protocolFields;

/** Whether the protocol, not the document, defines a field. */
export const isProtocolField = (field: string): field is ProtocolField => Object.hasOwn(protocolFields, field);
