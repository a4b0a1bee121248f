/** One tab of the editor. */
export interface ExampleTab {
  readonly query: string;
  readonly variables?: string;
}

/** The protocol's own operations, ready to run once a session token is in place. */
export const exampleTabs: readonly ExampleTab[] = [
  {
    query: `# Start a playbook. Paste a session token above first (POST /api/auth/login gives one).
mutation Execute($name: String!, $vars: JSON) {
  executePlaybook(name: $name, variables: $vars) {
    id
    name
    status
    textOutput
  }
}
`,
    variables: JSON.stringify(
      { name: 'api_integration/amadeus_ai_api', vars: { query: 'Flight from SFO to JFK' } },
      undefined,
      2,
    ),
  },
  {
    query: `# Watch it: put the id that executePlaybook gave into the variables, and run this until it is over.
query Status($id: ID!) {
  execution(id: $id) {
    id
    status
    result
  }
}
`,
    variables: JSON.stringify({ id: '' }, undefined, 2),
  },
  {
    query: `# What you may see.
query Recent {
  executions(page: 1, pageSize: 20) {
    id
    path
    status
  }
}
`,
  },
];
