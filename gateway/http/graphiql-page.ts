import { type BuiltPage, createBuiltPage } from './built-page.ts';

/** Workers and fonts from here only. Monaco writes styles at run time. */
const policy = ["style-src 'self' 'unsafe-inline'", "worker-src 'self'", "img-src 'self' data:", "font-src 'self'"];

/** GraphiQL: the page at `/graphql`, its assets under `/graphql/…`. */
export const createGraphiqlPage = (folders?: readonly URL[]): BuiltPage =>
  createBuiltPage({ name: 'graphiql', title: 'GraphiQL', policy, ...(folders !== undefined && { folders }) });
