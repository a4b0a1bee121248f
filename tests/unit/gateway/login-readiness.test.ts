import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type CallbackRegistry, createCallbackRegistry } from '../../../gateway/callbacks/callback-registry.ts';
import type { ResolvedConfig } from '../../../gateway/config/gateway-config.ts';
import { issuerUnavailable } from '../../../gateway/identity/issuer-documents.ts';
import { createLoginReadiness } from '../../../gateway/login-readiness.ts';
import type { SessionValidator } from '../../../plugins/ports.ts';
import { handClock, recorder } from '../../support/session-fakes.ts';

const issuer = 'https://tenant.example.com/';

/** What the check reads of a config. */
function configOf(given: { validator?: string; login?: string; jwtMode?: string; internalUrl?: string } = {}) {
  const { validator = 'playbook', login = 'playbook', jwtMode = 'enforce', internalUrl = 'http://127.0.0.1:1' } = given;
  return {
    auth: { login: { kind: login }, validator: { kind: validator }, access: { checker: 'local' }, jwtMode },
    adapters: {},
    listen: { internalUrl },
  } as unknown as ResolvedConfig;
}

function checks(config: ResolvedConfig, keyCounts: readonly (() => Promise<number>)[] = [async () => 1]) {
  const clock = handClock();
  const seen = recorder();
  const login = createLoginReadiness(config, clock, seen.observe);
  const validated: string[] = [];
  let validate: SessionValidator['validate'] = async () => undefined;
  const callbacks: CallbackRegistry = createCallbackRegistry({ clock, observe: () => {} });
  const known = keyCounts.map((keyCount, n) => ({
    rules: { issuer: n === 0 ? issuer : `${issuer}${n}` },
    documents: { keyCount },
  }));
  const parts = {
    callbacks,
    verifier: { known },
    validator: {
      validate: (token: string) => {
        validated.push(token);
        return validate(token as never);
      },
    },
  } as unknown as Parameters<typeof login.probes>[0];
  const probes = Object.fromEntries(login.probes(parts).map(({ name, probe }) => [name, probe]));
  const answered = () => login.observe({ type: 'auth_playbook', path: 'a/validate', outcome: 'answered' });
  return {
    ...{ clock, seen, login, validated, probes, answered, callbacks },
    validates: (run: SessionValidator['validate']) => {
      validate = run;
    },
  };
}

const stateOf = (probe: (() => Promise<string | undefined>) | undefined) =>
  (probe?.() ?? Promise.reject(new Error('there is no such probe'))).then(
    (note) => note ?? 'ok',
    () => 'failing',
  );

describe('the callback address', () => {
  test('is proven by a run of the playbook that validates: its callback has come', async () => {
    const { probes, validated, validates, answered } = checks(configOf());
    validates(async () => {
      answered();
      return undefined;
    });
    expect(await stateOf(probes['callback'])).toBe('ok');
    expect(await stateOf(probes['callback'])).toBe('ok');
    // A made-up token, and one run: what is proven stays so.
    expect(validated).toEqual([expect.stringMatching(/^readiness-[\w-]{32}$/)]);
  });

  test('a playbook that ends without a callback proves nothing, and is run again ten seconds later', async () => {
    const { probes, validated, validates, clock, answered } = checks(configOf());
    validates(async () => {
      throw new Error('silent');
    });
    expect(await stateOf(probes['callback'])).toBe('failing');
    expect(await stateOf(probes['callback'])).toBe('failing');
    expect(validated).toHaveLength(1);
    clock.advance(10_000);
    expect(await stateOf(probes['callback'])).toBe('failing');
    expect(validated).toHaveLength(2);
    answered();
    expect(await stateOf(probes['callback'])).toBe('ok');
  });

  test('a login that was answered is proof enough', async () => {
    const { probes, validated, answered } = checks(configOf());
    answered();
    expect(await stateOf(probes['callback'])).toBe('ok');
    expect(validated).toEqual([]);
  });

  test('is called from here where no playbook validates', async () => {
    let callbacks: CallbackRegistry | undefined;
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const reply = callbacks?.handle(request.url ?? '', JSON.parse(body));
      response.writeHead(reply?.status ?? 500).end();
    });
    await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const wrong = checks(configOf({ validator: 'http' }));
    expect(await stateOf(wrong.probes['callback'])).toBe('failing');
    const right = checks(configOf({ validator: 'http', internalUrl: `http://127.0.0.1:${port}` }));
    callbacks = right.callbacks;
    expect(await stateOf(right.probes['callback'])).toBe('ok');
    expect(right.validated).toEqual([]);
    expect(right.callbacks.size).toBe(0);
  });

  test('is not asked about where no playbook runs', () => {
    expect(Object.keys(checks(configOf({ validator: 'http', login: 'http' })).probes)).toEqual(['issuers']);
  });
});

describe('issuers', () => {
  const down = async (): Promise<number> => {
    throw issuerUnavailable(issuer, 'its discovery document could not be read: it answered 500');
  };

  test('one that cannot be read is reported with its reason, and fails the check when there is no other', async () => {
    const { probes, seen } = checks(configOf(), [down]);
    expect(await stateOf(probes['issuers'])).toBe('failing');
    expect(seen.events).toContainEqual(
      expect.objectContaining({ type: 'provider_call', issuer, problem: expect.stringContaining('it answered 500') }),
    );
  });

  test('one of several is a note: users of the others can log in', async () => {
    const { probes } = checks(configOf(), [down, async () => 2]);
    expect(await stateOf(probes['issuers'])).toBe(`not read yet: ${issuer}`);
  });

  test('in shadow mode NoETL decides on tokens, so none is needed', async () => {
    expect(await stateOf(checks(configOf({ jwtMode: 'shadow' }), [down]).probes['issuers'])).toContain('not read yet');
  });

  test('an outage after the first read fails nothing', async () => {
    let isUp = true;
    const { probes } = checks(configOf(), [async () => (isUp ? 1 : down())]);
    expect(await stateOf(probes['issuers'])).toBe('ok');
    isUp = false;
    expect(await stateOf(probes['issuers'])).toBe('ok');
  });
});
