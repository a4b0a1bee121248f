import { setTimeout as delay } from 'node:timers/promises';
import { playbooks } from '../services/noetl/playbooks.ts';
import { resultCases } from '../services/noetl/result-playbooks.ts';
import type { NoetlRelease } from '../support/noetl-release.ts';
import { type RealNoetl, startRealNoetl } from '../support/real-noetl.ts';
import { startServe } from '../support/serve-process.ts';

export interface SeenExecution {
  readonly status: string;
  readonly result: unknown;
  readonly resultStep: string | null;
  readonly textOutput: string | null;
  readonly steps: readonly { readonly name: string; readonly status: string; readonly error: string | null }[];
  readonly failure: { readonly step: string; readonly message: string } | null;
}

/** How an execution ended, as an app saw it. */
export interface RunEnd {
  readonly id: string;
  readonly execution: SeenExecution;
  /** The raw answer. */
  readonly text: string;
  /** Of the error at `result`. */
  readonly code: string | undefined;
}

interface Answer {
  readonly text: string;
  readonly data?: Record<string, unknown>;
  readonly errors?: readonly { readonly path: readonly unknown[]; readonly extensions: { readonly code: string } }[];
}

/** A real NoETL with the playbooks, and the gateway as a process in front of it. */
export interface ResultsWorld {
  readonly noetl: RealNoetl;
  readonly url: string;
  readonly internalUrl: string;
  /** A developer's session. */
  readonly token: string;
  ask(query: string, variables: Record<string, unknown>): Promise<Answer>;
  start(name: string, variables?: Record<string, unknown>): Promise<string>;
  end(id: string, pollMs?: number): Promise<RunEnd>;
  run(name: string, pollMs?: number): Promise<RunEnd>;
  close(): Promise<void>;
}

export async function openResultsWorld(
  release: NoetlRelease,
  more: Record<string, string> = {},
): Promise<ResultsWorld> {
  const noetl = await startRealNoetl(release);
  const { serve, token } = await prepare(noetl, more).catch(async (error: unknown) => {
    await noetl.stop();
    throw error;
  });

  async function ask(query: string, variables: Record<string, unknown>): Promise<Answer> {
    const answer = await fetch(`${serve.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    });
    const text = await answer.text();
    return { text, ...(JSON.parse(text) as Omit<Answer, 'text'>) };
  }

  async function start(name: string, variables: Record<string, unknown> = {}): Promise<string> {
    const mutation = 'mutation ($name: String!, $vars: JSON) { executePlaybook(name: $name, variables: $vars) { id } }';
    const { data, text } = await ask(mutation, { name, vars: variables });
    const started = data?.['executePlaybook'] as { id: string } | null | undefined;
    if (started === null || started === undefined) throw new Error(`${name} did not start: ${text}`);
    return started.id;
  }

  async function end(id: string, pollMs = 200): Promise<RunEnd> {
    const query =
      'query ($id: ID!) { execution(id: $id) { status result resultStep textOutput failure { step message code httpStatus retryable } steps { name status error } } }';
    for (let left = 300; left > 0; left -= 1) {
      const { data, errors, text } = await ask(query, { id });
      const execution = data?.['execution'] as SeenExecution;
      if (execution.status !== 'RUNNING') {
        const atResult = errors?.find(({ path }) => path.join('.') === 'execution.result');
        return { id, execution, text, code: atResult?.extensions.code };
      }
      await delay(pollMs);
    }
    throw new Error(`${id} did not end`);
  }

  return {
    noetl,
    url: serve.url,
    internalUrl: serve.internalUrl,
    token,
    ask,
    start,
    end,
    // Only the playbook that calls an address reads it.
    run: async (name, pollMs) => end(await start(name, { address: noetl.url }), pollMs),
    async close() {
      await serve.close();
      await noetl.stop();
    },
  };
}

/** Registers the playbooks, and logs in through a gateway in front of them. */
async function prepare(noetl: RealNoetl, more: Record<string, string>) {
  await noetl.credential('pg_local');
  for (const playbook of [...playbooks, ...resultCases.map(({ source }) => source)]) await noetl.register(playbook);
  const serve = await startServe({ NOETL_BASE_URL: noetl.url, ...more });
  try {
    return { serve, token: await serve.login('developer@example.com') };
  } catch (error) {
    await serve.close();
    throw error;
  }
}
