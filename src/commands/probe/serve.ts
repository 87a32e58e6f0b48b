import { defineCommand } from '../../lib/core/command.ts'
import { serve, serveOptions } from '../../lib/patrol/index.ts'

export default defineCommand({
  path: ['probe', 'serve'],
  summary: 'watch for ever, tell Prometheus and people, and raise each incident once',
  description:
    'Looks at every check in its time, and answers at --listen: /metrics for Prometheus, /api/v1 and a page for people. What it knows survives restarts and kill -9. SIGHUP reads the checks anew; what is wrong is told, and the old ones go on.',
  input: serveOptions,
  exits: [0, 2, 69, 74, 75, 77, 78],
  examples: [
    { line: 'probe serve -f checks.yaml', does: 'on http://127.0.0.1:9115' },
    { line: 'probe serve -f /etc/opsctl/checks.d -t @web --alerts alerts.yaml', does: 'a directory of checks, and tell people' },
    {
      line: 'probe serve -f checks.yaml --listen 0.0.0.0:9115 --tls-cert c.pem --tls-key k.pem --client-ca ca.pem',
      does: 'for other machines; client certificates may change things',
    },
  ],
  run: serve,
})
