import { createSessions } from '../../plugins/noetl-auth/session/sessions.ts';
import { hourMs, sessionOf, tokenOf } from './session-fakes.ts';
import { createNatsSessionStore, createRedisSessionStore } from './session-stores.ts';
import { testSeal } from './store-seal.ts';

/** A replica in a process of its own: sessions on the store of `argv[2]`, and a validator that knows every token. */
export interface ReplicaQuestion {
  readonly do: 'lookup' | 'end' | 'endAllOf' | 'remember';
  readonly token: string;
}

/** Whether there is a session now, or the error's code. */
export type ReplicaAnswer = boolean | string;

const [, , url = ''] = process.argv;
const clock = Date.now;
const store = url.startsWith('redis')
  ? createRedisSessionStore({ url, clock, seal: testSeal })
  : createNatsSessionStore({ url, clock, seal: testSeal });
const sessions = createSessions({
  store,
  validator: { validate: async () => sessionOf(Date.now()) },
  clock,
  // Long enough that only what arrives from the other replica can end a cached session.
  options: { cacheTtlMs: 60_000, cacheSize: 100, revalidateMs: 300_000, invalidTtlMs: 10_000, maxMs: 24 * hourMs },
  limits: { validationsAtOnce: 16, validationsWaiting: 64 },
  observe: () => {},
});

async function answer(question: ReplicaQuestion): Promise<ReplicaAnswer> {
  const token = tokenOf(question.token);
  const session = sessionOf(Date.now());
  if (question.do === 'remember') await sessions.remember(token, session);
  if (question.do === 'end') await sessions.end(token, session);
  if (question.do === 'endAllOf') await sessions.endAllOf(session.user);
  return (await sessions.lookup(token)) !== undefined;
}

process.on('message', (question: ReplicaQuestion) => {
  answer(question).then(
    (found) => process.send?.(found),
    (error: unknown) => process.send?.(String(error)),
  );
});
