"""Renders a chart with Helm's own engine: render_chart.py CHART VALUES_JSON -> JSON {"files": {path: text}, "lint": [...]}."""

import json
import sys

from helm_python.chart import Chart, lint
from helm_python.errors import HelmError

chart, values = sys.argv[1], json.loads(sys.argv[2])
try:
    files = Chart.load(chart).render(values, name="noetl-gateway", namespace="gateway")
    report = lint(chart, values, strict=True)
    # Severity 1 is advice ("icon is recommended").
    findings = [message["error"] for message in report["messages"] if message["severity"] > 1]
    print(json.dumps({"files": files, "lint": findings + report["errors"]}))
except HelmError as error:
    print(str(error), file=sys.stderr)
    sys.exit(1)
