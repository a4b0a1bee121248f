/** Where tools are called (Model Context Protocol, Streamable HTTP). */
export const mcpPath = '/mcp';
/** Where programs find the login (RFC 9728, section 3). The metadata of `/mcp` is also behind it, at `…/mcp`. */
export const metadataPath = '/.well-known/oauth-protected-resource';

/** Whether a path is that of the tools, or of the metadata by which programs log in to them. */
export const isMcpPath = (path: string): boolean =>
  path === mcpPath || path === metadataPath || path === `${metadataPath}${mcpPath}`;
