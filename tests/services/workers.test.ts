import { afterAll, beforeAll, describe } from 'vitest';
import { type ChildServer, hasProgram, startNats, startRedis } from '../support/child-server.ts';
import { workersSuite } from '../support/workers-suite.ts';

const must = process.env['CI'] === 'true';

describe.runIf(process.platform === 'linux')('two workers with sessions in the memory of the first process', () =>
  workersSuite(() => ({})),
);

describe.each<[string, string, () => Promise<ChildServer>]>([
  ['redis', 'redis-server', () => startRedis()],
  ['nats', 'nats-server', () => startNats()],
])('two workers on %s', (scheme, program, start) => {
  let store: ChildServer | undefined;
  beforeAll(async () => {
    if (must || hasProgram(program)) store = await start();
  });
  afterAll(async () => store?.remove());

  describe.runIf(process.platform === 'linux' && (must || hasProgram(program)))('', () =>
    workersSuite(() => ({
      GATEWAY_SESSION_STORE: `${scheme}://127.0.0.1:${store?.port}`,
      GATEWAY_SESSION_KEY: Buffer.alloc(32, 5).toString('base64'),
    })),
  );
});
