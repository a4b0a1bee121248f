import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { type ChildServer, hasProgram, startRedis } from '../support/child-server.ts';
import { clientSuite } from '../support/clients/client-suite.ts';
import type { ClientWorld } from '../support/clients/client-world.ts';
import { cliProgram, type NoetlRelease, pythonRelease } from '../support/noetl-release.ts';
import { type RealNoetl, startRealNoetl } from '../support/real-noetl.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';
import { playbooks } from './noetl/playbooks.ts';

const release = await pythonRelease();
const cli = await cliProgram();
const auth0 = { GATEWAY_AUTH0_DOMAIN: 'tenant.example.com', GATEWAY_AUTH0_CLIENT_ID: 'spa-client' };
/** A playbook without inputs, which works for some seconds and then ends. */
const sourceFor = (path: string, seconds: number): string => `apiVersion: noetl.io/v2
kind: Playbook
metadata:
  name: ${path.slice(path.lastIndexOf('/') + 1)}
  path: ${path}
workload:
  query: ""
workflow:
  - step: start
    tool:
      kind: python
      code: |
        import time
        time.sleep(${seconds})
        result = {"slept": True}
    next:
      spec: {mode: exclusive}
      arcs:
        - step: end
  - step: end
    tool:
      kind: python
      code: |
        result = {"textOutput": "done", "summary": "three flights"}
`;
const source = (path: string): string => sourceFor(path, 0);
const [quick, slow] = ['clients/quick', 'clients/slow'];
/** Everyone who logs in is an admin: the clients look at credentials. */
const forAdmins = playbooks.map((text) => text.replaceAll('["developer"]', '["admin"]'));

function worldOf(serve: ServeProcess, credential: ClientWorld['credential']): ClientWorld {
  return {
    url: serve.url,
    identityToken: (user) => serve.issuer.token(`auth|${user}`),
    quick: 'regression_test/hello_world',
    slow: 'regression_test/slow',
    source,
    credential,
  };
}

describe.skipIf(release === undefined)('NoETL’s clients in front of a real NoETL', () => {
  let noetl: RealNoetl;
  let serve: ServeProcess;

  beforeAll(async () => {
    noetl = await startRealNoetl(release as NoetlRelease);
    await noetl.credential('pg_local');
    for (const playbook of [...forAdmins, source(quick), sourceFor(slow, 20)]) await noetl.register(playbook);
    await fetch(`${noetl.url}/api/credentials`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'client_test', type: 'http', data: { key: 'client-s3cr3t' } }),
    });
    serve = await startServe({ NOETL_BASE_URL: noetl.url, ...auth0 });
  }, 240_000);
  afterAll(async () => {
    await serve?.close();
    await noetl?.stop();
  });

  const world = () => ({ ...worldOf(serve, { name: 'client_test', secret: 'client-s3cr3t' }), quick, slow });
  clientSuite('Python 4.26.0', world, cli);
});

describe.skipIf(!hasProgram('redis-server') && process.env['CI'] !== 'true')(
  'NoETL’s clients with two replicas',
  () => {
    let redis: ChildServer;
    let one: ServeProcess;
    let two: ServeProcess;

    beforeAll(async () => {
      redis = await startRedis();
      const shared = {
        GATEWAY_SESSION_STORE: `redis://127.0.0.1:${redis.port}?prefix=clients`,
        GATEWAY_SESSION_KEY: randomBytes(32).toString('base64'),
        ...auth0,
      };
      one = await startServe(shared);
      two = await startServe({
        ...shared,
        NOETL_BASE_URL: one.noetl.url.href,
        GATEWAY_TRUSTED_ISSUERS: one.issuer.issuer,
      });
    }, 120_000);
    afterAll(async () => {
      await two?.close();
      await one?.close();
      await redis?.remove();
    });

    const world = () => ({ ...worldOf(one, { name: 'pg_auth', secret: 'pg-s3cr3t' }), otherUrl: two.url });
    clientSuite('two replicas on Redis', world, cli);
  },
);
