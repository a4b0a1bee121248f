/** An operation's key without the names of its path parameters, which releases change: `GET /api/executions/{}`. */
export const operationTemplate = (key: string): string => key.replaceAll(/\{[^{}]*\}/g, '{}').replace(/\/+$/, '');
