import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ChildServer, eventually, hasProgram, startNats, startRedis } from '../support/child-server.ts';
import { createLiveTraffic } from '../support/live-traffic.ts';
import { developers, type Replica, type Replicas, startReplicas } from '../support/replicas.ts';
import { openSteadyListener, type SteadyListener } from '../support/steady-listener.ts';

const must = process.env['CI'] === 'true';
const executions = 1_000;
const users = developers(20);
const atOnce = 24;

describe.each<[string, string, () => Promise<ChildServer>]>([
  ['redis', 'redis-server', () => startRedis()],
  ['nats', 'nats-server', () => startNats()],
])('1,000 executions on two replicas on %s', (scheme, program, startStore) => {
  const isMissing = !must && !hasProgram(program);
  let store: ChildServer;
  let replicas: Replicas;
  const listeners: SteadyListener[] = [];

  beforeAll(async () => {
    if (isMissing) return;
    store = await startStore();
    replicas = await startReplicas(2, `${scheme}://127.0.0.1:${store.port}`, {
      users: users.map(({ email }) => email.slice(0, email.indexOf('@'))),
      standIn: { users, remember: 10 },
    });
    const urls = replicas.all.map(({ url }) => url);
    for (const [n] of users.entries()) {
      const token = await replicas.login(`user${n}`);
      listeners.push(openSteadyListener({ token, urls, first: n % 2, from: `127.0.0.${10 + n}` }));
    }
    await Promise.all(listeners.map(({ clientId }) => clientId));
  }, 60_000);
  afterAll(async () => {
    for (const listener of listeners) listener.close();
    await replicas?.stop();
    await store?.remove();
  });

  test.skipIf(isMissing)(
    'each replica and the store are killed and come back in the middle: nothing lost, nothing twice',
    async () => {
      const [one, two] = replicas.all as [Replica, Replica];
      const traffic = createLiveTraffic(replicas, { callingBack: 7, workMs: 1_000 });
      let next = 0;
      // Each is started at the replica that its client does not listen to, while that one is there.
      const starter = async () => {
        for (let n = next++; n < executions; n = next++) {
          const by = () => [two, one].find((replica, index) => (n + index) % 2 === 0 && replica.isUp()) ?? one;
          await traffic.start(listeners[n % listeners.length] as SteadyListener, by);
        }
      };
      const starters = Promise.all(Array.from({ length: atOnce }, starter));
      const reached = (count: number) => eventually(() => traffic.started() >= count, 100_000);
      const outage = async (at: number, kill: () => Promise<void>, start: () => Promise<void>) => {
        await reached(at);
        await kill();
        await delay(1_000);
        await start();
      };
      await outage(200, one.kill, one.start);
      await outage(450, store.stop, store.start);
      // A replica writes what waited for the store within a second; killed before, it takes that with it (docs/events.md).
      await delay(1_000);
      await outage(700, two.kill, two.start);
      await starters;
      // Some drop their connection at the end, with results on the way.
      for (const listener of listeners.slice(0, 10)) listener.drop();
      await eventually(() => traffic.arrived() >= executions, 60_000).catch(() => {});
      await delay(1_000);
      const { started, lost, doubled } = traffic.count();
      expect({ started, lost, doubled }).toEqual({ started: executions, lost: 0, doubled: 0 });
    },
    180_000,
  );
});
