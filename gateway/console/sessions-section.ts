import type { ListedSession } from '../../plugins/noetl-auth/session/session.ts';
import { listedAtMost, listedId } from '../../plugins/noetl-auth/session/session-list.ts';
import { sessionKey } from '../../plugins/noetl-auth/session/session-token.ts';
import type { Sessions } from '../../plugins/ports.ts';
import { wireTime } from '../rest/wire.ts';
import type { ConsoleSections } from './console.ts';
import type { ShownSession } from './console-answers.ts';
import { readUserInput } from './section-input.ts';

/**
 * The sessions of a user, without anything that a session could be used or ended with elsewhere: no token, no key. One is ended by
 * the field `endSessions`, with its own access rule.
 */
export function createSessionsSection(sessions: Pick<Sessions, 'sessionsOf'>): ConsoleSections['sessions'] {
  return {
    to: 'operator',
    async answer(input, { token }) {
      const listed = await sessions.sessionsOf(readUserInput(input));
      if (listed === undefined) return { isListed: false, atMost: listedAtMost, sessions: [] };
      // By the id and not by the token: what is listed holds neither token nor key.
      const ownId = listedId(sessionKey(token));
      const shown = listed.map((one) => ({ ...shownSession(one), isOwn: one.id === ownId }));
      return { isListed: true, atMost: listedAtMost, sessions: shown };
    },
  };
}

function shownSession({
  id,
  session: { user, issuedAt, expiresAt, identity },
}: ListedSession): Omit<ShownSession, 'isOwn'> {
  return {
    id,
    since: wireTime(issuedAt),
    until: wireTime(expiresAt),
    roles: user.roles,
    // Absent: NoETL made the session, and the gateway was not asked.
    ...(identity !== undefined && {
      login: { issuer: identity.issuer, client: identity.client, isMachine: identity.isMachine === true },
    }),
  };
}
