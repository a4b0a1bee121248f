import { type BuiltPage, createBuiltPage } from '../http/built-page.ts';

/** Styles from here only; the page sets single properties by script, which the policy does not concern. */
const policy = ["style-src 'self'", "img-src 'self' data:"];

export const createConsolePage = (): BuiltPage => createBuiltPage({ name: 'console', title: 'The console', policy });
