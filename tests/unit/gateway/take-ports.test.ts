import { expect, it } from 'vitest';
import { takePorts } from '../../../gateway/gateway.ts';

const free = { listen: (port: number) => Promise.resolve(port) };
const failing = (code: string) => ({ listen: () => Promise.reject(Object.assign(new Error(code), { code })) });
const wanted = { bind: '127.0.0.1', port: 8090, internalPort: 8091 };

it('answers the ports that the listeners got', async () => {
  expect(await takePorts(wanted, { public: free, internal: free })).toEqual({ port: 8090, internalPort: 8091 });
});

it('names both ports when both are taken, and the variable of each', async () => {
  const taken = failing('EADDRINUSE');
  await expect(takePorts(wanted, { public: taken, internal: taken })).rejects.toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    problems: [
      expect.stringMatching(/^127\.0\.0\.1:8091 is taken: .* set GATEWAY_INTERNAL_PORT /),
      expect.stringMatching(/^127\.0\.0\.1:8090 is taken: .* set ROUTER_PORT /),
    ],
  });
});

it.each([
  ['EACCES', /set ROUTER_PORT to a port above 1023/],
  ['EADDRNOTAVAIL', /set GATEWAY_BIND/],
])('explains %s', async (code, problem) => {
  await expect(takePorts(wanted, { public: failing(code), internal: free })).rejects.toMatchObject({
    problems: [expect.stringMatching(problem)],
  });
});
