import { afterAll, beforeAll, describe } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import shipped from '../../gateway.config.ts';
import { clientSuite } from '../support/clients/client-suite.ts';
import type { ClientWorld } from '../support/clients/client-world.ts';
import { startDevGateway } from '../support/dev-gateway.ts';

describe('NoETL’s clients in front of the stand-in', () => {
  let dev: DevGateway;
  let world: ClientWorld;

  beforeAll(async () => {
    const contract = { domain: 'tenant.example.com', clientId: 'spa-client' };
    dev = await startDevGateway({ config: { ...shipped, auth: { contract } } as never });
    world = {
      url: dev.url,
      identityToken: (user) => dev.identityToken(user),
      quick: 'regression_test/hello_world',
      slow: 'regression_test/slow',
      source: (path) => `kind: Playbook\nmetadata:\n  name: made\n  path: ${path}\nworkload:\n  a: "{{ b }}"\n`,
      credential: { name: 'pg_auth', secret: 'pg-s3cr3t' },
    };
  });
  afterAll(async () => dev?.stop());

  clientSuite('stand-in', () => world);
});
