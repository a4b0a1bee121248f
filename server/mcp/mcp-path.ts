export const mcpPath = '/mcp';
export const metadataPath = '/.well-known/oauth-protected-resource';

/** Whether a path belongs to the tools, or says how programs log in to them. */
export const isMcpPath = (path: string): boolean =>
  path === mcpPath || path === metadataPath || path === `${metadataPath}${mcpPath}`;
