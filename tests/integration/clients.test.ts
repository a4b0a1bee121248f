import { afterAll, beforeAll, describe } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import { clientSuite } from '../support/clients/client-suite.ts';
import type { ClientWorld } from '../support/clients/client-world.ts';
import { startDevGateway } from '../support/dev-gateway.ts';

describe('NoETL’s clients in front of the stand-in', () => {
  let dev: DevGateway;
  let world: ClientWorld;

  beforeAll(async () => {
    dev = await startDevGateway({
      environment: { GATEWAY_AUTH0_DOMAIN: 'tenant.example.com', GATEWAY_AUTH0_CLIENT_ID: 'spa-client' },
    });
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
