import type { Scenario } from '../scenario.ts';
import { hold, post, repeat } from './connections.ts';
import { unreadAnswers } from './unread.ts';

const mebibyte = 1024 * 1024;
/** How long each attack lasts, milliseconds. The answers that it then waits for come on top. */
const holdMs = 10_000;

/** A request whose body is announced and never ends, so that the gateway has to keep what came. */
const announced = (path: string, bytes: number, sent: string) =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n${sent}`;

/** Each field asks for another capability, so that no two share a call to NoETL. */
const largeLists: Scenario['run'] = (target) =>
  repeat(8, holdMs, (n) => {
    const fields = Array.from(
      { length: 10 },
      (_, i) => `a${i}: playbooks(capability: "c${n * 10 + i}") { entries { path } }`,
    );
    return post(`${target.url}/graphql`, queryOf(`{ ${fields.join(' ')} }`), target.viewer);
  });

/**
 * Attacks of a caller without a session, and of a user whose roles start nothing; the last ones are of strangers with
 * tokens that they guess, and of a developer.
 */
export const attacks: readonly Scenario[] = [
  ...unreadAnswers,
  {
    name: 'large-slow-bodies',
    about: '450 connections announce 1 MiB for a login and send the first 60 kB of it',
    run: (target) => hold(target, 450, announced('/api/auth/login', mebibyte, 'x'.repeat(60_000)), holdMs, true),
  },
  {
    name: 'small-slow-bodies',
    about: '900 connections announce 16 KiB for a login and send almost all of it',
    run: (target) => hold(target, 900, announced('/api/auth/login', 16_384, 'x'.repeat(16_000)), holdMs, true),
  },
  {
    name: 'one-long-number',
    about: '4 clients send 1 MB of JSON with one long integer to a route without a session',
    run: (target) => {
      // 2^53 + 1: such an integer is kept digit for digit, which takes another way through the body (plugins/json). Very
      // many empty objects take far more memory than their text.
      const body = `{"n":9007199254740993,"q":[${'{},'.repeat(340_000)}{}]}`;
      return repeat(4, holdMs, () => post(`${target.url}/api/auth/validate`, body));
    },
  },
  {
    name: 'one-long-number-with-session',
    about: '4 clients of one user send the same as variables of a query',
    run: (target) => {
      const body = `{"query":"{ __typename }","variables":{"n":9007199254740993,"q":[${'{},'.repeat(330_000)}{}]}}`;
      return repeat(4, holdMs, () => post(`${target.url}/graphql`, body, target.viewer));
    },
  },
  {
    name: 'documents-of-a-megabyte',
    about: 'a user sends 400 queries that differ in a comment of 1 MB',
    run: (target) => {
      // The sign makes V8 keep two bytes for each character. The number makes each document a new one for every cache.
      const comment = `€ ${'x'.repeat(1_000_000)}`;
      return repeat(4, holdMs, (n) =>
        post(`${target.url}/graphql`, queryOf(`{ __typename } # ${n} ${comment}`), target.viewer),
      );
    },
  },
  {
    name: 'documents-within-the-limit',
    about: 'a user sends queries of 30 KB that differ in a comment, as fast as they are answered',
    run: (target) => {
      const comment = `€ ${'x'.repeat(30_000)}`;
      return repeat(4, holdMs, (n) =>
        post(`${target.url}/graphql`, queryOf(`{ __typename } # ${n} ${comment}`), target.viewer),
      );
    },
  },
  {
    name: 'large-lists',
    about: 'a user asks for a catalog of 8 MB, ten times in a query and eight queries at a time',
    // One answer of a user is in work at a time; in a larger heap V8 keeps those before it as garbage, which is no
    // growth.
    heapMiB: 130,
    run: largeLists,
  },
  {
    name: 'large-integers',
    about: 'a user asks for executions whose id has a million digits',
    run: (target) =>
      repeat(4, holdMs, () =>
        post(`${target.url}/graphql`, queryOf(`{ execution(id: ${'9'.repeat(1_000_000)}) { id } }`), target.viewer),
      ),
  },
  {
    name: 'escapes-in-arguments',
    about: 'a developer starts a playbook with 900 KB of text that is made of escapes and quotes',
    run: (target) => {
      const query = 'mutation ($v: JSON) { executePlaybook(name: "data/none", variables: $v) { id } }';
      // In JSON each of its characters but the brace takes two, and JSON within JSON doubles them again.
      const body = JSON.stringify({ query, variables: { v: { a: '{"\\\n'.repeat(150_000) } } });
      return repeat(4, holdMs, () => post(`${target.url}/graphql`, body, target.developer));
    },
  },
  {
    name: 'flood-of-guesses',
    about: '8 strangers send made-up session tokens, as fast as they are refused',
    run: (target) =>
      repeat(8, holdMs, (n) =>
        post(`${target.url}/graphql`, queryOf('{ __typename }'), `guess-${n}-${'x'.repeat(24)}`),
      ),
  },
  {
    name: 'flood-of-starts',
    about: 'one developer starts playbooks on 16 connections, ten in a request',
    run: (target) => {
      const fields = Array.from({ length: 10 }, (_, i) => `a${i}: executePlaybook(name: "data/none") { id }`);
      return repeat(16, holdMs, () =>
        post(`${target.url}/graphql`, queryOf(`mutation { ${fields.join(' ')} }`), target.developer),
      );
    },
  },
];

const queryOf = (query: string): string => JSON.stringify({ query });
