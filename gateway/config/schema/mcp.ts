import { flag, integer, list } from './field.ts';
import { section } from './node.ts';

/** Tools for programs that speak the Model Context Protocol: rows with `mcp: true`, and playbooks. */
export const mcp = section({
  enabled: flag({
    env: 'GATEWAY_MCP_ENABLED',
    default: true,
    doc: 'serve `/mcp`: tools made of the rows with `mcp: true`',
  }),
  playbooks: list({
    default: [],
    doc: 'patterns of catalog paths; each playbook that matches is a tool of its own for callers who may execute it',
  }),
  maxPlaybooks: integer({ default: 50, min: 1, max: 1_000, doc: 'tools that are playbooks, for one caller' }),
  waitSecs: integer({
    default: 30,
    min: 0,
    max: 600,
    doc: 'a tool that starts a playbook waits this long for its result, and no longer than `executions.maxWaitSecs`',
  }),
  catalogSecs: integer({
    default: 30,
    min: 1,
    max: 3_600,
    doc: 'the catalog is read again after this, for tools that are playbooks',
  }),
});
