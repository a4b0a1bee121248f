/**
 * The protocol's operations in one tab (the protocol, GraphQL API), and two of the gateway's own: the Run button offers
 * them by name.
 */
export const protocolOperations = `# Run offers these operations by name.

# Start a playbook. Its id is filled in below.
mutation Execute($name: String!, $vars: JSON) {
  executePlaybook(name: $name, variables: $vars) {
    id
    name
    status
    textOutput
  }
}

# Read an execution and its result.
query Status($id: ID!) {
  execution(id: $id) {
    id
    status
    result
  }
}

# Watch an execution until it is over.
subscription Watch($id: ID!) {
  executionUpdates(id: $id) {
    status
    currentStep
    steps {
      name
      status
    }
    result
  }
}

# List the newest executions that you may view.
query Recent {
  executions(page: 1, pageSize: 20) {
    id
    path
    status
  }
}
`;

/** Variables of all four operations at once: a tab has one set. The values are those of the protocol's example. */
export const protocolVariables = JSON.stringify(
  { name: 'api_integration/amadeus_ai_api', vars: { query: 'Flight from SFO to JFK' }, id: '' },
  undefined,
  2,
);

/** The id of the execution that an answer to `Execute` names; undefined for any other answer. */
export function startedExecution(answer: unknown): string | undefined {
  const { executePlaybook } = (answer as { data?: { executePlaybook?: { id?: unknown } | null } } | null)?.data ?? {};
  return typeof executePlaybook?.id === 'string' ? executePlaybook.id : undefined;
}

/** The variables with the execution's id in `id`; undefined where they have no member `id`, or are not JSON. */
export function withExecution(variables: string, id: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(variables);
    if (typeof parsed !== 'object' || parsed === null || !('id' in parsed)) return undefined;
    return JSON.stringify({ ...parsed, id }, undefined, 2);
  } catch {
    return undefined;
  }
}
