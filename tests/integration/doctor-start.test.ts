import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { gatewayOptionsOf } from '../../cli/commands/serve.ts';
import { loadConfig } from '../../cli/load-config.ts';
import { resolveConfig } from '../../gateway/config/resolve-config.ts';
import { createGateway } from '../../gateway/gateway.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { cli, cliProcess } from '../support/cli-process.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryFolder } from '../support/project.ts';

const generated = readFileSync('mesh/generated/schema.graphql', 'utf8');
const shipped = pathToFileURL('gateway.config.ts').href;

interface Broken {
  readonly name: string;
  /** Members of the config beside those that ship. */
  readonly config?: string;
  readonly schema?: string | undefined;
  readonly environment?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** In what both print. */
  readonly says: string;
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function environmentWith(more: Broken['environment'] = {}): Promise<Record<string, string>> {
  return {
    GATEWAY_TRUSTED_ISSUERS: 'http://127.0.0.1:1/',
    GATEWAY_AUDIENCES: 'app',
    GATEWAY_SESSION_ACCEPT_MEMORY: 'true',
    NOETL_BASE_URL: 'http://127.0.0.1:1',
    GATEWAY_BIND: '127.0.0.1',
    ROUTER_PORT: String(await freePort()),
    GATEWAY_INTERNAL_PORT: String(await freePort()),
    ...more,
  };
}

function projectOf({ config = '', schema = generated, files = {} }: Partial<Broken>, hasSchema = true): string {
  const folder = temporaryFolder();
  closing.push(folder.remove);
  mkdirSync(join(folder.path, 'mesh/generated'), { recursive: true });
  if (hasSchema) writeFileSync(join(folder.path, 'mesh/generated/schema.graphql'), schema);
  writeFileSync(
    join(folder.path, 'gateway.config.ts'),
    `import shipped from '${shipped}';\nexport default { ...shipped, ${config} };\n`,
  );
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text);
  return folder.path;
}

/** What `serve` would print before it exits; nothing when it listens. */
async function refusals(dir: string, environment: Record<string, string>): Promise<readonly string[]> {
  try {
    const declaration = await loadConfig(dir);
    const project = { declaration, ...resolveConfig(declaration, environment) };
    const gateway = await createGateway(await gatewayOptionsOf(dir, project, environment));
    await gateway.listen().finally(() => gateway.stop());
    return [];
  } catch (error) {
    if (error instanceof GatewayError && error.problems.length > 0) return error.problems;
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** Of the start only: NoETL and the issuer are away in these tests. */
async function found(dir: string, environment: Record<string, string>) {
  const { code, out } = await cli(['doctor', '--json', '-C', dir], environment);
  const findings = JSON.parse(out) as { check: string; outcome: string; message: string; nextStep?: string }[];
  return { code, start: findings.filter(({ check }) => check === 'start') };
}

async function takenPort(): Promise<string> {
  const blocker = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  closing.push(() => blocker.close());
  return String((blocker.address() as { port: number }).port);
}

const quiet = "observability: { logLevel: 'silent' }";

const table: readonly Broken[] = [
  { name: 'no generated schema', schema: undefined, says: 'noetl-gateway generate' },
  {
    name: 'a schema after a merge',
    schema: `${generated}\n<<<<<<< HEAD\n`,
    says: 'mesh/generated/schema.graphql:',
  },
  {
    name: 'a row that was not generated',
    config: 'operations: { ...shipped.operations, more: { ...shipped.operations.upstreamHealth, optional: false } }',
    says: 'more: in the config, but not in the schema; run generate',
  },
  {
    name: 'a field whose row is gone',
    config: 'operations: (({ playbooks, ...others }) => others)(shipped.operations)',
    says: 'playbooks: in the schema, but no row of the config has its rule',
  },
  {
    name: 'a schema without call instructions',
    schema: generated.replaceAll(/ @noetl\(kind: "[^)]*\)/g, ''),
    says: 'the schema has no @noetl on it; run generate',
  },
  {
    name: 'a path that cannot be a REST call',
    schema: generated.replaceAll('/api/credentials/{args.identifier}', '/api/credentials/{args.identifier}.json'),
    says: 'credential: it cannot be served below /noetl',
  },
  {
    name: 'a policy file that is missing',
    environment: { GATEWAY_POLICY_FILE: '/nowhere/policy.yaml' },
    says: 'policy.yaml: it cannot be read',
  },
  {
    name: 'an exporter that is unknown',
    environment: { OTEL_TRACES_EXPORTER: 'zipkin', OTEL_TRACES_SAMPLER: 'sometimes' },
    says: 'OTEL_TRACES_EXPORTER: must be otlp or none',
  },
  {
    name: 'an audit file where no file can be',
    config: "observability: { logLevel: 'silent', auditTo: 'package.json/audit.log' }",
    says: 'observability.auditTo: ',
  },
  {
    name: 'an adapter that throws',
    config: "adapters: { sessionStore: () => { throw new Error('no table sessions'); } }",
    says: 'no table sessions',
  },
  {
    name: 'a plugin that throws',
    config: "plugins: [{ onPluginInit: () => { throw new Error('no licence'); } }]",
    says: 'no licence',
  },
  {
    name: 'an address of another machine',
    environment: { GATEWAY_BIND: '192.0.2.1' },
    says: 'set GATEWAY_BIND to one',
  },
];

describe('doctor finds what serve would refuse', () => {
  it('nothing, in a project that starts', async () => {
    const dir = projectOf({ config: quiet });
    const environment = await environmentWith();
    expect(await refusals(dir, environment)).toEqual([]);
    expect((await found(dir, environment)).start).toEqual([
      { check: 'start', outcome: 'fine', message: expect.stringContaining('as serve needs them') },
    ]);
  });

  it.each(table)('$name', async ({ says, ...broken }) => {
    const dir = projectOf(
      { ...broken, config: `${quiet}, ${broken.config ?? ''}` },
      !('schema' in broken) || broken.schema !== undefined,
    );
    const environment = await environmentWith(broken.environment);
    const refused = await refusals(dir, environment);
    const { code, start } = await found(dir, environment);
    expect(refused.join('\n')).toContain(says);
    expect(code).toBe(1);
    for (const { outcome, nextStep } of start) {
      expect({ outcome, nextStep }).toEqual({ outcome: 'problem', nextStep: expect.stringMatching(/./) });
    }
    const messages = start.map(({ message }) => message).join('\n');
    expect(messages).toContain(says);
    // Codes of the system differ between making a folder and looking at it.
    for (const line of refused) expect(messages).toContain(line.replace(/ \(E[A-Z]+\).*/, ''));
  });

  it('a port that another program has', async () => {
    const dir = projectOf({ config: quiet });
    const environment = await environmentWith({ ROUTER_PORT: await takenPort() });
    const refused = await refusals(dir, environment);
    expect(refused).toEqual([expect.stringContaining('set ROUTER_PORT to another port')]);
    expect((await found(dir, environment)).start.map(({ message }) => message)).toEqual(refused);
  });

  it('a gateway that has the ports is a warning: doctor runs in its pod', async () => {
    const dir = projectOf({ config: quiet });
    const environment = await environmentWith();
    const declaration = await loadConfig(dir);
    const project = { declaration, ...resolveConfig(declaration, environment) };
    const gateway = await createGateway(await gatewayOptionsOf(dir, project, environment));
    await gateway.listen();
    const { start } = await found(dir, environment).finally(() => gateway.stop());
    expect(start).toEqual([
      expect.objectContaining({ outcome: 'warning', message: expect.stringContaining('a gateway listens') }),
    ]);
  });

  it.each(['redis', 'nats'])('a session store in %s that is away, and why', async (kind) => {
    const environment = await environmentWith({
      GATEWAY_SESSION_STORE: `${kind}://127.0.0.1:1`,
      GATEWAY_SESSION_KEY: Buffer.alloc(32, 3).toString('base64'),
    });
    // A process of its own: it must not end while the store is waited for.
    const { code, out } = await cliProcess(['doctor', '-C', projectOf({ config: quiet })], environment);
    expect({ code, out }).toEqual({
      code: 1,
      out: expect.stringContaining(`the ${kind} session store does not answer: ECONNREFUSED`),
    });
  });

  it.each([
    ['a config that does not load', 'throw new Error("half written");', 'gateway.config.ts:1: half written'],
    ['a config that exports nothing', 'export default {};', 'must export default defineGateway'],
  ])('%s ends both with the same words', async (_name, text, says) => {
    const dir = projectOf({});
    writeFileSync(join(dir, 'gateway.config.ts'), text);
    const environment = await environmentWith();
    expect((await refusals(dir, environment)).join('\n')).toContain(says);
    const { code, err } = await cli(['doctor', '-C', dir], environment);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(says) });
  });
});
