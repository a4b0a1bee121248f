import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../../plugins/errors.ts';
import { decideCall, type OperationCall } from '../../../../plugins/noetl-auth/decide-call.ts';
import type { AccessChecker } from '../../../../plugins/ports.ts';
import { by, decisionSetup as setup, token } from '../../../support/decision-setup.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const playbook = (path: string, more = '') => `metadata:\n  path: ${path}\n  name: x\n${more}`;

const register = (content: unknown, more = {}): OperationCall => ({
  name: 'register',
  root: 'mutation',
  args: { content, ...more },
});

describe('an operation about the source of a playbook', () => {
  test('is decided by the path in the source, and sends the source that was read', async () => {
    const { options, check, events } = setup();
    const source = playbook('data/report');
    const decision = await decideCall(register(source, { note: 'x' }), by, options);
    expect(check).toHaveBeenCalledWith({
      ...{ permission: 'edit', path: 'data/report', token, user: by.caller.session.user },
    });
    expect(decision).toMatchObject({
      outcome: 'allowed',
      field: 'register',
      args: { content: base64(source), note: 'x' },
    });
    expect(events).toEqual([expect.objectContaining({ permission: 'edit', path: 'data/report', field: 'register' })]);
  });

  test('is denied on a path that the caller may not edit', async () => {
    const { options, events } = setup();
    const decision = await decideCall(register(playbook('system/cleanup')), by, options);
    expect(decision).toMatchObject({ outcome: 'denied', error: { code: 'ERR_ACCESS_DENIED' } });
    expect(events).toEqual([expect.objectContaining({ permission: 'edit', path: 'system/cleanup' })]);
  });

  test('is invalid without a path, and asks nothing', async () => {
    const { options, check, events } = setup();
    const decision = await decideCall(register('steps: []'), by, options);
    expect(decision).toMatchObject({ outcome: 'denied', error: { code: 'ERR_REQUEST_INVALID' } });
    expect(decision.outcome === 'denied' && decision.error.message).toMatch(/^content \S/);
    expect(check).not.toHaveBeenCalled();
    expect(events).toEqual([expect.objectContaining({ permission: 'edit', reason: 'ERR_REQUEST_INVALID' })]);
  });

  test('may hold templates in the source, and nowhere else', async () => {
    const { options } = setup();
    const source = playbook('data/report', 'workload: "{{ x }}"\n');
    expect((await decideCall(register(source), by, options)).outcome).toBe('allowed');
    expect((await decideCall(register(base64(source)), by, options)).outcome).toBe('allowed');
    expect(await decideCall(register(source, { note: '{{ x }}' }), by, options)).toMatchObject({
      ...{
        outcome: 'denied',
        error: { code: 'ERR_REQUEST_INVALID', message: expect.stringMatching(/^note: template/) },
      },
    });
  });

  test('is bounded in its text, not in its base64', async () => {
    const { options } = setup();
    const short = playbook('data/report', `a: ${'word '.repeat(100)}\n`);
    expect((await decideCall(register(base64(short)), by, options)).outcome).toBe('allowed');
    const long = playbook('data/report', `a: ${'x'.repeat(101)}\n`);
    for (const content of [long, base64(long)]) {
      expect(await decideCall(register(content), by, options)).toMatchObject({
        ...{ outcome: 'denied', error: { message: expect.stringMatching(/^content: a run of letters/) } },
      });
    }
  });
});

describe('a call', () => {
  const view = (path: unknown) => ({ name: 'playbook', root: 'query', args: { path } }) as const;

  test('is reported with its decision', async () => {
    const { options, events } = setup();
    await decideCall(view('data/x'), by, options);
    await decideCall({ name: 'unknown', root: 'query', args: {} }, by, options);
    expect(events.map((event) => [event.type, 'field' in event && event.field])).toEqual([
      ['decision', 'playbook'],
      ['decision', 'other'],
    ]);
  });

  test('runs in a span with the name decision', async () => {
    const names: string[] = [];
    const { options } = setup({
      trace: (name, work) => {
        names.push(name);
        return work();
      },
    });
    expect((await decideCall(view('data/x'), by, options)).outcome).toBe('allowed');
    expect(names).toEqual(['decision']);
  });

  test('is denied under another root, and with an argument that is no path', async () => {
    const { options } = setup();
    expect(await decideCall({ ...view('data/x'), root: 'mutation' }, by, options)).toMatchObject({
      ...{ outcome: 'denied', error: { code: 'ERR_ACCESS_DENIED' } },
    });
    for (const path of ['../x', 7, ['data/x']]) {
      const decision = await decideCall({ name: 'stats', root: 'query', args: { path } }, by, options);
      expect(decision).toMatchObject({ outcome: 'denied', error: { code: 'ERR_REQUEST_INVALID' } });
      expect(decision.outcome === 'denied' && decision.error.message).toMatch(/path.*catalog path in normal form/);
    }
    for (const args of [{}, { path: null }, { path: 'data/x' }]) {
      expect((await decideCall({ name: 'stats', root: 'query', args }, by, options)).outcome).toBe('allowed');
    }
  });

  test('is denied when the checker fails, with the code of a GatewayError and the cause of any other error', async () => {
    const failing = async (error: Error) => {
      const { options, events } = setup({
        checker: { check: async () => Promise.reject(error) } as unknown as AccessChecker,
      });
      const decision = await decideCall(view('data/x'), by, options);
      expect(events).toEqual([expect.objectContaining({ outcome: 'backend_error' })]);
      return decision.outcome === 'denied' ? decision.error : undefined;
    };
    const own = new GatewayError('ERR_AUTH_UNAVAILABLE', 'no answer');
    expect(await failing(own)).toBe(own);
    const other = new TypeError('x is not a function');
    expect(await failing(other)).toMatchObject({
      cause: other,
      message: expect.stringMatching(/could not be decided/),
    });
  });
});
