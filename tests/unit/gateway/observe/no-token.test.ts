import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createAudit } from '../../../../gateway/observe/audit.ts';
import { createLogger } from '../../../../gateway/observe/logger.ts';
import { createMetrics } from '../../../../gateway/observe/metrics.ts';
import { createObserve } from '../../../../gateway/observe/telemetry.ts';
import { encodeLive } from '../../../../gateway/stores/session-record.ts';
import { GatewayError } from '../../../../plugins/errors.ts';
import { createSessions } from '../../../../plugins/noetl-auth/session/sessions.ts';
import { keptLines } from '../../../support/line-sinks.ts';
import { handClock, hourMs, sessionOf, tokenOf } from '../../../support/session-fakes.ts';
import { createMemorySessionStore } from '../../../support/session-stores.ts';

const tokens = {
  'of NoETL': '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
  'of the gateway': `noetl-session-${randomBytes(32).toString('base64url')}`,
  'a JWT': 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLW9mLWFkYQ',
};

test.each(Object.entries(tokens))(
  'token %s: in no log, metric, audit line or record, whatever happens',
  async (_name, text) => {
    const clock = handClock();
    const [logLines, auditLines, kept] = [keptLines(), keptLines(), [] as string[]];
    const log = createLogger({ level: 'trace', pretty: false, sink: logLines.sink });
    const metrics = createMetrics({ version: '1', upstreamRoutes: [], processMetrics: false });
    const audit = createAudit({ sink: auditLines.sink, clock, emails: true, onDrop: () => {} });
    const observe = createObserve({ metrics, audit, log, clock });
    const inner = createMemorySessionStore({ maxEntries: 10, clock });
    const store: typeof inner = {
      ...inner,
      put(key, session, checkedAt, keepUntil) {
        kept.push(key, encodeLive(session, checkedAt, keepUntil));
        return inner.put(key, session, checkedAt, keepUntil);
      },
    };
    const answers = [() => sessionOf(clock()), () => Promise.reject(new Error(`cannot validate ${text}`))];
    const sessions = createSessions({
      store,
      validator: { validate: async () => answers.shift()?.() },
      clock,
      options: { cacheTtlMs: 5_000, cacheSize: 10, revalidateMs: 300_000, invalidTtlMs: 10_000, maxMs: 24 * hourMs },
      limits: { validationsAtOnce: 1, validationsWaiting: 0 },
      observe,
    });

    const token = tokenOf(text);
    const session = await sessions.lookup(token);
    expect(session).toBeDefined();
    await Promise.resolve(sessions.lookup(tokenOf(`${text}x`))).catch((error: unknown) => {
      expect(error).toBeInstanceOf(GatewayError);
      expect(String(error)).not.toContain(text);
      log.error({ err: error, headers: { authorization: `Bearer ${text}`, cookie: `session_token=${text}` } }, text);
    });
    if (session !== undefined) await sessions.end(token, session);
    // Ids and catalog paths are random runs as well: there only tokens of a known form are recognised.
    const asId = text === tokens['of NoETL'] ? 'x' : text;
    observe({ type: 'login', outcome: 'rejected', subject: asId, reason: text });
    observe({
      type: 'decision',
      outcome: 'denied',
      field: 'executePlaybook',
      root: 'mutation',
      userId: '7',
      path: asId,
      grant: text,
    });

    expect(logLines.lines).not.toHaveLength(0);
    expect(auditLines.lines).toHaveLength(2);
    expect(kept).toHaveLength(2);
    const written = [...logLines.lines, ...auditLines.lines, ...kept, await metrics.text()].join('\n');
    expect(written).not.toContain(text);
    // Nor a part that would be of use.
    expect(written).not.toContain(text.slice(-24));
  },
);
