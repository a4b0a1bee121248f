/** Small playbooks for a real NoETL. The auth ones call back as NoETL's own do; they check nothing: the gateway has. */

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

const python = (step: string, lines: readonly string[], next?: string): string => `  - step: ${step}
    tool:
      kind: python
      code: |
${lines.map((line) => `        ${line}`).join('\n')}
${next === undefined ? '' : then(next)}`;

const callback = (data: readonly string[]): string => `  - step: answer
    tool:
      kind: http
      method: POST
      endpoint: "{{ gateway_url }}/api/internal/callback"
      headers:
        Content-Type: application/json
      data:
        request_id: "{{ request_id }}"
        status: success
        data:
${data.map((line) => `          ${line}`).join('\n')}
${then('end')}`;

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
    python(
      'start',
      [
        'import base64, hashlib, json',
        'part = auth0_token.split(".")[1]',
        'claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))',
        'sess = hashlib.sha256(auth0_token.encode()).hexdigest()[:32]',
        'result = {"email": claims["email"], "name": claims.get("name", ""), "sess": sess}',
      ],
      'answer',
    ) +
    callback([
      'status: authenticated',
      'session_token: "{{ start.sess }}"',
      'expires_at: "2099-11-25 06:37:08.708322"',
      'user:',
      '  user_id: 7',
      '  email: "{{ start.email }}"',
      '  display_name: "{{ start.name }}"',
      '  roles: ["developer"]',
    ]) +
    end,
  head('api_integration/auth0/auth0_validate_session', `${authInputs}  session_token: ""`) +
    python('start', ['result = {"ok": True}'], 'answer') +
    callback(['valid: false', 'message: Session not found or expired']) +
    end,
];
