import type { ConsoleAnswers } from '../../../gateway/console/console-answers.ts';
import { useSession } from './me.ts';
import { useQuery } from './use-query.ts';

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
