import { createServer } from 'node:http';
import process from 'node:process';
import { Pool } from 'undici';

/**
 * As little as a proxy of Node can do: node:http in, undici out, no session and no GraphQL. Its rate is what two
 * sockets and HTTP leave of the machine; the others are compared with it.
 */
const upstream = new Pool(process.env['BENCH_UPSTREAM'] ?? '', { connections: 64 });

const server = createServer((request, response) => {
  const { method, url: path = '/' } = request;
  const sent =
    method === 'POST'
      ? { method, path, headers: { 'content-type': 'application/json' }, body: request }
      : ({ method: 'GET', path } as const);
  if (method !== 'POST') request.resume();
  upstream.request(sent).then(
    async ({ statusCode, body }) => {
      const text = await body.text();
      response.writeHead(statusCode, { 'content-type': 'application/json' }).end(text);
    },
    () => response.writeHead(502).end(),
  );
});
server.listen(Number(process.env['ROUTER_PORT']), '127.0.0.1');
