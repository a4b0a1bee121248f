/** Where the console is, on every listener that serves it. */
export const consolePath = '/console';

export const isConsolePath = (path: string): boolean => path === consolePath || path.startsWith(`${consolePath}/`);
