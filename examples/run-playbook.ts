// Starts a playbook from Node, prints its steps as they happen, and exits with 1 when it fails.
//
//   GATEWAY_URL=http://localhost:8090 SESSION=<session token> node examples/run-playbook.ts regression_test/live '{"seconds": 2}'
import { argv, env, exit } from 'node:process';
import { createGatewayClient, GatewayClientError } from '../client/noetl-gateway-client.ts';

const [path = 'regression_test/hello_world', variables = '{}'] = argv.slice(2);
const client = createGatewayClient({ url: env['GATEWAY_URL'] ?? 'http://localhost:8090', token: env['SESSION'] ?? '' });

try {
  const execution = await client.run(path, JSON.parse(variables), {
    timeoutMs: 120_000,
    onUpdate: ({ id, status, currentStep }) => console.log(`${id}: ${status} ${currentStep ?? ''}`.trimEnd()),
  });
  console.log(JSON.stringify(execution.result));
  if (execution.status !== 'COMPLETED') console.error(execution.failure?.message ?? execution.error);
  // FAILED and CANCELLED are results of a call that worked; what throws is below.
  exit(execution.status === 'COMPLETED' ? 0 : 1);
} catch (error) {
  // A code is stable; the message is for people. ERR_ACCESS_DENIED: no grant. ERR_SESSION_INVALID: log in again.
  if (!(error instanceof GatewayClientError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  exit(2);
}
