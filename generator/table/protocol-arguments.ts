import type { ActionRow } from '../../gateway/config/actions.ts';
import { type ArgumentOptions, readMembers } from '../../gateway/config/gateway-config.ts';
import type { OperationArgument } from '../../plugins/operation.ts';
import {
  isStart,
  type OperationKind,
  type ProtocolField,
  protocolFields,
  type StartMembers,
  usualStartMembers,
} from '../../plugins/operation-kind.ts';
import { nearest } from '../openapi/names.ts';
import { type JoinedRow, optionsOf } from './row-members.ts';

/**
 * How a protocol field's fixed arguments and answer are found in the document. `plugins/operation-kind.ts` lists the
 * fields.
 */
export interface ProtocolJoin {
  readonly args: readonly OperationArgument[];
  /** Of what starts playbooks. */
  readonly start: StartMembers | undefined;
}

/** Where an argument that the protocol fixes usually goes. */
interface FixedArgument {
  readonly name: string;
  readonly wire: string;
  readonly in: 'path' | 'body';
  readonly what: string;
  /** Offered only when the document has it. */
  readonly isOptional?: boolean;
}

/** Of `rerunExecution`: which playbook is the execution's affair. */
const rerunArguments: readonly FixedArgument[] = [
  { name: 'variables', wire: usualStartMembers.workload, in: 'body', what: 'the variables' },
];

const startArguments: readonly FixedArgument[] = [
  { name: 'name', wire: usualStartMembers.playbook, in: 'body', what: 'the playbook' },
  { name: 'variables', wire: usualStartMembers.workload, in: 'body', what: 'the variables' },
  { name: 'resourceKind', wire: 'resource_kind', in: 'body', what: 'the kind of the resource', isOptional: true },
];

/**
 * Joins a protocol field with the operation of its row. The protocol fixes the public names; the row can map them to the
 * document's names on the wire (`args: { input: 'variables' }`, `fields: { run_id: 'id' }`), and give constants for
 * what the operation requires besides. Whatever the document lacks or requires is a problem.
 */
export function joinProtocolField(field: ProtocolField, joined: JoinedRow): ProtocolJoin {
  const { place, row, shape, meaning, problems, notes } = joined;
  const { root, kind: wanted } = protocolFields[field];
  if (row.type !== undefined && row.type !== root) {
    problems.push(`${place}.type: the protocol makes ${field} a ${root}`);
  }
  if (!isFit(meaning.kind, wanted)) {
    problems.push(`${place}.upstream: ${shape.key} is not the call of the protocol’s ${field}`);
    return { args: [], start: undefined };
  }
  if (field === 'executePlaybook') return joinStart(joined, startArguments);
  if (field === 'rerunExecution') return joinRerun(joined);
  const id = meaning.executionIds.find((arg) => arg.in === 'path');
  const isTyped = shape.fields.length > 0;
  if (isTyped && !shape.fields.includes('status')) {
    problems.push(`${place}: the answer of ${shape.key} has no “status”, which the protocol needs`);
  }
  if (isTyped && !shape.fields.includes('path')) {
    notes.push(`${place}: the answer of ${shape.key} has no “path”; without it no caller may see an execution`);
  }
  if (row.fields !== undefined) problems.push(`${place}.fields: the protocol fixes the answer of ${field}`);
  const idArgument = { name: 'id', wire: id?.wire ?? '', in: 'path', what: 'the id' } as const;
  return { args: joinArguments(joined, [idArgument]), start: undefined };
}

/** Joins a row of an action: what it starts is a constant, and its input are the variables. */
export function joinAction(part: ActionRow['part'], joined: JoinedRow): ProtocolJoin {
  if (part !== 'start') return joinProtocolField('execution', joined);
  const { place, row, shape, meaning, problems } = joined;
  if (meaning.kind !== 'execute') {
    problems.push(`${place}.upstream: ${shape.key} is not the call that starts a playbook`);
    return { args: [], start: undefined };
  }
  const named = Object.entries(readMembers<string | ArgumentOptions>(row.args).named);
  const wireOf = (wanted: (options: ArgumentOptions) => boolean) =>
    named.find(([, options]) => wanted(optionsOf(options)))?.[0];
  const workload = wireOf(({ name }) => name === 'input');
  const playbook = wireOf(({ constant }) => constant === row.action?.playbook) ?? usualStartMembers.playbook;
  const fixed =
    workload === undefined ? [] : [{ name: 'input', wire: workload, in: 'body', what: 'the input' } as const];
  const execution = answerMember(joined);
  return {
    args: joinArguments(joined, fixed),
    start: { playbook, workload: workload ?? usualStartMembers.workload, execution },
  };
}

/**
 * Whether an operation can answer a protocol field: it is of the field's kind, or starts a playbook where the field
 * does.
 */
const isFit = (kind: OperationKind, wanted: OperationKind): boolean =>
  kind === wanted || (wanted !== 'execution' && isStart(kind));

function joinRerun(joined: JoinedRow): ProtocolJoin {
  const { place, shape, problems } = joined;
  const isThere = shape.args.some(({ wire, in: where }) => wire === usualStartMembers.playbook && where === 'body');
  if (!isThere) problems.push(`${place}: ${shape.key} has no member “${usualStartMembers.playbook}” for the playbook`);
  // The gateway fills in the path that the execution has.
  const args = shape.args.filter(({ wire }) => wire !== usualStartMembers.playbook);
  return joinStart({ ...joined, shape: { ...shape, args } }, rerunArguments);
}

function joinStart(joined: JoinedRow, fixed: readonly FixedArgument[]): ProtocolJoin {
  const args = joinArguments(joined, fixed);
  const wireOf = (name: string, fallback: string): string => args.find((arg) => arg.name === name)?.wire ?? fallback;
  return {
    args,
    start: {
      playbook: wireOf('name', usualStartMembers.playbook),
      workload: wireOf('variables', usualStartMembers.workload),
      execution: answerMember(joined),
    },
  };
}

/** The member of the answer that is the new execution's id. */
function answerMember({ place, row, shape, problems }: JoinedRow): string {
  const [chosen, ...more] = Object.entries(readMembers<string | readonly string[]>(row.fields).named);
  if (more.length > 0 || (chosen !== undefined && chosen[1] !== 'id')) {
    problems.push(`${place}.fields: the protocol fixes the answer; only the member that is its id can be named`);
  }
  const wire = chosen?.[0] ?? usualStartMembers.execution;
  const isTyped = shape.fields.length > 0;
  if (isTyped && !shape.fields.includes(wire)) {
    problems.push(
      `${place}: the answer of ${shape.key} has no “${wire}”, the id of the new execution${nearest(wire, shape.fields)}; if it has another name now, map it: fields: { <its name>: 'id' }`,
    );
  }
  return wire;
}

function joinArguments(
  { place, row, shape, problems }: JoinedRow,
  fixed: readonly FixedArgument[],
): readonly OperationArgument[] {
  const { named } = readMembers<string | ArgumentOptions>(row.args);
  const rows = new Map(Object.entries(named).map(([wire, options]) => [wire, optionsOf(options)]));
  const wires = shape.args.map(({ wire }) => wire);
  const joined = fixed.flatMap(({ name, wire, in: where, what, isOptional }): OperationArgument[] => {
    // The row can name another member for an argument; the default is the usual one.
    const member = [...rows].find(([, options]) => options.name === name)?.[0] ?? wire;
    const arg = shape.args.find((candidate) => candidate.wire === member && candidate.in === where);
    if (arg !== undefined) {
      const bounds = arg.bounds === undefined ? {} : { bounds: arg.bounds };
      return [{ wire: arg.wire, in: arg.in, name, constant: undefined, description: undefined, ...bounds }];
    }
    if (isOptional === true) return [];
    problems.push(
      `${place}: ${shape.key} has no member “${member}” for ${what} (${name})${nearest(member, wires)}; if it has another name now, map it: args: { <its name>: '${name}' }`,
    );
    return [];
  });
  // Other settings of the row: the protocol's arguments cannot be added to, hidden or fixed.
  for (const [wire, { name, constant, hidden }] of rows) {
    if (name !== undefined && !fixed.some((candidate) => candidate.name === name)) {
      problems.push(
        `${place}.args.${wire}: the protocol fixes the arguments: ${fixed.map((arg) => arg.name).join(', ')}`,
      );
    } else if (!wires.includes(wire)) {
      problems.push(`${place}.args.${wire}: ${shape.key} has no such argument${nearest(wire, wires)}`);
    } else if ((constant !== undefined || hidden === true) && joined.some((arg) => arg.wire === wire)) {
      problems.push(`${place}.args.${wire}: the protocol needs this argument; it can be neither hidden nor constant`);
    }
  }
  // What is left of the operation's arguments is not in the schema; only constants of the row are sent.
  const others = shape.args.filter((arg) => !joined.some((known) => known.wire === arg.wire && known.in === arg.in));
  const constants = others.flatMap((arg): OperationArgument[] => {
    const constant = rows.get(arg.wire)?.constant;
    if (constant !== undefined) {
      return [{ wire: arg.wire, in: arg.in, name: undefined, constant, description: undefined }];
    }
    if (arg.required) {
      problems.push(
        `${place}: ${shape.key} requires “${arg.wire}”, which the protocol does not have; give it a constant: args: { ${arg.wire}: { constant: … } }`,
      );
    }
    return [];
  });
  return [...joined, ...constants];
}
