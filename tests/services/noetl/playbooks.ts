/**
 * Small playbooks for a real NoETL. The auth ones keep sessions in PostgreSQL and call back, as NoETL's own do; they verify no
 * token: the gateway has.
 */

const head = (path: string, workload: string): string => `apiVersion: noetl.io/v2
kind: Playbook
metadata:
  name: ${path.slice(path.lastIndexOf('/') + 1)}
  path: ${path}
workload:
${workload}
workflow:
`;

const then = (step: string): string => `    next:
      spec: {mode: exclusive}
      arcs:
        - step: ${step}
`;

const python = (
  step: string,
  lines: readonly string[],
  next?: string,
  input: readonly string[] = [],
): string => `  - step: ${step}
    tool:
      kind: python
${input.length === 0 ? '' : `      input:\n${input.map((line) => `        ${line}\n`).join('')}`}      code: |
${lines.map((line) => `        ${line}`).join('\n')}
${next === undefined ? '' : then(next)}`;

const sql = (step: string, statement: string, next: string): string => `  - step: ${step}
    tool:
      kind: postgres
      auth: pg_local
      command: |
        ${statement}
${then(next)}`;

/** The Python server sends `data`, the Rust server `json`. */
const payload = (member: string, data: readonly string[]): string => `      ${member}:
        request_id: "{{ request_id }}"
        status: success
        data:
${data.map((line) => `          ${line}`).join('\n')}
`;

const callback = (data: readonly string[]): string => `  - step: answer
    tool:
      kind: http
      method: POST
      endpoint: "{{ gateway_url }}/api/internal/callback"
      url: "{{ gateway_url }}/api/internal/callback"
      headers:
        Content-Type: application/json
${['data', 'json'].map((member) => payload(member, data)).join('')}${then('end')}`;

const end = python('end', ['result = {"status": "complete"}']);
const authInputs = '  gateway_url: ""\n  request_id: ""\n';

export const playbooks: readonly string[] = [
  head('regression_test/hello_world', '  name: world') +
    python('start', ['result = {"greeting": "Hello, " + name}'], 'end') +
    python('end', ['result = {"textOutput": "done", "big": 9007199254740993, "list": [1, 2]}']),
  head('regression_test/one_step', '  name: world') + python('start', ['result = {"greeting": "Hi, " + name}']),
  head('regression_test/failing', '  why: boom') + python('start', ['raise ValueError(why)'], 'end') + end,
  head('regression_test/slow', '  seconds: 20') +
    python('start', ['import time', 'time.sleep(float(seconds))', 'result = {"slept": True}'], 'end') +
    end,
  head('system/cleanup', '  name: x') + python('start', ['result = {}']),
  head('api_integration/auth0/auth0_login', `${authInputs}  auth0_token: ""`) +
    sql(
      'start',
      'CREATE TABLE IF NOT EXISTS gateway_sessions (token TEXT PRIMARY KEY, email TEXT, name TEXT);',
      'claims',
    ) +
    python(
      'claims',
      [
        'import base64, hashlib, json',
        'part = auth0_token.split(".")[1]',
        'claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))',
        'sess = hashlib.sha256(auth0_token.encode()).hexdigest()[:32]',
        'result = {"email": claims["email"], "name": claims.get("name", ""), "sess": sess}',
      ],
      'persist',
      ['auth0_token: "{{ workload.auth0_token }}"'],
    ) +
    sql(
      'persist',
      "INSERT INTO gateway_sessions VALUES ('{{ claims.sess }}', '{{ claims.email }}', '{{ claims.name }}') ON CONFLICT DO NOTHING;",
      'answer',
    ) +
    callback([
      'status: authenticated',
      'session_token: "{{ claims.sess }}"',
      'expires_at: "2099-11-25 06:37:08.708322"',
      'user:',
      '  user_id: 7',
      '  email: "{{ claims.email }}"',
      '  display_name: "{{ claims.name }}"',
      '  roles: ["developer"]',
    ]) +
    end,
  head('api_integration/auth0/auth0_validate_session', `${authInputs}  session_token: ""`) +
    sql('start', "SELECT email, name FROM gateway_sessions WHERE token = '{{ workload.session_token }}';", 'pick') +
    python(
      'pick',
      [
        'row = rows[0] if rows else {}',
        'found = {"id": 7, "email": row.get("email"), "name": row.get("name"), "roles": ["developer"]}',
        'result = {"valid": bool(rows), "user": found if rows else None}',
      ],
      'answer',
      ['rows: "{{ start.rows }}"'],
    ) +
    callback([
      'valid: "{{ pick.valid }}"',
      'message: looked up',
      'user:',
      '  user_id: 7',
      '  email: "{{ pick.user.email }}"',
      '  display_name: "{{ pick.user.name }}"',
      '  roles: ["developer"]',
      'expires_at: "2099-11-25 06:37:08.708322"',
    ]) +
    end,
];
