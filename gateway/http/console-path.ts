/** Where the console is, on every listener that serves it. */
export const consolePath = '/console';

/** Whether a path is the console's: the page, its assets, or a route below it. */
export const isConsolePath = (path: string): boolean => path === consolePath || path.startsWith(`${consolePath}/`);
