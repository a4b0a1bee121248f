/** The fields whose shape the protocol fixes, and the call that each is. */
export const protocolCalls = {
  executePlaybook: { upstream: /^POST \S*\/execute$/, root: 'mutation' },
  execution: { upstream: /^GET \S*\/executions\/\{[^{}]+\}$/, root: 'query' },
} as const;

export type ProtocolField = keyof typeof protocolCalls;

/** Whether the protocol, not the document, says what a field looks like. */
export const isProtocolField = (field: string): field is ProtocolField => Object.hasOwn(protocolCalls, field);
