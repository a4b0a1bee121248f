import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { type ChildServer, eventually, hasProgram, startNats, startRedis } from '../support/child-server.ts';
import type { ReplicaAnswer, ReplicaQuestion } from '../support/replica-process.ts';

const must = process.env['CI'] === 'true';
const script = new URL('../support/replica-process.ts', import.meta.url);

function startReplica(url: string) {
  const child: ChildProcess = fork(script, [url]);
  return {
    async ask(what: ReplicaQuestion['do'], token: string): Promise<ReplicaAnswer> {
      const answered = once(child, 'message');
      child.send({ do: what, token } satisfies ReplicaQuestion);
      const [answer] = (await answered) as [ReplicaAnswer];
      return answer;
    },
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

describe.each<[string, string, () => Promise<ChildServer>]>([
  ['redis', 'redis-server', () => startRedis()],
  ['nats', 'nats-server', () => startNats()],
])('two processes on %s', (scheme, program, start) => {
  test.skipIf(!must && !hasProgram(program))('an ended session is refused by the other within a second', async () => {
    const server = await start();
    const url = `${scheme}://127.0.0.1:${server.port}`;
    const [one, two] = [startReplica(url), startReplica(url)];
    try {
      const [single, other] = [`single-${randomUUID()}`, `other-${randomUUID()}`];
      await eventually(async () => (await one.ask('lookup', single)) === true);
      await eventually(async () => (await two.ask('lookup', single)) === true);
      expect(await two.ask('lookup', other)).toBe(true);

      expect(await one.ask('end', single)).toBe(false);
      await eventually(async () => (await two.ask('lookup', single)) === false, 1_000);
      expect(await two.ask('lookup', other)).toBe(true);

      expect(await one.ask('endAllOf', other)).toBe(false);
      await eventually(async () => (await two.ask('lookup', other)) === false, 1_000);
      // The validator knows every token, and brings none of them back; a login after it is a new session.
      expect(await two.ask('lookup', `unknown-${randomUUID()}`)).toBe(false);
      expect(await two.ask('remember', `new-${randomUUID()}`)).toBe(true);
    } finally {
      await one.stop();
      await two.stop();
      await server.remove();
    }
  });

  test.skipIf(!must && !hasProgram(program))('what was ended stays ended when every process restarts', async () => {
    const server = await start();
    const url = `${scheme}://127.0.0.1:${server.port}`;
    const before = startReplica(url);
    const [single, all, kept] = [`single-${randomUUID()}`, `all-${randomUUID()}`, `kept-${randomUUID()}`];
    try {
      await eventually(async () => (await before.ask('lookup', single)) === true);
      expect(await before.ask('end', single)).toBe(false);
      expect(await before.ask('remember', kept)).toBe(true);
    } finally {
      await before.stop();
    }
    const after = startReplica(url);
    try {
      // Its validator knows every token, as NoETL does.
      await eventually(async () => (await after.ask('lookup', kept)) === true);
      expect(await after.ask('lookup', single)).toBe(false);
      expect(await after.ask('endAllOf', all)).toBe(false);
    } finally {
      await after.stop();
    }
    const last = startReplica(url);
    try {
      await eventually(async () => (await last.ask('lookup', all)) === false);
    } finally {
      await last.stop();
      await server.remove();
    }
  });
});
