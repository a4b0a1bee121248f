import type { ArgumentBounds } from './argument-bounds.ts';

/**
 * What an operation does, in words for the policy page. `generate` decides the kind of every operation once
 * (`generator/table/operation-meaning.ts`) and prints it into the schema; every part that serves switches on it.
 */
export const kindWords = {
  execute: 'starts a playbook',
  start: 'starts a playbook by another call',
  rerun: 'starts the playbook of an execution again',
  execution: 'reads an execution',
  status: 'reads the status of an execution',
  events: 'lists the events of an execution',
  executions: 'lists executions',
  cancel: 'cancels an execution',
  bulk: 'changes executions in bulk',
  catalog: 'lists the catalog',
  catalogEntry: 'reads a catalog entry',
  catalogWrite: 'writes the catalog',
  credentials: 'reads credentials, without their secrets',
  credentialWrite: 'writes credentials',
  workers: 'describes workers',
  dashboard: 'counts for a dashboard',
  plain: 'no special kind',
  gateway: 'answered by the gateway itself',
} as const;

/** The effect of an operation. `generate` decides it, and `@noetl` in the schema carries it (ADR 0001). */
export type OperationKind = keyof typeof kindWords;

/** Kinds that the protocol's own start fields have: playbook and workload in the body, the id in the answer. */
export const isProtocolStart = (kind: OperationKind): boolean => kind === 'execute' || kind === 'rerun';

/** Every kind that starts a playbook. */
export const isStart = (kind: OperationKind): boolean => isProtocolStart(kind) || kind === 'start';

/** Whether a text of the schema is a kind that this version knows. */
export const isOperationKind = (text: unknown): text is OperationKind =>
  typeof text === 'string' && Object.hasOwn(kindWords, text);

/**
 * Arguments that the gateway itself answers to, beside those that NoETL has: `kind` → the argument's SDL by its name.
 * They are in the schema, and are not sent.
 */
export const gatewayArguments: Partial<Record<OperationKind, Readonly<Record<string, string>>>> = {
  execute: { clientId: 'String', waitSeconds: 'Int' },
  rerun: { id: 'ID!', clientId: 'String', waitSeconds: 'Int' },
  catalog: { page: 'Int = 1', pageSize: 'Int = 100', versions: 'Boolean = false' },
  executions: { path: 'String', status: 'String', from: 'String', to: 'String' },
};

/**
 * Bounds that the gateway itself sets: kind → argument, by its wire name or by its own. A page that it fills by several calls
 * to NoETL has a size that these calls can fill.
 */
export const gatewayBounds: Partial<Record<OperationKind, Readonly<Record<string, ArgumentBounds>>>> = {
  catalog: { page: { minimum: 1 }, pageSize: { minimum: 1, maximum: 500 } },
  executions: {
    page: { minimum: 1 },
    page_size: { minimum: 1, maximum: 1_000 },
    path: { maxLength: 512 },
    status: { enum: ['RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED'] },
  },
};

/** Wire names of a call of the kinds `execute` and `rerun`, as NoETL's document has them. */
export interface StartMembers {
  /** The member of the body that holds the catalog path. */
  readonly playbook: string;
  /** The member of the body that holds the variables. */
  readonly workload: string;
  /** The member of the answer that is the id of the new execution. */
  readonly execution: string;
}

/** As NoETL has always named them. */
export const usualStartMembers: StartMembers = { playbook: 'path', workload: 'workload', execution: 'execution_id' };

/** Descriptions of arguments that the protocol or the gateway fixes, where the row has none. */
export const argumentDocs: Readonly<Record<string, string>> = {
  name: 'Path of the playbook in the catalog.',
  variables: 'Values for the playbook; they go over its own defaults.',
  resourceKind: 'What the path names, when it is not a playbook.',
  id: 'Id of the execution.',
  clientId: 'Connection of this client to /events, which then gets the outcome.',
  waitSeconds: 'Answer when it is over, but at the latest after so many seconds.',
  page: 'Number of the page.',
  pageSize: 'Entries on a page.',
  versions: 'All versions of an entry; by default the newest.',
  path: 'Only of playbooks with this text in their path; `*` is any text, and the whole path is meant then.',
  status: 'Only those in this state.',
  from: 'Only those that began then or later, for example 2026-01-26T08:00:00Z.',
  to: 'Only those that began then or earlier.',
};

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
