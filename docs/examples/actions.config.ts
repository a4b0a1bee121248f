import { action, allow, defineGateway, onExecution, onPlaybook } from '../../index.ts';
import type { NoetlOperations } from '../../openapi/noetl.types.ts';

export default defineGateway<NoetlOperations>({
  operations: {
    executePlaybook: { upstream: 'POST /api/execute', access: onPlaybook('execute', 'name') },
    execution: { upstream: 'GET /api/executions/{execution_id}', access: onExecution('view', 'id') },
  },
  actions: {
    // #region search-flights
    searchFlights: action('api_integration/amadeus_ai_api', {
      description: 'Finds flights for a sentence such as “SFO to JFK on Friday”.',
      input: { query: 'String!' },
      output: { summary_text: 'String!' },
      from: { step: 'extract_summary' },
      mcp: true,
    }),
    // #endregion
    greet: action('regression_test/hello_world', {
      input: { name: 'String = "you"' },
      output: { greeting: 'String!' },
      mcp: true,
    }),
    greetWrongly: action('regression_test/hello_world', { output: { greeting: '[Int!]!' }, mcp: true }),
    fail: action('regression_test/failing_alone', { mcp: true }),
    report: action('data/report', {
      input: { period: 'String' },
      output: { period: 'String', rows: '[Row!]!', total: 'BigInt!' },
      types: { Row: { day: 'Int!' } },
      version: 2,
      wait: 5,
      mcp: true,
    }),
  },
  roles: ['admin', 'developer', 'analyst', 'viewer'],
  grants: [allow('admin', ['execute', 'view', 'edit', 'delete'], '*'), allow('analyst', ['execute', 'view'], 'data/*')],
});
