import { describe, expect, test } from 'vitest';
import type { GatewayConfig } from '../../../../gateway/config/gateway-config.ts';
import { resolveConfig } from '../../../../gateway/config/resolve-config.ts';
import { createAuditLook } from '../../../../gateway/console/audit-look.ts';
import { recentOf } from '../../../../gateway/console/health-section.ts';
import { type AuditRing, createAuditRing } from '../../../../gateway/observe/audit-ring.ts';
import { createRecentNumbers } from '../../../../gateway/observe/recent-numbers.ts';
import { openChannel } from '../../../../gateway/workers/channel.ts';
import { createCrew } from '../../../../gateway/workers/crew.ts';
import shipped from '../../../../gateway.config.ts';
import { channelPair, wirePair } from '../../../support/wires.ts';

const { config } = resolveConfig(shipped as unknown as GatewayConfig, {
  GATEWAY_TRUSTED_ISSUERS: 'https://id.example.com/',
  GATEWAY_AUDIENCES: 'app',
  GATEWAY_SESSION_ACCEPT_MEMORY: 'true',
});

const crew = createCrew(config, 2, Date.now);

function worker(place: number) {
  const [first, channel] = channelPair();
  crew.join(place, first);
  const ring = createAuditRing();
  const numbers = createRecentNumbers(['executions'], Date.now);
  const recent = recentOf(numbers, { channel }, Date.now);
  return { ring, numbers, recent, look: createAuditLook(ring, { channel }) };
}

const start = (ring: AuditRing, second: number, userId: string) =>
  ring.add(
    JSON.stringify({
      ...{ time: `2026-01-01T00:00:0${second}.000Z`, audit: 'mutation', outcome: 'started', userId },
      ...{ roles: ['admin'], field: 'executePlaybook', permission: 'execute', path: `data/${second}` },
      executionId: String(second),
    }),
  );

describe('audit lines of several workers', () => {
  const [one, two] = [worker(1), worker(2)];
  for (const second of [1, 3]) start(one.ring, second, 'ada');
  start(two.ring, 2, 'dan');

  test('whichever worker is asked, all of them are searched, newest first', async () => {
    for (const { look } of [one, two]) {
      const { entries, ...numbers } = await look.search({});
      expect(entries.map(({ executionId }) => executionId)).toEqual(['3', '2', '1']);
      expect(numbers).toEqual({ kept: 3, found: 3, workers: 2, answered: 2 });
    }
    expect(await two.look.search({ text: 'data/1' })).toMatchObject({
      entries: [{ executionId: '1' }],
      found: 1,
      kept: 3,
    });
  });

  test('starts of a user and past decisions are those of all', async () => {
    expect(await two.look.starts('ada')).toEqual([
      { executionId: '3', userId: 'ada' },
      { executionId: '1', userId: 'ada' },
    ]);
    expect((await one.look.starts(undefined)).length).toBe(3);
    expect((await one.look.decisions()).map(({ path }) => path)).toEqual(['data/3', 'data/2', 'data/1']);
  });

  test('numbers of the last minutes are those of all', async () => {
    for (const { numbers } of [one, one, two]) {
      numbers.record({ type: 'field', field: 'executions', ms: 20 });
      numbers.record({ type: 'error_answer', code: 'ERR_UPSTREAM' });
    }
    for (const { recent } of [one, two]) {
      expect(await recent()).toMatchObject({
        total: { calls: 3 },
        fields: [{ field: 'executions', calls: 3, p50: 0.025 }],
        codes: [{ code: 'ERR_UPSTREAM', count: 3 }],
      });
    }
  });

  test('a worker that does not answer is counted, and the others are shown', async () => {
    const wires = wirePair();
    wires.cut();
    crew.join(3, openChannel(wires[0]));
    expect(await one.look.search({})).toMatchObject({ kept: 3, workers: 3, answered: 2 });
    expect(await one.recent()).toMatchObject({ total: { calls: 3 } });
    crew.leave(3, false);
  });
});
