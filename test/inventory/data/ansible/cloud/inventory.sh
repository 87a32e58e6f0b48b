#!/bin/sh
# Prints instances as a cloud API would name them.
[ "$1" = --list ] || exit 64
cat <<'JSON'
{
  "_meta": {
    "hostvars": {
      "i-0a1b": { "ansible_host": "10.1.0.1", "tags": { "Name": "web-1" } },
      "i-0a1c": { "ansible_host": "10.1.0.2", "zone": "b" },
      "i-gone": { "ansible_host": "10.1.0.9" }
    }
  },
  "all": { "children": ["ungrouped", "web", "db"] },
  "web": { "hosts": ["i-0a1b", "i-0a1c"], "vars": { "http_port": 80 } },
  "db": ["i-0a1d"],
  "region": { "children": ["web", "db"], "vars": { "zone": "a", "ansible_user": "admin" } },
  "spot": {},
  "bastion": { "ansible_host": "192.0.2.1" }
}
JSON
