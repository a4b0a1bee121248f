import * as v from 'valibot';
import { choice, flag, text, value } from './field.ts';
import { either, named, plainSection } from './node.ts';

const typeName = (doc: string) =>
  text({
    optional: true,
    accepts: (name) => /^[A-Z][A-Za-z0-9]*$/.test(name),
    must: 'must be a name in PascalCase, for example PlaybookEntry',
    doc,
  });

const sentence = value(v.pipe(v.string('must be a text'), v.nonEmpty('must not be empty')), {
  optional: true,
  doc: 'what callers read of the field',
});

/** The settings of one field of a type. */
const fieldSettings = plainSection({
  description: text({ optional: true, doc: 'what callers read of the field' }),
  type: choice(
    ['BigInt', 'Boolean', 'Date', 'DateTime', 'Decimal', 'Float', 'ID', 'Int', 'JSON', 'String', 'URL', 'UUID'],
    {
      optional: true,
      doc: 'a scalar instead of the type that the document has',
    },
  ),
  nullable: flag({ optional: true, doc: 'true: NoETL may leave it out although the document promises it' }),
  deprecated: text({ optional: true, doc: 'why it should not be used any more, and what to use' }),
});

/** How the GraphQL schema presents the document. */
export const schema = plainSection({
  descriptions: choice(['config', 'document'], {
    default: 'config',
    doc: '`document`: descriptions of the document for types, fields and arguments are shown where the config has none (pull --keep-docs)',
  }),
  integers: choice(['BigInt', 'Int'], {
    default: 'BigInt',
    doc: 'what an integer of an answer is whose document sets no bounds within 32 bits',
  }),
  longIntegers: choice(['text', 'number'], {
    default: 'text',
    doc: 'how integers beyond ±(2^53 − 1) are written in `JSON` and `BigInt`: `number` keeps the digits, but most clients lose some',
  }),
  maps: choice(['entries', 'JSON'], {
    default: 'entries',
    doc: 'what a map of an answer is whose document gives its values a type: a list of `key` and `value`, or any JSON',
  }),
  types: named(
    plainSection({
      name: typeName('public name; by default the name in the document, in PascalCase'),
      description: text({ optional: true, doc: 'what callers read of the type' }),
      fields: named(either(sentence, fieldSettings)),
    }),
  ),
});
