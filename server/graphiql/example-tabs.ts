/** One tab of the editor. */
export interface ExampleTab {
  readonly query: string;
  readonly variables?: string;
}

/** The protocol's own operations, ready to run once a session token is in place. */
export const exampleTabs: readonly ExampleTab[] = [
  {
    query: `# Start a playbook. First paste a
# session token into the bar above.
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
    query: `# Watch it: put the execution's id
# into the variables below.
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
