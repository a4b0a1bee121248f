/**
 * What a row says of its arguments or of its answer's fields, by wire name: `'all'` opens everything, new members too; a list
 * opens what it names and nothing else; an object renames, hides and opens single members, and its member `*` stands for the rest.
 */
export type RowMembers<Name extends string, Said> =
  | 'all'
  | readonly Name[]
  | { readonly [N in Name | '*']?: boolean | Said };

/** {@link RowMembers} in one form. */
export interface ReadMembers<Said> {
  /** The rest: `open` (new members too), `closed`, or `pinned`: what `gateway.lock` knows. */
  readonly rest: 'open' | 'closed' | 'pinned';
  /** Wire name → what the row says of it; `true` opens under the default name. */
  readonly named: Readonly<Record<string, true | Said>>;
}

/** `false` is kept as the value that hides. */
export function readMembers<Said>(
  members: RowMembers<string, Said | false> | undefined,
): ReadMembers<Exclude<Said, boolean> | false> {
  if (members === undefined) return { rest: 'pinned', named: {} };
  if (members === 'all') return { rest: 'open', named: {} };
  if (isList(members))
    return { rest: 'closed', named: Object.fromEntries(members.map((name) => [name, true] as const)) };
  const { '*': rest, ...named } = members as Readonly<
    Record<string, true | Exclude<Said, boolean> | false | undefined>
  >;
  const given = Object.entries(named).flatMap(([name, said]) => (said === undefined ? [] : [[name, said] as const]));
  return { rest: rest === true ? 'open' : rest === false ? 'closed' : 'pinned', named: Object.fromEntries(given) };
}

const isList = (members: object): members is readonly string[] => Array.isArray(members);
