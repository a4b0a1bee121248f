import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { graphql } from '../support/dev-gateway.ts';
import { type NoetlRelease, pythonRelease } from '../support/noetl-release.ts';
import { type RealNoetl, startRealNoetl } from '../support/real-noetl.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';
import { playbooks } from './noetl/playbooks.ts';

const release = await pythonRelease();

/** Carries a text through a Python step, after which NoETL reads what looks like a literal and renders it once more. */
const carrier = `apiVersion: noetl.io/v2
kind: Playbook
metadata:
  name: carrier
  path: data/carrier
workload:
  name: ""
workflow:
  - step: start
    tool:
      kind: python
      code: |
        result = {"n": str(name)}
    next:
      spec: {mode: exclusive}
      arcs:
        - step: end
  - step: end
    tool:
      kind: python
      input:
        z: "{{ start.n }}"
      code: |
        result = {"seen": str(z)}
`;

const quotes = '"'.repeat(14);

/** Each becomes \`{{ 7*7 }}\` when NoETL reads it. */
const forms = [
  '["{" "" "{ 7*7 }}"]',
  '["{" # x\n"{ 7*7 }}"]',
  '{"k": "{" "" "{ 7*7 }}"}',
  '["{\\\r{ 7*7 }}"]',
  `["{${quotes}{7*7}}"]`,
  "['{' '{ 7*7 }}']",
  '["\\u007b\\u007b 7*7 }}"]',
  "['\\N{LEFT CURLY BRACKET}\\173 7*7 }}']",
  '{{ 7*7 }}',
];

describe.skipIf(release === undefined)('texts that NoETL would evaluate', () => {
  let noetl: RealNoetl;
  let serve: ServeProcess;
  let token: string;

  beforeAll(async () => {
    noetl = await startRealNoetl(release as NoetlRelease);
    for (const playbook of [...playbooks, carrier]) await noetl.register(playbook);
    serve = await startServe({ NOETL_BASE_URL: noetl.url });
    token = await serve.login('developer@example.com');
  }, 240_000);
  afterAll(async () => {
    await serve?.close();
    await noetl?.stop();
  });

  const start = 'mutation ($vars: JSON) { executePlaybook(name: "data/carrier", variables: $vars) { id } }';

  /** Past the gateway: what NoETL makes of a text. */
  async function outcomeOf(name: string): Promise<string> {
    const answer = await fetch(`${noetl.url}/api/execute`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ path: 'data/carrier', workload: { name } }),
    });
    return seenIn(/"execution_id":\s*"?(\d+)/.exec(await answer.text())?.[1] ?? '');
  }

  /** What the second step saw of the text. */
  async function seenIn(id: string): Promise<string> {
    for (let left = 200; left > 0; left -= 1) {
      const text = JSON.stringify(await noetl.read(`/api/executions/${id}`));
      const found = /"seen":("(?:[^"\\]|\\.)*")/.exec(text)?.[1];
      if (found !== undefined) return JSON.parse(found) as string;
      await delay(200);
    }
    throw new Error('the second step did not end');
  }

  it('are evaluated when the gateway is not in between: the attack is real', async () => {
    expect(await outcomeOf('["{" "" "{ 7*7 }}"]')).toBe("['49']");
  });

  it.each(forms)('%j does not get through as a variable', async (form) => {
    const { body } = await graphql(serve.url, token, { query: start, variables: { vars: { name: form } } });
    expect(body.errors?.[0]?.extensions.code).toBe('ERR_REQUEST_INVALID');
  });

  it.each(forms)('%j is no session token, and nothing is asked', async (form) => {
    const before = await executions();
    const validate = await post('validate', { session_token: form });
    expect([validate.status, ((await validate.json()) as { valid: boolean }).valid]).toEqual([200, false]);
    const access = { session_token: form, playbook_path: 'data/carrier', permission_type: 'view' };
    expect(((await (await post('check-access', access)).json()) as { allowed: boolean }).allowed).toBe(false);
    const header = await fetch(`${serve.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie: `session_token=${encodeURIComponent(form)}` },
      body: '{"query": "{ __typename }"}',
    });
    expect(header.status).toBe(401);
    expect(await executions()).toBe(before);
  });

  it.each([
    ['He said "{" and left.', 'He said "{" and left.'],
    ["it's {fine} # really", "it's {fine} # really"],
    ['{"a": {"b": "100 %"}}', "{'a': {'b': '100 %'}}"],
  ])('ordinary text gets through, and is not evaluated: %s', async (name, outcome) => {
    const { body } = await graphql(serve.url, token, { query: start, variables: { vars: { name } } });
    const started = body.data?.['executePlaybook'] as { id: string } | undefined;
    expect(await seenIn(started?.id ?? '')).toBe(outcome);
  });

  const post = (route: string, body: unknown) =>
    fetch(`${serve.url}/api/auth/${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  const executions = async () => ((await noetl.read('/api/executions?page_size=100')) as unknown as unknown[]).length;
});
