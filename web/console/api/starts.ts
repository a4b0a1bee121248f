import { useSession } from './me.ts';
import { useQuery } from './use-query.ts';

/**
 * Who has started which execution, as far as the answering replica remembers: the newest 1,000 audit lines. Others than
 * operators see their own starts.
 */
export interface Starts {
  /** The user of this session, as the audit log names users. */
  readonly me: string;
  /** Users by the id of the execution. */
  readonly userOf: ReadonlyMap<string, string>;
  readonly users: readonly string[];
}

/**
 * One question for all parts of the page. NoETL's list does not name the user, so the audit lines are the only source.
 */
export function useStarts() {
  const { gateway } = useSession();
  return useQuery<Starts>({
    key: ['starts'],
    async ask(signal) {
      const { me, starts } = await gateway.section('starts', undefined, signal);
      return {
        me,
        userOf: new Map(starts.map(({ executionId, userId }) => [executionId, userId])),
        users: [...new Set(starts.map(({ userId }) => userId))].sort(),
      };
    },
    everyMs: 10_000,
  });
}

/** `you` or the id of the user; undefined where it is not known. */
export function starterOf(id: string, starts: Starts | undefined): string | undefined {
  const user = starts?.userOf.get(id);
  return user !== undefined && user === starts?.me ? 'you' : user;
}
