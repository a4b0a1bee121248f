// An agent without a language model: it lists the tools that its grants give, runs a playbook and reads how it went.
// With a model, `tools` is what the model is offered, and `callTool` is what it asks for.
//
//   GATEWAY_URL=http://localhost:8090 SESSION=<session token> node examples/agent.ts regression_test/hello_world
import { argv, env, exit } from 'node:process';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const path = argv[2] ?? 'regression_test/hello_world';
const url = new URL('/mcp', env['GATEWAY_URL'] ?? 'http://localhost:8090');
const client = new Client({ name: 'example-agent', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
// A session token, or a token of a trusted identity provider.
const headers = { authorization: `Bearer ${env['SESSION']}` };
const transport = new StreamableHTTPClientTransport(url, { requestInit: { headers } });
await client.connect(transport).catch((error: unknown) => {
  console.error(`No session at ${url}: does the gateway run, and is SESSION a token of it? (${error})`);
  exit(2);
});

// Each user sees other tools: what the grants do not give is not listed.
const { tools } = await client.listTools();
console.log(`tools: ${tools.map(({ name }) => name).join(', ')}`);

if (tools.some(({ name }) => name === 'executePlaybook')) {
  // The tool waits for the result, so an agent needs no loop for short playbooks.
  const started = await call('executePlaybook', { name: path });
  console.log(`executePlaybook: ${started}`);
} else {
  console.log('This user may not start playbooks, so the tool is not listed.');
}
console.log(`executions: ${await call('executions', { pageSize: 1 })}`);
await client.close();

/** The text of a tool's answer. An error of a tool is text too, so that a model can read it. */
async function call(name: string, args: Record<string, unknown>): Promise<string> {
  const { content } = await client.callTool({ name, arguments: args });
  return content.map((part) => (part.type === 'text' ? part.text : part.type)).join('\n');
}
