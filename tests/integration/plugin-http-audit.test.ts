import { serverAudits } from 'graphql-http';
import { describe, expect, test } from 'vitest';
import { pluginGateway } from '../support/plugin-gateway.ts';

/** The GraphQL-over-HTTP audits, asked by a caller with a session. */
const audits = serverAudits({
  url: 'http://gateway.example.com/graphql',
  fetchFn: (url: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set('x-session-token', 'token-analyst');
    return pluginGateway().yoga.fetch(url, { ...init, headers });
  },
});

describe('GraphQL over HTTP', () => {
  test.each(audits.map((audit) => [audit.name, audit] as const))('%s', async (_name, audit) => {
    const result = await audit.fn();
    expect(result, 'reason' in result ? result.reason : '').toMatchObject({ status: 'ok' });
  });

  test('every audit ran', () => {
    expect(audits).toHaveLength(61);
  });
});
