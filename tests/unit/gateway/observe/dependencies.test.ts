import { expect, test } from 'vitest';
import { createDependencyLog } from '../../../../gateway/observe/dependencies.ts';
import { createLogger } from '../../../../gateway/observe/logger.ts';
import type { GatewayEvent } from '../../../../plugins/observe.ts';
import { keptLines } from '../../../support/line-sinks.ts';
import { handClock } from '../../../support/session-fakes.ts';

const steps = {
  noetlUrl: 'http://noetl.noetl.svc.cluster.local:8082/',
  noetlTimeoutSecs: 30,
  storeUrl: 'redis://redis.redis.svc.cluster.local/',
  internalUrl: 'http://10.0.0.7:8091',
  playbooks: { login: 'auth/login', validateSession: 'auth/validate', checkAccess: 'auth/check' },
};

function setup() {
  const clock = handClock();
  const { sink, parsed } = keptLines();
  const log = createLogger({ level: 'info', pretty: false, sink });
  return { clock, parsed, dependencies: createDependencyLog(log, clock, steps) };
}

const call = (status: number | 'timeout' | 'error', problem?: string, of: 'read' | 'start' = 'read'): GatewayEvent => ({
  type: 'upstream_call',
  route: '/api/executions',
  method: 'GET',
  status,
  ms: 1,
  class: of,
  ...(problem !== undefined && { problem }),
});

test('one line at the first failure and one at the recovery, however many calls fail between them', () => {
  const { dependencies, parsed, clock } = setup();
  for (let n = 0; n < 1_000; n += 1) dependencies.record(call('error', 'ECONNREFUSED'));
  clock.advance(61_000);
  dependencies.record(call('error', 'ECONNREFUSED'));
  expect(parsed()).toHaveLength(1);
  dependencies.record(call(200));
  dependencies.record(call(200));
  expect(parsed()).toMatchObject([
    { level: 'error', dependency: 'noetl', of: 'read', problem: 'ECONNREFUSED' },
    { level: 'info', dependency: 'noetl', of: 'read', failures: 1_001, downMs: 61_000 },
  ]);
});

test('each class of calls is a dependency of its own', () => {
  const { dependencies, parsed } = setup();
  dependencies.record(call('timeout', 'TIMEOUT', 'read'));
  dependencies.record(call('timeout', 'TIMEOUT', 'start'));
  dependencies.record(call(200, undefined, 'start'));
  expect(parsed().map(({ of, level }) => `${of} ${level}`)).toEqual(['read error', 'start error', 'start info']);
  expect(dependencies.states()).toEqual([
    { name: 'noetl', of: 'read', isUp: false, failingSinceMs: expect.any(Number) },
    { name: 'noetl', of: 'start', isUp: true },
  ]);
});

test('one that fails and recovers all the time has a pair of lines in ten seconds', () => {
  const { dependencies, parsed, clock } = setup();
  for (let n = 0; n < 100; n += 1) {
    dependencies.record(call('error', 'ECONNRESET'));
    dependencies.record(call(200));
    clock.advance(100);
  }
  expect(parsed()).toHaveLength(2);
  clock.advance(1_000);
  dependencies.record(call('error', 'ECONNRESET'));
  expect(parsed()).toHaveLength(3);
  expect(parsed()[2]).toMatchObject({ failures: 100 });
});

test('an outage that begins in the quiet time has its line after it', () => {
  const { dependencies, parsed, clock } = setup();
  dependencies.record(call('error', 'ECONNRESET'));
  dependencies.record(call(200));
  dependencies.record(call('error', 'ECONNREFUSED'));
  clock.advance(10_000);
  dependencies.record(call('error', 'ECONNREFUSED'));
  expect(parsed().map(({ level }) => level)).toEqual(['error', 'info', 'error']);
});

test('a refusal of NoETL, an answer that is too large and a caller that left are no outage', () => {
  const { dependencies, parsed } = setup();
  for (const event of [call(404), call(500), call('error')]) dependencies.record(event);
  expect(parsed()).toEqual([]);
});

test.each<[string, GatewayEvent, readonly string[]]>([
  ['nothing listens', call('error', 'ECONNREFUSED'), ['NOETL_BASE_URL', '8082', 'noetl.noetl.svc.cluster.local']],
  ['no such name', call('error', 'ENOTFOUND'), ['NOETL_BASE_URL', 'DNS', 'NetworkPolicy']],
  ['packets are dropped', call('timeout', 'ETIMEDOUT'), ['NetworkPolicy noetl-gateway', '8082']],
  ['slow', call('timeout', 'TIMEOUT'), ['NOETL_TIMEOUT_SECS is 30']],
  ['certificate', call('error', 'DEPTH_ZERO_SELF_SIGNED_CERT'), ['NODE_EXTRA_CA_CERTS']],
  ['a proxy', call(503), ['proxy']],
  [
    'store: nothing listens',
    { type: 'store_call', operation: 'get', ms: 1, problem: 'ECONNREFUSED' },
    ['GATEWAY_SESSION_STORE', '6379'],
  ],
  [
    'store: packets are dropped',
    { type: 'store_call', operation: 'get', ms: 1, problem: 'ETIMEDOUT' },
    ['NetworkPolicy noetl-gateway-session-store'],
  ],
  [
    'store: wrong password',
    { type: 'store_call', operation: 'get', ms: 1, problem: 'AUTHENTICATION' },
    ['password', 'GATEWAY_SESSION_STORE'],
  ],
  [
    'provider: packets are dropped',
    { type: 'provider_call', issuer: 'https://login.example.com/', problem: 'it did not answer in time' },
    ['login.example.com', '443', 'NetworkPolicy'],
  ],
  [
    'a playbook that does not call back',
    { type: 'auth_playbook', path: 'auth/login', outcome: 'silent' },
    ['GATEWAY_INTERNAL_URL', '8091', 'NetworkPolicy'],
  ],
  [
    'a playbook that is not in the catalog',
    { type: 'auth_playbook', path: 'auth/validate', outcome: 'missing' },
    ['AUTH_PLAYBOOK_VALIDATE_SESSION'],
  ],
])('the line names the next step: %s', (_name, event, words) => {
  const { dependencies, parsed } = setup();
  dependencies.record(event);
  const { next, msg } = parsed()[0] ?? {};
  expect(typeof msg).toBe('string');
  for (const word of words) expect(next).toContain(word);
});

test('what names dependencies is bounded', () => {
  const { dependencies } = setup();
  for (let n = 0; n < 500; n += 1)
    dependencies.record({ type: 'auth_playbook', path: `auth/p${n}`, outcome: 'silent' });
  expect(dependencies.states()).toHaveLength(100);
});
