import { decisionOf, type PastDecision } from '../../plugins/noetl-auth/access/policy-replay.ts';
import type { AuditRing, AuditSearch } from '../observe/audit-ring.ts';
import { handlersOf, remoteOf } from '../workers/channel.ts';
import type { WorkerLink } from '../workers/worker-link.ts';
import type { AuditFound, Start } from './console-answers.ts';

/** What the console asks the newest audit lines: of this process, or of all workers of the gateway. */
export interface AuditLook {
  search(asked: AuditSearch): Promise<AuditFound>;
  /** See {@link AuditRing.starts}. */
  starts(userId: string | undefined): Promise<readonly Start[]>;
  /** The decisions on a path among the lines, newest first. */
  decisions(): Promise<readonly PastDecision[]>;
}

/** What workers answer about their audit lines. */
export const auditQuestions = ['search', 'starts', 'decisions'] as const;

/** @param link set in one of several workers: then the first process asks all of them */
export function createAuditLook(ring: AuditRing, link: Pick<WorkerLink, 'channel'> | undefined): AuditLook {
  // Each question is a promise, since with several workers it crosses processes.
  const own: AuditLook = {
    search: async (asked) => ({ ...ring.search(asked), workers: 1, answered: 1 }),
    starts: async (userId) => ring.starts(userId),
    decisions: async () => ring.entries().flatMap((entry) => decisionOf(entry, String(entry['time'])) ?? []),
  };
  if (link === undefined) return own;
  // Every worker answers about its own lines and asks for those of all.
  link.channel.handle(handlersOf('audit', own, auditQuestions));
  return remoteOf<AuditLook, (typeof auditQuestions)[number]>('crew.audit', link.channel, auditQuestions);
}
