import { expect, it } from 'vitest';
import type { IssuerEntry } from '../../gateway/config/identity/issuer-entry.ts';
import type { issuerEntry } from '../../gateway/config/schema/issuers.ts';
import type { Given } from '../../gateway/config/schema/node.ts';

type Checked = Given<typeof issuerEntry>;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
type Part = 'roles' | 'email' | 'introspection' | 'session' | 'machines' | 'browser';
type NamesOf<T> = { [K in Part]: K extends keyof T ? keyof NonNullable<T[K]> : never };

/** Read by the compiler: a name that only one of the two has is an error. */
const sameNames: Same<keyof Checked, keyof IssuerEntry> = true;
const sameNamesInside: Same<NamesOf<Checked>, NamesOf<IssuerEntry>> = true;

it('the schema of an entry and its interface have the same names', () => {
  expect([sameNames, sameNamesInside]).toEqual([true, true]);
});
