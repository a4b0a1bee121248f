import { nearest } from '../openapi/names.ts';

/** What a run of `generate` accepts, as `--accept` names it. */
export interface Acceptance {
  /** Names may change their meaning. */
  readonly changes: boolean;
  /**
   * New members to open: `executions` (all of a row), `executions.newField`, `executions.args.page`, `Type.newField`,
   * `*`.
   */
  readonly members: readonly string[];
}

/** Every new member stays closed, and every changed meaning stops the run. */
export const acceptNothing: Acceptance = { changes: false, members: [] };

/** A field, an argument or a member of an argument that the document has and that was not accepted. */
export interface NewMember {
  readonly kind: 'field' | 'argument' | 'member';
  /** What `--accept` takes for it, `executions.newField`; by the first root field that shows it. */
  readonly name: string;
  /** The same by the other root fields that show it: types are shared. */
  readonly also: readonly string[];
  /** The type that has it; undefined for an argument. */
  readonly type: string | undefined;
  /** Its name on the wire. */
  readonly wire: string;
  /** Its GraphQL type. */
  readonly is: string;
}

/** Whether a new member is accepted by one of its names. */
export function isAccepted(member: NewMember, { members }: Acceptance): boolean {
  const names = namesOf(member);
  return members.some((accepted) => accepted === '*' || names.includes(accepted));
}

/** Everything that `--accept` may call a new member: its places, their rows, and the type's own name for it. */
function namesOf({ name, also, type }: NewMember): readonly string[] {
  const places = [name, ...also];
  const rows = places.map((place) => place.slice(0, place.indexOf('.')));
  return [...places, ...rows, ...(type === undefined ? [] : [`${type}.${name.slice(name.lastIndexOf('.') + 1)}`])];
}

/**
 * What was accepted and is nothing new: a typing error, or a second run. Names of rows are always known, so that a
 * script may accept a row again and again.
 * @returns one line each; empty: all of it is new
 */
export function unknownAcceptances(
  { members }: Acceptance,
  found: readonly NewMember[],
  rows: readonly string[],
): readonly string[] {
  const known = new Set(['*', ...rows, ...found.flatMap(namesOf)]);
  return members
    .filter((member) => !known.has(member))
    .map((member) => `--accept ${member}: there is nothing new of that name${nearest(member, known)}`);
}

/** What a run has opened and what it leaves closed, a line each, with the way to open it. */
export function newMemberLines({
  pending,
  opened,
}: {
  readonly pending: readonly NewMember[];
  readonly opened: readonly NewMember[];
}): readonly string[] {
  return [
    ...opened.map((member) => printable(`new, opened: ${member.name} (${memberWords(member)})`)),
    ...pending.map((member) => printable(`new, closed: ${member.name} (${memberWords(member)})`)),
    ...(pending.length === 0 ? [] : [howToOpen(pending)]),
  ];
}

/** `field duration_human: String; also as playbook.durationHuman`. */
export function memberWords({ kind, wire, is, also }: NewMember): string {
  return `${kind} ${wire}: ${is}${also.length === 0 ? '' : `; also as ${also.join(', ')}`}`;
}

function howToOpen(pending: readonly NewMember[]): string {
  const [first] = pending;
  const many = pending.length === 1 ? 'to open it' : 'to open one of them';
  return printable(`  ${many}: generate --accept ${first?.name}; to keep it closed without a word, hide it in its row`);
}

/** Names come from a foreign document, and a terminal obeys control characters. */
const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, '?');
