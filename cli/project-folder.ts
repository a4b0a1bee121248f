import { resolve } from 'node:path';

/** The folder that `-C` names, as an absolute path. */
export const projectFolder = (dir: string): string => resolve(dir);
