import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createNoetlStandIn } from '../../dev/noetl/stand-in.ts';
import { freePort } from '../support/free-port.ts';
import { runServe } from '../support/serve-process.ts';

interface Variable {
  readonly name: string;
  readonly value: string;
}

const manifest = parse(readFileSync('tests/fixtures/earlier-deployment.yaml', 'utf8'));
const earlier: readonly Variable[] = manifest.spec.template.spec.containers[0].env;

/** The variables that step 2 of the page adds. */
function documented(): readonly Variable[] {
  const page = readFileSync('docs/migrate.md', 'utf8');
  const block = /```yaml\n(\s+image:[\s\S]*?)```/.exec(page)?.[1] ?? '';
  return (parse(block) as { env: Variable[] }).env;
}

const environmentOf = (variables: readonly Variable[]) =>
  Object.fromEntries(variables.map(({ name, value }) => [name, value]));

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function start(environment: Record<string, string>) {
  const noetl = await createNoetlStandIn();
  const port = await freePort();
  // Addresses are those of a cluster in the manifest, and of this machine here.
  const here = {
    NOETL_BASE_URL: noetl.url.href,
    ROUTER_PORT: String(port),
    GATEWAY_INTERNAL_PORT: String(await freePort()),
  };
  const { child, output } = runServe({ ...environment, ...here });
  ends.push(
    () => void child.kill('SIGKILL'),
    () => noetl.close(),
  );
  const health = async () => {
    if (child.exitCode !== null) return `exit ${child.exitCode}`;
    return fetch(`http://127.0.0.1:${port}/health`).then(
      (answer) => answer.text(),
      () => undefined,
    );
  };
  await expect.poll(health, { timeout: 20_000 }).toBeDefined();
  return { url: `http://127.0.0.1:${port}`, health: await health(), output };
}

describe('the Deployment of the earlier gateway', () => {
  it('starts with the image changed and the documented variables added', async () => {
    const { url, health, output } = await start(environmentOf([...earlier, ...documented()]));
    expect(health, output()).toBe('ok');
    expect(output()).not.toContain('unknown name');
    const contract = await (await fetch(`${url}/api/runtime/contract`)).json();
    expect(contract).toMatchObject({
      auth0: {
        domain: 'tenant.example.com',
        client_id: 'spa-client',
        redirect_uri: 'https://app.example.com/login.html',
        audience: 'https://api.example.com',
      },
    });
    // What means something again is not reported as unused; what does not is named.
    for (const name of ['GATEWAY_SSE_ENABLED', 'GATEWAY_HEARTBEAT_INTERVAL_SECS', 'GATEWAY_CONNECTION_TIMEOUT_SECS']) {
      expect(output()).not.toContain(name);
    }
    for (const name of ['RUST_LOG', 'NATS_URL', 'NOETL_KV_ADDR', 'NOETL_EVENT_FEED_ADDR', 'GATEWAY_WS_ENABLED']) {
      expect(output()).toContain(`${name} is not used`);
    }
    expect(output()).not.toContain('noetl:noetl');
    const preflight = await fetch(`${url}/noetl/credentials/x`, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example.com', 'access-control-request-method': 'DELETE' },
    });
    expect(preflight.headers.get('access-control-allow-methods')).toContain('DELETE');
  });

  it('starts without issuer and audience where the Auth0 variables are set', async () => {
    const needed = documented().filter(({ name }) => !/ISSUERS|AUDIENCES/.test(name));
    expect((await start(environmentOf([...earlier, ...needed]))).health).toBe('ok');
  });

  it('warns of sessions in memory, which its manifest keeps there', async () => {
    const { health, output } = await start(environmentOf([...earlier, ...documented()]));
    expect(health).toBe('ok');
    expect(output()).toContain('to be accepted with GATEWAY_SESSION_ACCEPT_MEMORY=true');
  });

  it('refuses the bypass that its chart switched on', async () => {
    const { health, output } = await start({ ...environmentOf(earlier), GATEWAY_AUTH_BYPASS: 'true' });
    expect(health).toBe('exit 1');
    expect(output()).toContain('GATEWAY_AUTH_BYPASS');
  });
});
