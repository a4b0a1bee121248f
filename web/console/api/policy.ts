import type { ConsoleAnswers } from '../../../gateway/console/console-answers.ts';
import { useQuery, useSession } from './gateway-client.ts';

/** What the gateway answers about its policy, asked once for each look at the view. */
export function usePolicy<Name extends 'cases' | 'lint' | 'replay' | 'draft'>(section: Name) {
  const { gateway } = useSession();
  return useQuery<ConsoleAnswers[Name]>({
    key: ['policy', section],
    ask: (signal) => gateway.section(section, undefined, signal),
  });
}

/**
 * The answer about a text that was written in the page; nothing is asked while it is undefined. The text is part of the
 * key, so the same text is not sent again.
 */
export function useTried<Name extends 'cases' | 'try'>(section: Name, text: string | undefined) {
  const { gateway } = useSession();
  return useQuery<ConsoleAnswers[Name]>({
    key: ['policy', section, text],
    ask: (signal) => gateway.section(section, { text }, signal),
    enabled: text !== undefined,
  });
}

/**
 * Whether a path matches: `*` matches any characters, and a text without it may be anywhere in the path. No regular
 * expression is made of it.
 */
export function matches(pattern: string, path: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  // A search and no grant: a text without `*` is a part of the path here, and a whole path in a grant.
  if (others.length === 0) return path.includes(pattern);
  const last = others.pop() ?? '';
  if (!path.startsWith(first) || !path.endsWith(last)) return false;
  const end = path.length - last.length;
  let at = first.length;
  // The first place is enough: a later one leaves less for the pieces that follow. So the time is linear.
  for (const piece of others) {
    const found = path.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  // The last piece must not overlap the others, as `ab*ba` must not match `aba`.
  return at <= end;
}
