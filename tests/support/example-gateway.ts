import { cp, mkdir, readFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { type DevGateway, startDev } from '../../dev/start-dev.ts';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import { generate } from '../../generator/generate.ts';
import { graphql } from './dev-gateway.ts';
import { freePort } from './free-port.ts';
import { temporaryFolder } from './project.ts';

/** A gateway that a config alone has made: generated in a project of its own, then run in front of the stand-in. */
export interface ExampleGateway {
  readonly dev: DevGateway;
  /** The generated schema. */
  readonly sdl: string;
  /** What `generate` wants a person to know. */
  readonly notes: readonly string[];
  /** Runs an operation for a session token. */
  run(token: string, query: string, variables?: unknown): Promise<Answer>;
  /** As a user of the stand-in, who logs in once. */
  as(user: string, query: string, variables?: unknown): Promise<Answer>;
  /** A REST call; the answer's body is JSON. */
  post(path: string, body: unknown): Promise<{ readonly status: number; readonly body: Record<string, unknown> }>;
  /** Paths that NoETL was asked for, oldest first, without those of logins and validations. */
  asked(): readonly string[];
  stop(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is its own affair
  readonly data: any;
  readonly codes: readonly (string | undefined)[];
  readonly text: string;
}

/** Generates and starts. `config` is as a config file exports it, whatever its roles. */
export async function startExample(
  config: unknown,
  environment: Readonly<Record<string, string>> = {},
): Promise<ExampleGateway> {
  const declaration = { observability: { auditTo: devNull }, ...(config as GatewayConfig) };
  const { sdl, notes } = await generated(declaration);
  const dev = await startDev({
    config: declaration,
    sdl,
    environment: {
      ROUTER_PORT: '0',
      GATEWAY_INTERNAL_PORT: String(await freePort()),
      LOG_LEVEL: 'silent',
      CI: '1',
      ...environment,
    },
  });
  const tokens = new Map<string, Promise<string>>();
  const run: ExampleGateway['run'] = async (token, query, variables) => {
    const { status, body } = await graphql(dev.url, token, { query, variables });
    const codes = (body.errors ?? []).map(({ extensions }) => extensions?.code);
    return { status, data: body.data, codes, text: JSON.stringify(body) };
  };
  return {
    dev,
    sdl,
    notes,
    run,
    async as(user, query, variables) {
      const token = tokens.get(user) ?? dev.login(user).then(({ sessionToken }) => sessionToken);
      tokens.set(user, token);
      return run(await token, query, variables);
    },
    async post(path, body) {
      const answer = await fetch(`${dev.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    },
    asked: () =>
      dev.noetl.requests
        .filter(({ text }) => !text.includes('api_integration/auth0/'))
        .map(({ method, path, query }) => `${method} ${path}${query.size === 0 ? '' : `?${query}`}`),
    stop: () => dev.stop(),
  };
}

/** `generate` in an empty folder that holds nothing but NoETL's document. */
async function generated(config: GatewayConfig): Promise<{ sdl: string; notes: readonly string[] }> {
  const folder = temporaryFolder();
  try {
    await mkdir(join(folder.path, 'openapi'));
    await cp('openapi/noetl.json', join(folder.path, 'openapi', 'noetl.json'));
    const { notes } = await generate({ projectDir: folder.path, config, emitters: [] });
    return { sdl: await readFile(join(folder.path, 'mesh', 'generated', 'schema.graphql'), 'utf8'), notes };
  } finally {
    folder.remove();
  }
}
