import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clientAddress } from '../../gateway/limits/client-address.ts';

const caller = '198.51.100.23';
const hops: Readonly<Record<string, string>> = {
  client: caller,
  'client:port': `${caller}:50512`,
  balancer: '203.0.113.80',
  cloudflare: '203.0.113.81',
};

/** The table of docs/deploy.md. */
const rows = [...readFileSync('docs/deploy.md', 'utf8').matchAll(/^\| ([^|]+) \| (?:`([^|`]+)` )?\| (\d) \|$/gm)].map(
  ([, name = '', header, count = '']) => ({
    name,
    header: header?.split(', ').map((hop) => hops[hop] ?? hop),
    trusted: Number(count),
  }),
);

describe('the caller behind', () => {
  it.each(rows.map((row) => [row.name, row] as const))('%s', (_name, { header, trusted }) => {
    // Of a balancer of TCP the connection itself is the caller's.
    const peer = header === undefined ? caller : '10.0.0.7';
    expect(clientAddress(peer, header?.join(', '), trusted)).toBe(caller);
    const forged = ['192.0.2.99', ...(header ?? [])].join(', ');
    expect(clientAddress(peer, forged, trusted)).toBe(caller);
  });

  it('one balancer, and two', () => {
    expect(rows.filter(({ trusted }) => trusted === 1).length).toBeGreaterThan(3);
    expect(rows.filter(({ trusted }) => trusted === 2).length).toBeGreaterThan(3);
    for (const cloud of ['GKE', 'ALB', 'NLB', 'AKS', 'nginx', 'Cloudflare']) {
      expect(
        rows.some(({ name }) => name.includes(cloud)),
        cloud,
      ).toBe(true);
    }
  });
});
