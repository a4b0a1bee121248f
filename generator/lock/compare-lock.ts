import { hasExpired } from '../../gateway/config/former-names.ts';
import type { DocumentedShape } from '../document/operation-shape.ts';
import { bareType, type GatewayLock, type LockedName, namedType, typeOf, wireOf } from './gateway-lock.ts';

/** What a new generation does to names that clients hold. */
export interface LockChanges {
  /** A name would mean something else, or has probably been renamed upstream: a person decides. */
  readonly problems: readonly string[];
  /** What is gone, and nothing looks like it. */
  readonly notes: readonly string[];
}

/**
 * Compares the names of the last generation with the next. A name keeps its meaning: its operation, where its arguments
 * go on the wire, where its fields come from. What is new is never mentioned; what is gone is a note, or a problem when
 * something new of the same type may be the same thing under another name.
 * @param now default: before every date and version, so that each former name counts
 */
export function compareLock(
  before: GatewayLock,
  after: Pick<GatewayLock, 'names' | 'types'>,
  now: Now = epoch,
): LockChanges {
  const problems: string[] = [];
  const notes: string[] = [];
  const inputTypes = inputTypesOf(after);
  for (const [name, old] of Object.entries(before.names)) {
    const next = after.names[name];
    problems.push(...brokenPromises(name, old, next, now));
    if (next === undefined) notes.push(`${name}: was open (${old.operation}) and no longer is`);
    else compareName(name, old, next, problems, notes);
  }
  for (const [type, old] of Object.entries(before.types)) {
    // A type that is gone is reported by the fields that led to it.
    const next = after.types[type];
    if (next === undefined) continue;
    const isInput = inputTypes.has(type);
    compareMembers({ place: type, kind: isInput ? 'member' : 'field', old, next }, problems, notes);
    if (isInput) problems.push(...newlyRequired(type, 'member', old, next));
  }
  return { problems, notes };
}

/** Today, and the version of the project. */
export interface Now {
  readonly date: string;
  readonly version: string;
}

/** Before every day and every version: nothing is over yet. */
const epoch: Now = { date: '0000-00-00', version: '0.0.0' };

/** Former names that are gone before their time. */
function brokenPromises(name: string, old: LockedName, next: LockedName | undefined, now: Now): readonly string[] {
  return Object.entries(old.until ?? {}).flatMap(([argument, until]) => {
    const isThere = argument === '' ? next !== undefined : next?.args[argument] !== undefined;
    if (isThere || hasExpired(until, now)) return [];
    const what = argument === '' ? `operations.${name}` : `operations.${name}: the argument ${argument}`;
    return [`${what} is a former name that was promised until ${until}`];
  });
}

function compareName(name: string, old: LockedName, next: LockedName, problems: string[], notes: string[]): void {
  const place = `operations.${name}`;
  // The rest of another operation need not be compared.
  if (template(old.operation) !== template(next.operation)) {
    problems.push(`${place}: meant ${old.operation} and would now mean ${next.operation}`);
    return;
  }
  // Locks of earlier versions have no kinds.
  if (old.kind !== undefined && old.kind !== next.kind) {
    problems.push(`${place}: was of the kind ${old.kind} and would now be ${next.kind}`);
  }
  if (bareType(old.answer) !== bareType(next.answer)) {
    problems.push(`${place}: answered ${old.answer} and would now answer ${next.answer}`);
  }
  compareMembers({ place, kind: 'argument', old: old.args, next: inOldWords(old, next) }, problems, notes);
  problems.push(...newlyRequired(place, 'argument', old.args, next.args));
}

type Meanings = Readonly<Record<string, string>>;

function newlyRequired(place: string, kind: 'argument' | 'member', old: Meanings, next: Meanings): readonly string[] {
  return Object.entries(next).flatMap(([name, meaning]) =>
    meaning.endsWith('!') && old[name]?.endsWith('!') !== true
      ? [`${place}: the ${kind} ${name} would now be required`]
      : [],
  );
}

/** Types of arguments, and of what they hold. */
function inputTypesOf({ names, types }: Pick<GatewayLock, 'names' | 'types'>): ReadonlySet<string> {
  const inputTypes = new Set<string>();
  const queue = Object.values(names).flatMap(({ args }) => Object.values(args));
  for (let meaning = queue.pop(); meaning !== undefined; meaning = queue.pop()) {
    const type = namedType(typeOf(meaning));
    const members = types[type];
    if (members === undefined || inputTypes.has(type)) continue;
    inputTypes.add(type);
    queue.push(...Object.values(members));
  }
  return inputTypes;
}

interface Members {
  readonly place: string;
  /** A member is a field of an argument: no row can give it another name. */
  readonly kind: 'argument' | 'field' | 'member';
  readonly old: Meanings;
  readonly next: Meanings;
}

function compareMembers({ place, kind, old, next }: Members, problems: string[], notes: string[]): void {
  const oldWires = new Set(Object.values(old).map(wireOf));
  for (const [name, meaning] of Object.entries(old)) {
    const now = next[name];
    if (now !== undefined) {
      problems.push(...changedMeaning(`${place}.${name}`, meaning, now));
      continue;
    }
    // New ones of the same type: a member that existed before cannot be the new name of this one.
    const candidates = Object.entries(next)
      .filter(([, other]) => !oldWires.has(wireOf(other)) && typeOf(other) === typeOf(meaning))
      .map(([, other]) => wireOf(other).split(' ').at(-1) ?? '');
    const gone = `${place}: the ${kind} ${name} (${wireOf(meaning)}) is gone`;
    if (candidates.length === 0) notes.push(gone);
    else problems.push(`${gone}; ${renamedTo(kind, candidates, name)}`);
  }
}

function renamedTo(kind: Members['kind'], candidates: readonly string[], name: string): string {
  const others = candidates.join(' or ');
  if (kind === 'member') return `perhaps it is now called ${others}`;
  return `if it is now called ${others}, map it: ${mapping(kind, candidates[0] ?? '', name)}`;
}

function changedMeaning(place: string, old: string, next: string): string[] {
  if (wireOf(next) !== wireOf(old)) {
    return [`${place}: was ${wireOf(old)} on the wire and would now be ${wireOf(next)}`];
  }
  const [was, is] = [typeOf(old), typeOf(next)];
  return was === is ? [] : [`${place}: was of type ${was} and would now be ${is}`];
}

const mapping = (kind: 'argument' | 'field', wire: string, name: string): string =>
  `${kind === 'field' ? 'fields' : 'args'}: { ${JSON.stringify(wire)}: ${JSON.stringify(name)} }`;

/**
 * The next arguments; one at its old place in the path keeps the name that it had there: a new name for a
 * part of a path changes nothing on the wire.
 */
function inOldWords(old: LockedName, next: LockedName): LockedName['args'] {
  const [was, is] = [placesIn(old.operation), placesIn(next.operation)];
  return Object.fromEntries(
    Object.entries(next.args).map(([name, meaning]) => {
      const before = old.args[name];
      const place = is.indexOf(wireOf(meaning));
      const stays = before !== undefined && place !== -1 && was.indexOf(wireOf(before)) === place;
      return [name, stays ? `${wireOf(before)}: ${meaning.slice(wireOf(meaning).length + 2)}` : meaning];
    }),
  );
}

const placesIn = (operation: string): readonly string[] =>
  [...operation.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => `path ${name}`);

const template = (operation: string): string => operation.replace(/\{[^{}]*\}/g, '{}');

/** The share of members that two operations must have in common to be taken for the same one. */
const likeness = 0.6;

/**
 * For an operation that a document no longer has: the one most like what the lock remembers, when one is like it at
 * all.
 */
export function suggestMoved(field: string, lock: GatewayLock, shapes: readonly DocumentedShape[]): string | undefined {
  const locked = lock.names[field];
  if (locked === undefined) return undefined;
  const answer = lock.types[namedType(locked.answer)] ?? {};
  const known = new Set([
    ...Object.values(locked.args).map((arg) => `arg ${wireOf(arg).split(' ').at(-1)}`),
    ...Object.values(answer).map((meaning) => `field ${wireOf(meaning)}`),
  ]);
  const scored = shapes
    .filter((shape) => shape.key !== locked.operation)
    .map((shape) => ({ shape, score: overlap(known, namesOf(shape)) }))
    .sort((a, b) => b.score - a.score || (a.shape.key < b.shape.key ? -1 : 1));
  const best = scored[0];
  if (best === undefined || best.score < likeness) return undefined;
  return `operations.${field}: ${best.shape.key} takes and answers the same; if it is the same operation, write upstream: '${best.shape.key}'`;
}

const namesOf = (shape: DocumentedShape): ReadonlySet<string> =>
  new Set([
    ...shape.args.map((arg) => `arg ${arg.wire}`),
    ...shape.fields.filter((field) => !field.includes('.')).map((field) => `field ${field}`),
  ]);

/** Shared members as a part of all; 0 for two empty sets. */
function overlap(left: ReadonlySet<string>, right: ReadonlySet<string>): number {
  const all = left.union(right).size;
  return all === 0 ? 0 : left.intersection(right).size / all;
}
