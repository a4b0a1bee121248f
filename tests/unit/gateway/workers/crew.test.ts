import { describe, expect, test } from 'vitest';
import type { GatewayConfig } from '../../../../gateway/config/gateway-config.ts';
import { resolveConfig } from '../../../../gateway/config/resolve-config.ts';
import type { ReadinessReport } from '../../../../gateway/console/gateway-health.ts';
import { createMetrics } from '../../../../gateway/observe/metrics.ts';
import { createCrew } from '../../../../gateway/workers/crew.ts';
import { mergeReadiness } from '../../../../gateway/workers/merge-readiness.ts';
import { shareLimits } from '../../../../gateway/workers/share-limits.ts';
import shipped from '../../../../gateway.config.ts';
import { channelPair } from '../../../support/wires.ts';

const { config } = resolveConfig(shipped as unknown as GatewayConfig, {
  GATEWAY_TRUSTED_ISSUERS: 'https://id.example.com/',
  GATEWAY_AUDIENCES: 'app',
  GATEWAY_SESSION_ACCEPT_MEMORY: 'true',
});

/** A crew of workers that have metrics, and callbacks of their own. */
function crewOf(count: number) {
  const crew = createCrew(config, count, Date.now);
  const join = (place: number, expected = 'none') => {
    const [first, worker] = channelPair();
    const metrics = createMetrics({ version: '1', upstreamRoutes: [], processMetrics: true });
    const report: ReadinessReport = { ready: true, checks: { store: 'ok' }, notes: {} };
    worker.handle({
      metrics: metrics.json,
      ready: () => report,
      'callback.expected': (path: string) => path === expected,
      'callback.deliver': (path: string, text: string) => ({ status: 200, body: { place, path, text } }),
    });
    crew.join(place, first);
    return { worker, metrics };
  };
  return { crew, join };
}

async function linesOf(worker: { ask(name: string, args: readonly unknown[]): Promise<unknown> }): Promise<string[]> {
  const { body } = (await worker.ask('crew.metrics', [])) as { body: string };
  return body.split('\n');
}

describe('the first process', () => {
  test('adds up what workers count; a version stays a version, and a check that fails anywhere fails', async () => {
    const { join } = crewOf(2);
    const [one, two] = [join(1), join(2)];
    one.metrics.record({ type: 'logout', all: false, userId: '1' });
    two.metrics.record({ type: 'logout', all: false, userId: '2' });
    two.metrics.record({ type: 'ready_check', check: 'store', isOk: false });
    for (const ms of [20, 40]) two.metrics.record({ type: 'request', route: '/graphql', status: 200, ms });
    one.metrics.record({ type: 'request', route: '/graphql', status: 200, ms: 20 });
    const lines = await linesOf(one.worker);
    for (const line of [
      'noetl_gateway_logout_total{scope="session"} 2',
      'noetl_gateway_build_info{version="1"} 1',
      'noetl_gateway_ready_check{check="store"} 0',
      'noetl_gateway_request_duration_seconds_bucket{le="0.025",route="/graphql"} 2',
      'noetl_gateway_request_duration_seconds_count{route="/graphql"} 3',
      'noetl_gateway_workers 2',
    ]) {
      expect(lines).toContain(line);
    }
    expect(await linesOf(two.worker)).toContain('noetl_gateway_logout_total{scope="session"} 2');
  });

  test('no counter falls when a worker ends, and one that does not answer counts with its last numbers', async () => {
    const { crew, join } = crewOf(2);
    const [one, two] = [join(1), join(2)];
    const logout = { type: 'logout', all: true, userId: '1' } as const;
    two.metrics.record(logout);
    expect(await linesOf(one.worker)).toContain('noetl_gateway_logout_total{scope="all"} 1');
    crew.leave(2, true);
    const line = 'noetl_gateway_logout_total{scope="all"} 1';
    const alone = await linesOf(one.worker);
    expect(alone).toContain(line);
    expect(alone).toContain('noetl_gateway_workers 1');
    expect(alone).toContain('noetl_gateway_worker_restarts_total 1');
    const again = join(2);
    again.metrics.record(logout);
    expect(await linesOf(one.worker)).toContain('noetl_gateway_logout_total{scope="all"} 2');
    again.worker.handle({ metrics: () => Promise.reject(new Error('busy')) });
    expect(await linesOf(one.worker)).toContain('noetl_gateway_logout_total{scope="all"} 2');
  });

  test('finds the worker that waits for a callback, and hands it the body as it came', async () => {
    const { join } = crewOf(2);
    const one = join(1);
    join(2, '/cb/x');
    expect(await one.worker.ask('crew.expects', ['/cb/x'])).toBe(2);
    expect(await one.worker.ask('crew.expects', ['/cb/y'])).toBeUndefined();
    expect(await one.worker.ask('crew.deliver', [2, '/cb/x', '{"id": 1.0}'])).toEqual({
      status: 200,
      body: { place: 2, path: '/cb/x', text: '{"id": 1.0}' },
    });
    expect(await one.worker.ask('crew.deliver', [3, '/cb/x', ''])).toBeUndefined();
  });
});

describe('one readiness of all workers', () => {
  const fine: ReadinessReport = {
    ready: true,
    checks: { store: 'ok', upstream: 'ok' },
    notes: { document: 'differs' },
  };
  const failing: ReadinessReport = { ready: false, checks: { store: 'failing', upstream: 'ok' }, notes: {} };

  test('is ready when every worker that runs is', () => {
    expect(mergeReadiness([fine, fine], 2)).toEqual(fine);
    expect(mergeReadiness([fine, failing, fine], 3)).toMatchObject({ ready: false, checks: { store: 'failing' } });
    expect(mergeReadiness([fine], 2)).toMatchObject({
      ready: true,
      notes: { workers: expect.stringContaining('1 of 2') },
    });
  });

  test('is not when one does not answer, or none runs', () => {
    expect(mergeReadiness([fine, undefined], 2)).toMatchObject({ ready: false, checks: { workers: 'failing' } });
    expect(mergeReadiness([], 2)).toMatchObject({ ready: false, checks: { workers: 'failing' } });
  });
});

describe('limits of one of several workers', () => {
  test('are its share of what is held at a time; rates stay whole', () => {
    const { limits, executions } = shareLimits(config, 3);
    expect(limits.connections).toBe(Math.ceil(config.limits.connections / 3));
    expect(limits.startsAtOnce).toBe(Math.ceil(config.limits.startsAtOnce / 3));
    expect(executions.keepBytes).toBe(Math.ceil(config.executions.keepBytes / 3));
    expect(limits.callsPerSecond).toBe(config.limits.callsPerSecond);
    expect(limits.bodyBytes).toBe(config.limits.bodyBytes);
    expect(shareLimits(config, 1)).toBe(config);
    expect(shareLimits(config, 1_000_000).limits.startsAtOnce).toBe(1);
  });

  test('streams do not multiply by the workers, of all users and of one', () => {
    const { events } = shareLimits(config, 4);
    const { streams, streamsPerUser, streamsPerAddress } = config.events;
    expect(events.streams).toBe(streams / 4);
    expect(events.streamsPerUser).toBe(streamsPerUser / 4);
    expect(events.streamsPerAddress).toBe(streamsPerAddress / 4);
  });

  test('few connections of one user or address may all reach the same worker', () => {
    const { limits, events } = shareLimits(config, 64);
    const ofOne = [limits.userCallsWaiting, limits.connectionsPerAddress, events.streamsPerUser];
    expect([...ofOne, events.streamsPerAddress]).toEqual([20, 20, 20, 20]);
    const small = { ...config, events: { ...config.events, streamsPerUser: 6, streamsPerAddress: 1 } };
    expect(shareLimits(small, 4).events).toMatchObject({ streamsPerUser: 6, streamsPerAddress: 1 });
  });

  test('executions that one connection can start are not divided', () => {
    const { events, executions } = shareLimits(config, 4);
    expect(events.pendingPerUser).toBe(config.events.pendingPerUser);
    expect(executions.maxWatches).toBe(config.executions.maxWatches);
  });
});
