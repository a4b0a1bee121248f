import type { PastDecision } from '../../plugins/noetl-auth/access/policy-replay.ts';
import { type AuditLook, auditQuestions } from '../console/audit-look.ts';
import type { AuditEntry, AuditFound, Start } from '../console/console-answers.ts';
import { handlersOf } from './channel.ts';

/** Asks every worker. @returns what each answers; undefined: that one does not */
export type AskWorkers = <T>(name: string, args: readonly unknown[]) => Promise<readonly (T | undefined)[]>;

/** As many entries as one process returns. */
const pageSize = 100;

/** In the first process: one answer of all workers. Those that do not answer are counted. */
export function auditOfWorkers(askAll: AskWorkers) {
  const look: AuditLook = {
    async search(asked) {
      const pages = await askAll<AuditFound>('audit.search', [asked]);
      const answered = pages.filter((page) => page !== undefined);
      return {
        entries: newestFirst(answered.flatMap(({ entries }) => entries)).slice(0, pageSize),
        kept: sum(answered.map(({ kept }) => kept)),
        found: sum(answered.map(({ found }) => found)),
        workers: pages.length,
        answered: answered.length,
      };
    },
    starts: async (userId) =>
      (await askAll<readonly Start[]>('audit.starts', [userId])).flatMap((starts) => starts ?? []),
    async decisions() {
      const all = (await askAll<readonly PastDecision[]>('audit.decisions', [])).flatMap((found) => found ?? []);
      // `source` is the time of the line, in ISO 8601.
      return all.toSorted((a, b) => (a.source < b.source ? 1 : -1));
    },
  };
  return handlersOf('crew.audit', look, auditQuestions);
}

const newestFirst = (entries: readonly AuditEntry[]): readonly AuditEntry[] =>
  entries.toSorted((a, b) => (String(a['time']) < String(b['time']) ? 1 : -1));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
