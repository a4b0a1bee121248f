import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createCallbackRegistry } from '../../gateway/callbacks/callback-registry.ts';
import { createPlaybookDriver } from '../../gateway/callbacks/playbook-driver.ts';
import type { LoginRequest } from '../../gateway/config/login-ports.ts';
import { Executions } from '../../gateway/executions/executions.ts';
import { createNoetlLogin, createNoetlValidator, signInByPlaybooks } from '../../gateway/identity/noetl-sign-in.ts';
import { createUpstream } from '../../gateway/upstream/upstream.ts';
import {
  type AuthNoetlOptions,
  type FakePlaybook,
  startAuthNoetl,
  startCallbackListener,
} from '../support/auth-noetl.ts';
import { identityWith, tokenWith } from '../support/identity-of.ts';
import { rulesOf } from '../support/issuer-rules.ts';
import { hourMs, recorder, tokenOf } from '../support/session-fakes.ts';

const path = 'auth/playbook';
const cancelPath = (id: string) => `/api/executions/${id}/cancel`;
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(playbook: FakePlaybook, options: Partial<AuthNoetlOptions> & { timeoutMs?: number } = {}) {
  const { timeoutMs = 5_000, ...rest } = options;
  const noetl = await startAuthNoetl({ playbooks: { [path]: playbook }, ...rest });
  const seen = recorder();
  const callbacks = createCallbackRegistry({ clock: Date.now, observe: seen.observe });
  const listener = await startCallbackListener(callbacks);
  const upstream = createUpstream({ baseUrl: new URL(noetl.url), timeoutMs: 3_000, maxResponseBytes: 1e6 });
  closing.push(upstream.close, noetl.close, listener.close);
  const driver = createPlaybookDriver({
    upstream,
    callbacks,
    internalUrl: listener.url,
    executions: new Executions({
      upstream,
      clock: Date.now,
      pause: (ms) => sleep(ms),
      basePath: '/api/executions',
      keepBytes: 10_000,
      staleMs: 50,
      maxWatches: 10,
    }),
    timeoutMs,
    observe: seen.observe,
  });
  return { noetl, driver, callbacks, seen };
}

const unavailable = { code: 'ERR_AUTH_UNAVAILABLE', status: 503 };

describe('createPlaybookDriver', () => {
  it('answers with the callback; the playbook gets the address for it', async () => {
    const { driver, noetl, callbacks } = await start(async (run) => {
      await run.callBack('success', { valid: false });
      run.status = 'COMPLETED';
    });
    expect(await driver.run(path, { session_token: 'abc' })).toEqual({ status: 'success', data: { valid: false } });
    const [execute] = noetl.requests('/api/execute');
    expect(execute?.body).toEqual({
      path,
      workload: {
        session_token: 'abc',
        request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        callback_subject: expect.stringMatching(/^noetl\.callbacks\.[0-9a-f-]{36}$/),
        gateway_url: expect.stringMatching(/\/cb\/[\w-]{43}$/),
      },
    });
    expect(callbacks.size).toBe(0);
  });

  it('takes an answer that overtakes the answer to execute', async () => {
    const { promise: executed, resolve: answerExecute } = Promise.withResolvers<void>();
    const { driver } = await start((run) => void run.callBack('success', 1), { executeAnswersAfter: executed });
    // Execute is not answered before the run has its result.
    expect(await driver.run(path, {})).toEqual({ status: 'success', data: 1 });
    answerExecute();
  });

  it('takes the answer of an execution that failed after it', async () => {
    const { driver } = await start(async (run) => {
      Object.assign(run, { status: 'FAILED', isInferred: true });
      await sleep(800);
      await run.callBack('success', { valid: true });
    });
    expect(await driver.run(path, {})).toMatchObject({ status: 'success' });
  });

  it.each([
    ['completed', (run) => void Object.assign(run, { status: 'COMPLETED' })],
    ['failed', (run) => void Object.assign(run, { status: 'FAILED', endTime: 'x' })],
    ['cancelled', (run) => void Object.assign(run, { status: 'CANCELLED' })],
    ['completed, inferred only', (run) => void Object.assign(run, { status: 'COMPLETED', isInferred: true })],
  ] satisfies [string, FakePlaybook][])(
    'gives up before the deadline when the execution is over without an answer: %s',
    async (_name, playbook) => {
      const { driver, noetl } = await start(playbook, { timeoutMs: 60_000 });
      await expect(driver.run(path, {})).rejects.toMatchObject(unavailable);
      for (const id of noetl.runs.keys()) expect(noetl.requests(cancelPath(id))).toEqual([]);
    },
    20_000,
  );

  it('does not take an inferred end between two steps for the end', async () => {
    const { driver } = await start(async (run) => {
      for (let step = 0; step < 4; step += 1) {
        Object.assign(run, { status: 'COMPLETED', isInferred: true });
        await sleep(300);
        Object.assign(run, { status: 'RUNNING', isInferred: false });
        await sleep(300);
      }
      await run.callBack('success', 'late but here');
    });
    expect(await driver.run(path, {})).toEqual({ status: 'success', data: 'late but here' });
  });

  it('has one deadline, and cancels what still runs', async () => {
    const { driver, noetl, callbacks } = await start(() => {}, { timeoutMs: 200 });
    await expect(driver.run(path, {})).rejects.toMatchObject(unavailable);
    const [id = ''] = noetl.runs.keys();
    await expect.poll(() => noetl.requests(cancelPath(id))).toMatchObject([{ body: { cascade: true } }]);
    expect(callbacks.size).toBe(0);
  });

  it('cancels a run that starts only after the deadline', async () => {
    const { promise: isOver, resolve: answerExecute } = Promise.withResolvers<void>();
    const { driver, noetl } = await start(() => {}, { timeoutMs: 100, executeAnswersAfter: isOver });
    await expect(driver.run(path, {})).rejects.toMatchObject(unavailable);
    answerExecute();
    const [id = ''] = noetl.runs.keys();
    await expect.poll(() => noetl.requests(cancelPath(id)).length).toBe(1);
  });

  it('leaves a finished run alone, which a cancel would turn into a cancelled one', async () => {
    const { driver, noetl } = await start(
      async (run) => {
        await sleep(20);
        run.status = 'COMPLETED';
      },
      { timeoutMs: 110 },
    );
    await expect(driver.run(path, {})).rejects.toMatchObject(unavailable);
    const [id = ''] = noetl.runs.keys();
    await expect.poll(() => noetl.requests(`/api/executions/${id}`).length).toBe(1);
    await sleep(100);
    expect(noetl.requests(cancelPath(id))).toEqual([]);
  });

  it('answers a late callback with 200, which keeps its playbook from failing', async () => {
    const replies: unknown[] = [];
    const { driver } = await start(
      async (run) => {
        await sleep(150);
        replies.push(await run.callBack('success', 1));
      },
      { timeoutMs: 50 },
    );
    await expect(driver.run(path, {})).rejects.toMatchObject(unavailable);
    await expect.poll(() => replies).toMatchObject([{ status: 200, body: { delivered: false } }]);
  });

  it.each([
    ['an unknown playbook', 'auth/missing', {}],
    [
      'a refused workload',
      path,
      { routes: { 'POST /api/execute': () => [422, { detail: [{ input: 'secret' }] }] as const } },
    ],
    ['a broken server', path, { routes: { 'POST /api/execute': () => [500, { detail: 'secret' }] as const } }],
    ['an answer without an id', path, { routes: { 'POST /api/execute': () => [200, { status: 'started' }] as const } }],
    ['an id that is a path', path, { routes: { 'POST /api/execute': () => [200, { execution_id: '../x' }] as const } }],
  ])('says 503, never "no", for %s', async (_name, asked, options) => {
    const { driver, callbacks } = await start(() => {}, options);
    const error = await driver.run(asked, {}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(unavailable);
    expect(String(error)).not.toContain('secret');
    expect(callbacks.size).toBe(0);
  });

  it('answers 503 when NoETL is missing', async () => {
    const { driver, noetl } = await start(() => {});
    await noetl.close();
    await expect(driver.run(path, {})).rejects.toMatchObject(unavailable);
  });

  it('sends no workload that NoETL would evaluate', async () => {
    const { driver, noetl } = await start(() => {});
    await expect(driver.run(path, { session_token: '{{ 7*7 }}' })).rejects.toMatchObject(unavailable);
    expect(noetl.seen).toEqual([]);
  });
});

describe('the playbook backends', () => {
  const token = '389b8a1ec0df0948aeca7be0b2c47c25';
  const expires_at = new Date(Date.now() + 24 * hourMs).toISOString().replace('T', ' ').replace('Z', '');
  const user = { user_id: 1, email: 'ada@example.com', display_name: 'Ada', roles: ['admin'] };
  const identity = identityWith({ issuer: 'https://tenant.example.com/', subject: 'ada', email: 'ada@example.com' });
  const rules = rulesOf({ issuer: identity.issuer });
  const request: LoginRequest = {
    token: tokenWith({ email: 'ada@example.com' }),
    domain: 'evil.example.com',
    sessionHours: 8,
    clientIp: '203.0.113.7',
  };

  const playbooks = { login: path, validateSession: path, checkAccess: path, sessionDbCredential: 'pg_auth' };

  it('logs in with the trusted host and the peer address', async () => {
    const { driver, noetl } = await start((run) => {
      void run.callBack('success', { status: 'authenticated', session_token: token, user, expires_at });
    });
    const login = createNoetlLogin(signInByPlaybooks(driver, playbooks), {
      clock: Date.now,
      maxSessionMs: 24 * hourMs,
    });
    const result = await login.login(request, identity, rules);
    expect(result).toMatchObject({ outcome: 'authenticated', token, session: { user: { userId: '1' } } });
    const session = result.outcome === 'authenticated' ? result.session : undefined;
    expect(session?.expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + 8 * hourMs);
    expect(noetl.requests('/api/execute')[0]?.body).toMatchObject({
      workload: {
        auth0_token: tokenWith({ email: 'ada@example.com' }),
        auth0_refresh_token: '',
        auth0_domain: 'tenant.example.com',
        session_duration_hours: 8,
        client_ip: '203.0.113.7',
        client_user_agent: '',
      },
    });
  });

  it('validates a token', async () => {
    const { driver, noetl } = await start((run) => {
      const isValid = run.workload['session_token'] === token;
      void run.callBack('success', isValid ? { valid: true, user, expires_at } : { valid: false, message: 'no' });
    });
    const bounds = { clock: Date.now, maxSessionMs: 24 * hourMs };
    const validator = createNoetlValidator(signInByPlaybooks(driver, playbooks), bounds);
    expect(await validator.validate(tokenOf(token))).toMatchObject({ user: { userId: '1', roles: ['admin'] } });
    expect(await validator.validate(tokenOf('unknown'))).toBeUndefined();
    expect(noetl.requests('/api/execute')[0]?.body).toMatchObject({ workload: { db_credential: 'pg_auth' } });
  });
});
