import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import { startDevGateway } from '../support/dev-gateway.ts';

/** The GraphQL-over-HTTP audits against the whole gateway over HTTP, each way in which a session is sent. */
let gateway: DevGateway;
let token: string;
beforeAll(async () => {
  gateway = await startDevGateway();
  token = (await gateway.login('developer')).sessionToken;
});
afterAll(() => gateway?.stop());

const ways: Readonly<Record<string, () => Record<string, string>>> = {
  'a Bearer token': () => ({ authorization: `Bearer ${token}` }),
  'a cookie': () => ({ cookie: `session_token=${token}`, origin: gateway.url }),
};

describe.each(Object.entries(ways))('with %s', (_name, headersOf) => {
  it('61 of 61 audits are ok', async () => {
    const audits = serverAudits({
      url: `${gateway.url}/graphql`,
      fetchFn: (url: string, init: RequestInit = {}) => {
        const headers = new Headers(init.headers);
        for (const [name, value] of Object.entries(headersOf())) headers.set(name, value);
        return fetch(url, { ...init, headers });
      },
    });
    const results = [];
    for (const audit of audits) results.push(await audit.fn());
    const rest = results.filter(({ status }) => status !== 'ok');
    expect(rest.map(({ id, name }) => `${id} ${name}`)).toEqual([]);
    expect(results).toHaveLength(61);
  });
});
