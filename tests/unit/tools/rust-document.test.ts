import { expect, it } from 'vitest';
import { rustDocument } from '../../../tools/noetl/rust-document.ts';

/** A small server of another subject, with the forms that a real one uses. */
const files = new Map([
  [
    'main.rs',
    `use shop_server::{handlers, more};
     #[allow(dead_code)]
     fn app(open: bool) -> Router {
         let items = Router::new()
             .route("/items", get(handlers::items::list).post(handlers::items::add))
             .route("/items/{id}", get(handlers::items::one))
             .route("/files/{*rest}", get(handlers::raw));
         let boxes = Router::new().route("/:a/:b", delete(handlers::items::drop_box));
         let mut app = Router::new().nest("/api", items).nest("/boxes", boxes);
         if open { app = app.merge(Router::new().route("/health", get(health))); }
         app
     }
     async fn health() -> &'static str { "ok" }`,
  ],
  ['lib.rs', 'pub mod handlers; pub mod models;'],
  ['handlers/mod.rs', 'pub mod items; pub use items::raw;'],
  [
    'handlers/items.rs',
    `use super::super::models::{self as kinds, Item};
     use serde_json::Value as Json5;
     /// Words of an author.
     #[derive(Debug, Deserialize)]
     pub struct Filter { pub limit: Option<i32>, #[serde(default = "ten")] pub size: u32, pub word: String }
     fn ten() -> u32 { 1_0 }
     pub async fn list(State(s): State<Db>, Query(f): Query<Filter>) -> Result<Json<Vec<Item>>, AppError> { todo!() }
     pub async fn add(s: State<Db>, item: Json<kinds::New>) -> AppResult<(StatusCode, Json<Item>)> { todo!() }
     pub async fn one(Path(id): Path<i64>) -> Json<Json5> { todo!() }
     pub async fn drop_box(Path((a, b)): Path<(i64, String)>, body: Option<Json<Item>>) -> Response { todo!() }
     pub async fn raw(Path(rest): Path<String>) -> Json<crate::models::Id> { todo!() }
     #[cfg(test)]
     mod tests { fn app() { Router::new().route("/never", get(list)); } }`,
  ],
  [
    'models.rs',
    `#[derive(Serialize)]
     #[serde(rename_all = "camelCase")]
     pub struct Item {
         pub item_id: i64,
         #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
         pub kind: Option<Kind>,
         #[serde(skip)] pub secret: String,
         #[serde(flatten)] pub base: Base,
         pub parts: HashMap<String, Box<Item>>,
     }
     #[derive(Serialize)] pub struct Base { pub made_at: DateTime<Utc>, #[serde(flatten)] pub rest: HashMap<String, Value> }
     #[derive(Serialize)] #[serde(rename_all = "SCREAMING_SNAKE_CASE")] pub enum Kind { OnSale, #[serde(rename = "gone")] Gone }
     #[derive(Deserialize)]
     pub struct New { #[serde(default, alias = "title")] pub name: String, pub tags: Vec<String>, #[serde(with = "x")] pub odd: u8 }
     pub struct Id(pub i64);`,
  ],
]);
const { document, unknown } = rustDocument(files, 'shop-server', '1.2.3');
const { paths, components } = document as unknown as {
  paths: Record<
    string,
    Record<string, { parameters?: unknown; requestBody?: unknown; responses: Record<string, unknown> }>
  >;
  components: { schemas: Record<string, unknown> };
};
const answer = (schema: unknown) => ({ 200: { description: '', content: { 'application/json': { schema } } } });
const json = (schema: unknown, required = true) => ({ content: { 'application/json': { schema } }, required });
const item = { $ref: '#/components/schemas/Item' };
const integer = { format: 'int64', type: 'integer' };

it('finds each route below its prefix, of routers that are added under a condition too, and none of tests', () => {
  const routes = Object.entries(paths).flatMap(([path, verbs]) => Object.keys(verbs).map((verb) => `${verb} ${path}`));
  expect(routes.sort()).toEqual([
    'delete /boxes/{a}/{b}',
    'get /api/files/{rest}',
    'get /api/items',
    'get /api/items/{id}',
    'get /health',
    'post /api/items',
  ]);
});

it('reads arguments from the extractors', () => {
  expect(paths['/api/items']?.['get']?.parameters).toEqual([
    { in: 'query', name: 'limit', required: false, schema: { format: 'int32', type: 'integer' } },
    { in: 'query', name: 'size', required: false, schema: { ...integer, default: 10 } },
    { in: 'query', name: 'word', required: true, schema: { type: 'string' } },
  ]);
  expect(paths['/boxes/{a}/{b}']?.['delete']).toMatchObject({
    parameters: [
      { in: 'path', name: 'a', required: true, schema: integer },
      { in: 'path', name: 'b', required: true, schema: { type: 'string' } },
    ],
    requestBody: json(item, false),
    responses: answer({}),
  });
  expect(paths['/api/items']?.['post']?.requestBody).toEqual(json({ $ref: '#/components/schemas/New' }));
});

it('reads answers through wrappers, aliases and new types', () => {
  expect(paths['/api/items']?.['get']?.responses).toEqual(answer({ items: item, type: 'array' }));
  expect(paths['/api/items']?.['post']?.responses).toEqual(answer(item));
  expect(paths['/api/items/{id}']?.['get']?.responses).toEqual(answer({}));
  expect(components.schemas['Id']).toEqual(integer);
});

it('names members as serde does, and requires what is always there', () => {
  expect(components.schemas['Item']).toEqual({
    additionalProperties: true,
    properties: {
      itemId: integer,
      type: { anyOf: [{ $ref: '#/components/schemas/Kind' }, { type: 'null' }] },
      made_at: { format: 'date-time', type: 'string' },
      parts: { additionalProperties: item, type: 'object' },
    },
    required: ['itemId', 'made_at', 'parts'],
    type: 'object',
  });
  expect(components.schemas['Kind']).toEqual({ enum: ['ON_SALE', 'gone'], type: 'string' });
  const text = { type: 'string' };
  expect(components.schemas['New']).toEqual({
    properties: { name: text, title: text, tags: { items: text, type: 'array' }, odd: {} },
    required: ['tags', 'odd'],
    type: 'object',
  });
});

it('has no words of the source, is the same each time, and says what it could not derive', () => {
  expect(JSON.stringify(document)).not.toContain('Words');
  expect(JSON.stringify(rustDocument(files, 'shop-server', '1.2.3').document)).toBe(JSON.stringify(document));
  expect(unknown).toEqual(['handlers::items: Response']);
});
