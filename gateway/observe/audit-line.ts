import { scrub, scrubKnown } from './scrub.ts';

/** Members of a line, in their order. Their names are the gateway's own. */
export type AuditMembers = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** Ids, and catalog paths in normal form: they may look like a token, and are what the log is searched by. */
const ids = new Set([
  'requestId',
  'callerRequestId',
  'traceId',
  'executionId',
  'path',
  'userId',
  'subject',
  'operator',
  'machine',
  'client',
]);
/** Each line has another value of these, so the last one is not kept. */
const unique = new Set(['requestId', 'callerRequestId', 'traceId', 'executionId']);

/**
 * Makes lines of JSON, each with its line feed. The texts of a member's last value are kept: users, fields, paths and grants are the same
 * for many lines one after another, and to scrub them is most of the work.
 * @returns takes the time as text, which is made here, and the members after it: those of the entry, then others
 */
export function createAuditLine(): (time: string, entry: AuditMembers, others?: AuditMembers) => string {
  const last = new Map<string, { readonly value: unknown; readonly text: string }>();
  const textOf = (key: string, value: NonNullable<AuditMembers[string]>): string => {
    const known = last.get(key);
    if (known !== undefined && known.value === value) return known.text;
    const clear = cleaned(key, value);
    const text = `,"${key}":${JSON.stringify(clear)}`;
    // A value that had to be scrubbed is not kept.
    if (!unique.has(key) && isSame(clear, value)) last.set(key, { value, text });
    return text;
  };
  const add = (texts: string[], members: AuditMembers): void => {
    for (const key in members) {
      const value = members[key];
      if (value !== undefined) texts.push(textOf(key, value));
    }
  };
  return (time, entry, others) => {
    // Joined, which makes one flat text: lines are kept, and a text that was added up is a tree of its pieces.
    const texts = ['{"time":"', time, '","category":"audit"'];
    add(texts, entry);
    if (others !== undefined) add(texts, others);
    texts.push('}\n');
    return texts.join('');
  };
}

function cleaned(key: string, value: NonNullable<AuditMembers[string]>) {
  if (typeof value === 'string') return clean(key, value);
  return typeof value === 'object' ? value.map((one) => clean('', one)) : value;
}

const isSame = (clear: ReturnType<typeof cleaned>, value: AuditMembers[string]): boolean =>
  typeof clear === 'object' && typeof value === 'object'
    ? clear.every((one, index) => one === value[index])
    : clear === value;

/** Cut before it is scrubbed, so that the work has a bound. The cut is marked. */
function clean(key: string, value: string): string {
  const cut = value.length > 512 ? `${value.slice(0, 512)}…` : value;
  return ids.has(key) ? scrubKnown(cut) : scrub(cut);
}
