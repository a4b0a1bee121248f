/**
 * The settings of a row for its arguments or for its response's fields, by wire name: `'all'` opens everything, new members too; a list
 * opens what it names and nothing else; an object renames, hides and opens single members, and its member `*` is the rest.
 */
export type RowMembers<Name extends string, Settings> =
  | 'all'
  | readonly Name[]
  | { readonly [N in Name | '*']?: boolean | Settings };

/** {@link RowMembers} in one form. */
export interface ReadMembers<Settings> {
  /** The rest: `open` (new members too), `closed`, or `pinned`: what `gateway.lock` knows. */
  readonly rest: 'open' | 'closed' | 'pinned';
  /** Wire name → its settings in the row; `true` opens under the default name. */
  readonly named: Readonly<Record<string, true | Settings>>;
}

/** `false` is kept as the value that hides. */
export function readMembers<Settings>(
  members: RowMembers<string, Settings | false> | undefined,
): ReadMembers<Exclude<Settings, boolean> | false> {
  if (members === undefined) return { rest: 'pinned', named: {} };
  if (members === 'all') return { rest: 'open', named: {} };
  if (isList(members))
    return { rest: 'closed', named: Object.fromEntries(members.map((name) => [name, true] as const)) };
  const { '*': rest, ...named } = members as Readonly<
    Record<string, true | Exclude<Settings, boolean> | false | undefined>
  >;
  const given = Object.entries(named).flatMap(([name, settings]) =>
    settings === undefined ? [] : [[name, settings] as const],
  );
  return { rest: rest === true ? 'open' : rest === false ? 'closed' : 'pinned', named: Object.fromEntries(given) };
}

const isList = (members: object): members is readonly string[] => Array.isArray(members);
