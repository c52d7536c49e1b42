"""The files of the demo's repository."""

from __future__ import annotations

_POLICY = """\
apiVersion: jobgate/v1
kind: Policy
platforms:
  local: {{type: embedded}}
people:
  author: {{emails: [author@example.org], keys: ["{author}"]}}
  reviewer: {{emails: [reviewer@example.org], keys: ["{reviewer}"]}}
clauses:
  - name: web
    when: {{paths: ["specs/web/**"]}}
    approvals: {{count: 1, from: [author, reviewer]}}
"""

_DISK = """\
apiVersion: jobgate/v1
kind: ScriptJob
metadata:
  name: disk-report
  description: How full the file systems are
script:
  content: |
    df -h
  language: shell
request:
  bk_scope_type: biz
  bk_scope_id: "2"
  account_alias: operator
  execute_target:
    host_list: "{{ vars.hosts }}"
"""

_VARS = """\
grace: 5
hosts:
  - {bk_cloud_id: 0, ip: 127.0.0.1}
  - {bk_cloud_id: 0, ip: 127.0.0.2}
  - {bk_cloud_id: 0, ip: 127.0.0.3}
"""

RESTART = """\
apiVersion: jobgate/v1
kind: ScriptJob
metadata:
  name: restart-web
  description: Restart the web servers, one host first
  run: 1
change:
  reason: Pick up the renewed certificate
  ticket: CHG0012345
  risk: low
  backout: Start them from the previous image
script:
  file: scripts/restart.sh
  args: ["--grace", "{{ vars.grace }}"]
request:
  bk_scope_type: biz
  bk_scope_id: "2"
  account_alias: operator
  timeout: 60
  execute_target:
    host_list: "{{ vars.hosts }}"
  rolling_config: {expression: "1 100%", mode: pause_on_failure}
"""

SCRIPT = """\
#!/bin/sh
# A stand-in for a restart: it says what it would do, and does nothing.
set -eu
echo "restarting web on ${JOBGATE_HOST:-this host} with $2 s of grace"
"""

FILES = {
    "jobgate.yaml": _POLICY,
    "specs/vars.yaml": _VARS,
    "specs/web/disk-report.yaml": _DISK,
}
