/** The protocol names a playbook by the last segment of its path. */
export const lastSegment = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
